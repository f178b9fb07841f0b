"""Replacing a whole definition in place."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from hasten.agent.languages.python import DefinitionNode, first_line, walk_definitions
from hasten.agent.propose.refusals import EditRefused
from hasten.agent.propose.source import (
    Text,
    bare,
    indent_of,
    newline_of,
    normal,
    shift,
    string_blocks,
    string_rows,
)
from hasten.agent.types import Edit


@dataclass(frozen=True, order=True)
class Change:
    """``text`` instead of the characters ``start``..``end`` of a file (an insertion when they are equal)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Fresh:
    """A definition as it arrived, at whatever indentation."""

    comments: list[str]
    """Comment lines above it."""
    lines: list[str]
    node: DefinitionNode
    """Its line 1 is ``lines[0]``."""


def replace_definition(text: Text, edit: Edit) -> Change:
    """The change that puts ``edit.new`` where the definition stands. Raises ``EditRefused``."""
    found = _found(text, edit)
    fresh = _fresh(edit, indent_of(text.lines[_top(text, found[-1]) - 1]))
    first, last = lines_of(text, edit, fresh.node)
    raw = text.lines[first - 1 : last]
    old = [bare(line) for line in raw]
    new = _fit(fresh, old, text)
    if fresh.comments and fresh.comments != _comments_above(text, first):
        new = [indent_of(old[0]) + comment for comment in fresh.comments] + new
    start, end = text.span(first, last)
    if new == old:  # keeps even mixed line ends
        return Change(start, end, text.text[start:end])
    return Change(start, end, newline_of(raw if last > first else text.lines).join(new))


def lines_of(text: Text, edit: Edit, like: DefinitionNode | None = None) -> tuple[int, int]:
    """First and last line of the definition ``edit.qualname``. Raises ``EditRefused``.

    Of several with that name, the one whose decorators are those of ``like`` (a property's setter).
    """
    found = _found(text, edit)
    if len(found) > 1:
        found = [n for n in found if like is not None and _decorators(n) == _decorators(like)] or found
    if len(found) > 1:
        places = ", ".join(str(first_line(node)) for node in found)
        raise EditRefused(
            f"{edit.path} defines `{edit.qualname}` more than once (lines {places}); "
            "which one is meant is unclear."
        )
    return _top(text, found[0]), found[0].end_lineno or found[0].lineno


def _found(text: Text, edit: Edit) -> list[DefinitionNode]:
    try:
        every = list(walk_definitions(text.code))
    except (SyntaxError, ValueError) as error:
        raise EditRefused(f"{edit.path} does not parse as it is ({error}).") from error
    if found := [node for qualname, node in every if qualname == edit.qualname]:
        return found
    names = ", ".join(f"`{qualname}`" for qualname, _ in every[:20]) or "no definitions"
    raise EditRefused(f"{edit.path} has no definition `{edit.qualname}`; it has {names}.")


def _top(text: Text, node: DefinitionNode) -> int:
    line = first_line(node)
    while not text.lines[line - 1].lstrip(" \t\f").startswith(("@", "def", "class", "async")):
        line -= 1  # the expression of ``@(\n...)`` begins below its line
    return line


def _decorators(node: DefinitionNode) -> list[str]:
    return [ast.dump(d) for d in node.decorator_list]


def _fresh(edit: Edit, place: str) -> Fresh:
    lines = _trimmed(normal(edit.new).split("\n"))
    body = next((row for row, line in enumerate(lines) if line.strip() and not _is_comment(line)), None)
    if body is None:
        raise EditRefused(f"The replacement for `{edit.key}` is empty.")
    comments, lines = [line.strip() for line in lines[:body] if line.strip()], lines[body:]
    lines = _first_line_restored(lines, place)
    flat = shift(lines, indent_of(lines[0]), "", string_rows("\n".join(lines)))
    try:
        tree = ast.parse("\n".join(flat))
    except (SyntaxError, ValueError) as error:
        raise EditRefused(
            f"The replacement for `{edit.key}` does not parse: {describe(error, flat)}"
        ) from error
    node = _only_definition(tree, edit)
    # What follows the definition can only be comments; those in the file stay where they are.
    return Fresh(comments, lines[: node.end_lineno], node)


def describe(error: Exception, lines: Sequence[str]) -> str:
    """A syntax error with the line it is about."""
    row = getattr(error, "lineno", None) or 0
    if not 0 < row <= len(lines):
        return str(error)
    return f"{getattr(error, 'msg', error)} (line {row}: `{bare(lines[row - 1]).strip()}`)"


def _trimmed(lines: list[str]) -> list[str]:
    full = [row for row, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []


def _first_line_restored(lines: list[str], place: str) -> list[str]:
    """``lines`` with the first one indented like the rest where someone stripped the text as a whole."""
    if indent_of(lines[0]) or not place or len(lines) == 1:
        return lines
    inside = string_rows("\n".join(lines))
    rest = [indent_of(line) for row, line in enumerate(lines) if row and line.strip() and row not in inside]
    if not rest or not all(indent.startswith(place) for indent in rest):
        return lines
    if lines[0].startswith("@") or min(map(len, rest)) > len(place):
        return [place + lines[0], *lines[1:]]
    return lines


def _only_definition(tree: ast.Module, edit: Edit) -> DefinitionNode:
    name = edit.qualname.rpartition(".")[2]
    if len(tree.body) != 1 or not isinstance(node := tree.body[0], DefinitionNode):
        raise EditRefused(
            f"The replacement for `{edit.key}` must be exactly one definition of `{name}`; "
            "imports and new helpers go into their own blocks."
        )
    if node.name != name:
        raise EditRefused(f"The replacement for `{edit.key}` defines `{node.name}` instead of `{name}`.")
    return node


def _comments_above(text: Text, first: int) -> list[str]:
    top = first - 1
    while top > 0 and _is_comment(text.lines[top - 1]):
        top -= 1
    return [bare(line).strip() for line in text.lines[top : first - 1]]


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t").startswith("#")


def _fit(fresh: Fresh, old: list[str], text: Text) -> list[str]:
    """The lines at the indentation, and with the indentation characters, of the definition they replace.

    Rows inside string literals are content. A docstring moves with its code; any other string stays as
    it arrived, unless moving it gives a string the old definition has.
    """
    blocks = string_blocks("\n".join(fresh.lines))
    base, place = indent_of(fresh.lines[0]), indent_of(old[0])
    moved = shift(fresh.lines, base, place)
    known = {tuple(old[block.start : block.stop]) for block in string_blocks("\n".join(old))}
    docstrings = _docstrings(fresh.node)
    keep: set[int] = set()
    for block in blocks:
        as_is, shifted = (tuple(side[block.start : block.stop]) for side in (fresh.lines, moved))
        if as_is in known or (shifted not in known and block not in docstrings):
            keep.update(block)
    moved = shift(fresh.lines, base, place, keep)
    if moved == old:
        return moved
    inside = {row for block in blocks for row in block}
    return _with_tabs(moved, place, inside) if _wants_tabs(old, moved, text) else moved


def _docstrings(node: DefinitionNode) -> list[range]:
    heads = [inner.body[0] for inner in ast.walk(node) if isinstance(inner, DefinitionNode)]
    return [
        range(head.lineno, head.end_lineno or 0)
        for head in heads
        if isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant)
    ]


def _wants_tabs(old: Sequence[str], new: Sequence[str], text: Text) -> bool:
    place = indent_of(old[0])
    if any("\t" in indent_of(line).removeprefix(place) for line in new):
        return False
    inside = string_rows("\n".join(old))
    inner = [line for row, line in enumerate(old) if row and row not in inside and line.strip()]
    inner = inner or [line for line in text.lines if indent_of(line) and line.strip()]
    return bool(inner) and all(line.startswith("\t") for line in inner)


def _with_tabs(lines: list[str], place: str, inside: set[int]) -> list[str]:
    """Spaces after ``place`` turned into tabs, one for each step of the narrowest indentation."""
    extra = [len(indent_of(line)) - len(place) if line.strip() else 0 for line in lines]
    step = min((width for row, width in enumerate(extra) if width > 0 and row not in inside), default=0)
    return [
        line
        if row in inside or extra[row] <= 0
        else place + "\t" * (extra[row] // step) + " " * (extra[row] % step) + line.lstrip(" \t")
        for row, line in enumerate(lines)
    ]
