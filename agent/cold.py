"""Rewrites of lines that take no time: known from the profile, before anything is tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher

from hasten.agent.languages.python import functions
from hasten.agent.types import Edit, Target

COLD = 0.005
"""Share of the workload below which the lines a rewrite changes count as cold: the smallest gain that is kept
is six times that, and a profile of a few hundred samples tells no less."""


def is_cold(source: str, target: Target, edit: Edit) -> bool:
    """Whether the profile saw next to nothing in the statements that an edit of the target changes.

    An edit that only adds lines may change what the others cost; it is never cold. Nor is one of a nested
    function, whose time may be counted elsewhere. ``source`` is the file.
    """
    rows = touched(source, target, edit.new)
    if not target.lines or not rows or rows & _nested(source, target):
        return False
    rows |= _sharing(source, target, rows)
    return sum(target.lines.get(row, 0.0) for row in rows) < COLD


def touched(source: str, target: Target, new: str) -> frozenset[int]:
    """Rows of the file that hold the statements changed or removed; of loops and branches the head alone,
    unless what is inside changes too."""
    start, end = target.definition.start, target.definition.end
    old = [line.strip() for line in source.splitlines()[start - 1 : end]]
    matcher = SequenceMatcher(None, old, [line.strip() for line in new.splitlines()], autojunk=False)
    gone = {
        start + row
        for kind, first, last, _, _ in matcher.get_opcodes()
        if kind in ("replace", "delete")
        for row in range(first, last)
        if old[row]
    }
    tree = ast.parse(source)
    return frozenset(row for span in _statements(tree, start, end) if gone & {*span} for row in span)


def _sharing(source: str, target: Target, rows: frozenset[int]) -> frozenset[int]:
    """Rows of statements on a variable that one of ``rows`` binds or calls a method of: a list that becomes a
    set makes the test faster that is not touched."""
    tree = ast.parse(source)
    changed = {name for node in ast.walk(tree) for name in _changed_names(node, rows)}
    used = {n.lineno for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in changed}
    spans = _statements(tree, target.definition.start + 1, target.definition.end)
    return frozenset(row for span in spans if used & {*span} for row in span)


def _changed_names(node: ast.AST, rows: frozenset[int]) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno in rows:
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.lineno in rows:
        yield node.value.id


def _nested(source: str, target: Target) -> frozenset[int]:
    start, end = target.definition.start, target.definition.end
    inner = [d for d in functions(target.definition.path, source) if start < d.start and d.end <= end]
    return frozenset(row for d in inner for row in range(d.start, d.end + 1))


def _statements(tree: ast.AST, start: int, end: int) -> Iterator[range]:
    """Rows of each statement's own, those of its block left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and start <= node.lineno <= end:
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            inner = getattr(body[0], "lineno", None) or body[0].pattern.lineno if body else None
            last = node.end_lineno or node.lineno
            yield range(node.lineno, max(inner, node.lineno + 1) if inner else last + 1)
