"""Ruff's fixes as sites of a definition: found here, proven by a rule, applied one at a time."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.module import source_lines
from hasten.agent.propose.analysis.ruff import Fix, Position, TextEdit, fixes
from hasten.agent.propose.analysis.tree import Node, code, trimmed
from hasten.agent.propose.rules.base import Change

_WIDTH = 88
"""Columns a fix may fill where the definition has no longer line itself."""

NodeType = TypeVar("NodeType", bound=Node)


@dataclass(frozen=True)
class Site:
    """One fix of ruff's, and the smallest node around what it complains about."""

    fn: Function
    inference: Inference
    fix: Fix
    node: Node

    def up(self, kind: type[NodeType]) -> NodeType | None:
        """The nearest node of a kind: the site's own, or one around it in the same statement."""
        for node in (self.node, *self.fn.ancestors(self.node)):
            if isinstance(node, kind):
                return node
            if isinstance(node, cst.BaseStatement):
                return None
        return None

    def builtin(self, *names: str) -> bool:
        return all(self.fn.is_builtin(name) for name in names)

    def kind(self, node: Node) -> str:
        return self.inference.kind(node).name

    @cached_property
    def new(self) -> str:
        """What ruff writes, its edits one after the other."""
        return "".join(edit.text for edit in self.fix.edits)

    @property
    def shifts_lines(self) -> bool:
        """A call whose bracket is replaced by another has lines that are aligned with it."""
        call = self.up(cst.Call)
        after = code(call).partition("(")[2] if call is not None else ""
        return "\n" in after and not after.lstrip(" ").startswith(("\n", "\r"))

    def change(
        self, title: str, text: str | None = None, imports: tuple[str, ...] = (), at: Node | None = None
    ) -> Change | None:
        """The definition with this fix, or with ``text`` in place of ``at`` (the node complained about);
        ``None`` where a comment would be lost or a line grow too long."""
        source = self.fn.text
        edits = self.fix.edits
        if text is not None:
            span = positions(self.fn.tree)[at or self.node]
            start, end = (span.start.line, span.start.column), (span.end.line, span.end.column)
            edits = (TextEdit(start, end, text),)
        if any(_inside(at, edit) for at in _comments(source) for edit in edits):
            return None
        changed = applied(source, edits)
        if changed == source or _widest(changed) > max(_WIDTH, _widest(source)) or not _parses(changed):
            return None
        return Change(trimmed(changed), title, imports)


def sites(fn: Function, codes: Collection[str]) -> Iterator[Site]:
    """Where ruff would fix something in the function's own code, in source order; what is on its way out
    through a ``raise`` is not hot."""
    inference = Inference(fn)
    for fix in fixes(fn):
        node = _node_at(fn, fix) if fix.code in codes else None
        if node is not None and not any(isinstance(a, cst.Raise) for a in fn.ancestors(node)):
            yield Site(fn, inference, fix, node)


def fixed(fn: Function, codes: Collection[str], proven: Callable[[Site], bool], title: str) -> Change | None:
    """The first site that is proven, with ruff's own fix."""
    for site in sites(fn, codes):
        if not site.fix.imports and proven(site) and (change := site.change(title)) is not None:
            return change
    return None


@lru_cache(maxsize=8)
def positions(tree: cst.Module) -> dict[Node, CodeRange]:
    found = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    return {node: span for node, span in found.items() if isinstance(span, CodeRange)}


def _node_at(fn: Function, fix: Fix) -> Node | None:
    """The smallest node of the function's own that covers the finding."""
    spans = positions(fn.tree)
    best: tuple[Position, Position] | None = None
    found = None
    for node in fn.own:
        span = spans.get(node)
        if span is None:
            continue
        start, end = (span.start.line, span.start.column), (span.end.line, span.end.column)
        if start <= fix.start and fix.end <= end and (best is None or (best[0] <= start and end <= best[1])):
            best, found = (start, end), node
    nested = isinstance(found, (cst.FunctionDef, cst.ClassDef))
    if isinstance(found, cst.Lambda) and best != (fix.start, fix.end):
        return None
    return None if nested else found


@lru_cache(maxsize=8)
def _comments(source: str) -> tuple[Position, ...]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return tuple(token.start for token in tokens if token.type == tokenize.COMMENT)


def _inside(position: Position, edit: TextEdit) -> bool:
    return edit.start <= position < edit.end


def applied(source: str, edits: Collection[TextEdit]) -> str:
    """``source`` after edits that do not overlap."""
    lines = source_lines(source)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        begin = starts[edit.start[0] - 1] + edit.start[1]
        end = starts[edit.end[0] - 1] + edit.end[1]
        source = source[:begin] + edit.text + source[end:]
    return source


def _parses(source: str) -> bool:
    """Ruff is trusted with what it finds, not blindly with what it writes."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _widest(source: str) -> int:
    return max(len(line.rstrip("\r\n")) for line in source_lines(source))
