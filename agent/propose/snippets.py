"""Search and replace inside one file or one definition: exact, then blanks at line ends, then indentation."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from hasten.agent.propose.refusals import EditRefused
from hasten.agent.propose.source import Text, bare, indent_of, newline_of, normal, string_rows
from hasten.agent.propose.splice import Change, lines_of
from hasten.agent.types import Edit

Match = tuple[int, str | None]
"""Row (0-based) of a match, and how its indentation differs (``+blanks`` or ``-blanks``)."""


def replace_snippet(text: Text, edit: Edit) -> Change:
    """The change for the only occurrence of ``edit.old``, within ``edit.qualname`` where that is given.

    Nothing is ever matched by similarity. Raises ``EditRefused`` with the nearest place as a diff.
    """
    if not edit.old.strip():
        raise EditRefused(f"The text to search for in {edit.path} is empty.")
    first, last = lines_of(text, edit) if edit.qualname else (1, len(text.lines))
    exact = _exact(text, edit, first, last)
    if exact is not None:
        return exact
    rows = [bare(line) for line in text.lines[first - 1 : last]]
    old, new = (_block(part) for part in (edit.old, edit.new))
    for match in (_same_but_line_ends, _same_but_indent):
        found = match(rows, old)
        if len(found) == 1:
            row, indent = found[0]
            return _change(text, edit, first + row, len(old), _indented(edit, new, indent))
        if found:
            raise _ambiguous(edit, [first + row for row, _ in found])
    raise EditRefused(
        f"The text to replace is not in {edit.path}{_within(edit)}. {_near_miss(edit, rows, old, first)}"
    )


def _exact(text: Text, edit: Edit, first: int, last: int) -> Change | None:
    newline = newline_of(text.lines)
    old, new = (normal(part).replace("\n", newline) for part in (edit.old, edit.new))
    start, end = text.offsets[first - 1], text.offsets[last]
    found: list[int] = []
    at = text.text.find(old, start, end)
    while at >= 0:
        found.append(at)
        at = text.text.find(old, at + 1, end)
    if len(found) > 1:
        rows = [sum(offset <= at for offset in text.offsets[:-1]) for at in found]
        raise _ambiguous(edit, rows)
    return Change(found[0], found[0] + len(old), new) if found else None


def _ambiguous(edit: Edit, rows: Sequence[int]) -> EditRefused:
    places = ", ".join(map(str, rows[:10]))
    return EditRefused(
        f"The text to replace occurs {len(rows)} times in {edit.path}{_within(edit)} (lines {places}); "
        "quote more of the lines around the right one."
    )


def _within(edit: Edit) -> str:
    return f" within `{edit.qualname}`" if edit.qualname else ""


def _block(text: str) -> list[str]:
    """Lines without the blank ones at both ends and without blanks at line ends."""
    lines = [line.rstrip() for line in normal(text).split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _windows(rows: Sequence[str], size: int) -> list[tuple[int, list[str]]]:
    return [(row, [line.rstrip() for line in rows[row : row + size]]) for row in range(len(rows) - size + 1)]


def _same_but_line_ends(rows: Sequence[str], old: list[str]) -> list[Match]:
    return [(row, None) for row, window in _windows(rows, len(old)) if window == old]


def _same_but_indent(rows: Sequence[str], old: list[str]) -> list[Match]:
    found: list[Match] = []
    for row, window in _windows(rows, len(old)):
        if [line.lstrip(" \t") for line in window] != [line.lstrip(" \t") for line in old]:
            continue
        shifts = {_indent_shift(indent_of(a), indent_of(b)) for a, b in zip(old, window, strict=True) if a}
        if len(shifts) == 1 and (shift := shifts.pop()) is not None:
            found.append((row, shift))
    return found


def _indent_shift(arrived: str, wanted: str) -> str | None:
    if wanted.endswith(arrived):
        return "+" + wanted[: len(wanted) - len(arrived)]
    if arrived.endswith(wanted):
        return "-" + arrived[: len(arrived) - len(wanted)]
    return None


def _indented(edit: Edit, lines: list[str], indent: str | None) -> list[str]:
    if indent is None:
        return lines
    if string_rows("\n".join(lines)) or any(quote in "\n".join(lines) for quote in ('"""', "'" * 3)):
        raise EditRefused(
            f"The text to replace in {edit.path} is indented differently there, and the replacement has a "
            "string over several lines; repeat it with the file's own indentation."
        )
    if indent.startswith("+"):
        return [indent[1:] + line if line else line for line in lines]
    return [line.removeprefix(indent[1:]) for line in lines]


def _change(text: Text, edit: Edit, row: int, size: int, lines: list[str]) -> Change:
    start, end = text.span(row, row + size - 1)
    if not lines:  # the rows go, their line ends too
        end = text.offsets[row - 1 + size]
    return Change(start, end, newline_of(text.lines).join(lines))


def _near_miss(edit: Edit, rows: Sequence[str], old: list[str], first: int) -> str:
    """The window most like ``old``, as a diff; only shown, never used."""
    best, at = 0.0, -1
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2("\n".join(old))
    for row, window in _windows(rows, min(len(old), len(rows))):
        matcher.set_seq1("\n".join(window))
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
            best, at = matcher.ratio(), row
    if best < 0.5:  # below that, a diff shows two unrelated texts
        return "Nothing there resembles it."
    diff = difflib.unified_diff(
        old,
        [line.rstrip() for line in rows[at : at + len(old)]],
        "searched",
        f"{edit.path}:{first + at}",
        "",
        "",
        2,
        "",
    )
    return "The nearest place differs:\n" + "\n".join(diff)
