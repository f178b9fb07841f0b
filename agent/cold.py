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
    return sum(target.lines.get(row, 0.0) for row in rows) < COLD


def _nested(source: str, target: Target) -> frozenset[int]:
    start, end = target.definition.start, target.definition.end
    inner = [d for d in functions(target.definition.path, source) if start < d.start and d.end <= end]
    return frozenset(row for d in inner for row in range(d.start, d.end + 1))


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
    return frozenset(row for span in _statements(source, start, end) if gone & {*span} for row in span)


def _statements(source: str, start: int, end: int) -> Iterator[range]:
    """Rows of each statement's own, those of its block left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and start <= node.lineno <= end:
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            inner = getattr(body[0], "lineno", None) or body[0].pattern.lineno if body else None
            last = node.end_lineno or node.lineno
            yield range(node.lineno, max(inner, node.lineno + 1) if inner else last + 1)
