"""Edits applied to text: whole definitions spliced by source span, every other byte as it was."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from hasten.agent.languages.python import check
from hasten.agent.propose.additions import add_helpers, add_imports
from hasten.agent.propose.refusals import EditRefused
from hasten.agent.propose.snippets import replace_snippet
from hasten.agent.propose.source import BOM, Text, declared_encoding
from hasten.agent.propose.splice import Change, replace_definition
from hasten.agent.types import Edit

__all__ = ["EditRefused", "apply_edits"]


def apply_edits(read: Callable[[str], str | None], edits: Sequence[Edit]) -> dict[str, str]:
    """Path -> new text of every file the edits touch; all of them apply or none.

    ``read`` gives a file's text with line ends and byte-order mark untranslated, or ``None`` when there is
    no such file. Spans refer to the text as read, so several edits of one file compose in any order.
    Raises ``EditRefused`` with a message fit for a repair round.
    """
    if not edits:
        raise EditRefused("There are no edits.")
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(_clean(edit.path), []).append(edit)
    return {path: _apply(path, read(path), group) for path, group in by_path.items()}


def _clean(path: str) -> str:
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\\" in path:
        raise EditRefused(f"`{path}` is not a path inside the repository.")
    return str(pure)


def _apply(path: str, before: str | None, edits: Sequence[Edit]) -> str:
    if before is None:
        raise EditRefused(f"There is no file {path}.")
    python = path.endswith((".py", ".pyi"))
    if not python and any(edit.kind == "definition" or edit.imports or edit.helpers for edit in edits):
        raise EditRefused(f"{path} is not Python, so no definition in it can be replaced.")
    text = Text.of(before)
    changes = [_change(text, edit) for edit in edits]
    _refuse_overlap(path, edits, changes)
    if any(edit.imports or edit.helpers for edit in edits):
        changes = [*_additions(path, text, edits, changes), *changes]
    after = _spliced(before, changes)
    if python:
        _refuse_broken(path, before, after)
    return after


def _change(text: Text, edit: Edit) -> Change:
    return replace_definition(text, edit) if edit.kind == "definition" else replace_snippet(text, edit)


def _refuse_overlap(path: str, edits: Sequence[Edit], changes: Sequence[Change]) -> None:
    order = sorted(range(len(changes)), key=lambda i: (changes[i].start, changes[i].end))
    for one, two in pairwise(order):
        if changes[two].start < changes[one].end or changes[two].start == changes[one].start:
            names = " and ".join(f"`{edits[i].qualname}`" for i in (one, two) if edits[i].qualname)
            raise EditRefused(
                f"Two edits of {path} overlap ({names or 'the same lines'}); "
                "give the outer definition alone, with both changes in it."
            )


def _additions(path: str, text: Text, edits: Sequence[Edit], changes: Sequence[Change]) -> Iterable[Change]:
    try:
        tree = ast.parse(text.code)
    except (SyntaxError, ValueError) as error:
        raise EditRefused(f"{path} does not parse as it is ({error}).") from error
    rows = [
        (edit, sum(offset <= change.start for offset in text.offsets[:-1]))
        for edit, change in zip(edits, changes, strict=True)
    ]
    # Imports first: where both go to the same place, helpers may need them.
    return [*add_imports(text, tree, edits), *add_helpers(text, tree, rows)]


def _spliced(before: str, changes: Iterable[Change]) -> str:
    parts: list[str] = []
    at = 0
    for change in sorted(changes, key=lambda c: (c.start, c.end)):
        if change.start < at:
            raise EditRefused("The imports or helpers would land inside text that another edit replaces.")
        parts += [before[at : change.start], change.text]
        at = change.end
    return "".join([*parts, before[at:]])


def _refuse_broken(path: str, before: str, after: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in the user's own strings
        problem = check(path, after.removeprefix(BOM))
    if problem:
        raise EditRefused(f"With the edit the file does not compile: {problem}")
    new = {character for character in set(after) - set(before) if not character.isascii()}
    if new and declared_encoding(after) not in ("utf-8", "utf8"):
        raise EditRefused(
            f"{path} declares the encoding {declared_encoding(after)}; write new code there in ASCII, "
            f"not with {', '.join(map(repr, sorted(new)))}."
        )
