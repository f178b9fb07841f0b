"""A chain of comparisons of one value with constants that only chooses a constant becomes a table.

What: ``if x == "a": return 1`` ``elif x == "b": return 2`` ... with at least six constants becomes ``return
TABLE.get(x, default)``; likewise where each branch assigns a constant to the same name.

Why: a chain compares one by one. With six constants asked for equally often 1.2 to 1.5 times faster, 1.8
with eight; where the first is nearly always meant the chain wins, which the judge finds out.

Precondition: the value is a name that holds builtin values whose hash agrees with ``==``; the constants are
all texts or all whole numbers; every branch is one line with an immutable constant, the last is an
``else``, or a ``return`` right after the chain.

Before::

    def weekday(name: str) -> int:
        if name == "monday":
            return 1
        elif name == "tuesday":
            return 2
        elif name == "wednesday":
            return 3
        elif name == "thursday":
            return 4
        elif name == "friday":
            return 5
        elif name == "saturday":
            return 6
        else:
            return 0

After::

    _WEEKDAY_TABLE = {
        "monday": 1,
        "tuesday": 2,
        "wednesday": 3,
        "thursday": 4,
        "friday": 5,
        "saturday": 6,
    }


    def weekday(name: str) -> int:
        return _WEEKDAY_TABLE.get(name, 0)

Tier: facts
Source: docs.python.org/3/faq/design.html#why-isn-t-there-a-switch-or-case-statement-in-python; measured
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.built_once import label
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lines import following
from hasten.agent.propose.analysis.tree import Node, code, edited
from hasten.agent.propose.rules.base import Change, Rule

_FEWEST = 6
"""Constants from which a table measured as a gain."""


@dataclass(frozen=True)
class _Branch:
    """``target`` is the name assigned, empty for ``return``."""

    keys: tuple[str, ...]
    target: str
    value: str


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        if isinstance(node, cst.If) and not isinstance(fn.parent.get(node), cst.If):
            change = _table(fn, inference, node)
            if change is not None:
                return change
    return None


def _table(fn: Function, inference: Inference, chain: cst.If) -> Change | None:
    if "#" in code(chain.with_changes(leading_lines=())):
        return None
    name, branches, last = _branches(chain)
    if name is None or not inference.kind(name).hashable or not branches:
        return None
    target, drop = branches[0].target, None
    if last is None and not target:
        after = following(fn, chain)
        drop = after[0] if after else None
        last = _line(drop) if drop is not None and "#" not in code(drop) else None
    if last is None or any(b.target != target for b in (*branches, last)):
        return None
    pairs: dict[object, str] = {}
    for branch in branches:
        for key in branch.keys:
            pairs.setdefault(ast.literal_eval(key), f"    {key}: {branch.value},\n")
    if len(pairs) < _FEWEST or len({type(key) for key in pairs}) != 1:
        return None
    constant = fn.fresh(f"_{label(fn, 'VALUE')}_TABLE")
    found = f"{constant}.get({name.value}, {last.value})"
    line = cst.ensure_type(
        cst.parse_statement(f"{target} = {found}" if target else f"return {found}"), cst.SimpleStatementLine
    )
    replace: dict[Node, Node | None] = {chain: line.with_changes(leading_lines=chain.leading_lines)}
    if drop is not None:
        replace[drop] = None
    helper = f"{constant} = {{\n{''.join(pairs.values())}}}"
    return Change(edited(fn.tree, replace), f"Look `{name.value}` up in a table", helpers=(helper,))


def _branches(chain: cst.If) -> tuple[cst.Name | None, list[_Branch], _Branch | None]:
    """The name compared, its branches, and the ``else``; no name where a branch is anything else."""
    name: cst.Name | None = None
    found: list[_Branch] = []
    node: cst.If | cst.Else | None = chain
    while isinstance(node, cst.If):
        tested, keys = _test(node.test)
        line = _only_line(node.body)
        if tested is None or line is None or (name is not None and tested.value != name.value):
            return None, [], None
        name = tested
        found.append(_Branch(keys, line.target, line.value))
        node = node.orelse
    last = _only_line(node.body) if node is not None else None
    return (None, [], None) if node is not None and last is None else (name, found, last)


def _test(test: Node) -> tuple[cst.Name | None, tuple[str, ...]]:
    """``x == "a"`` and ``x in ("a", "b")``."""
    match test:
        case cst.Comparison(
            left=cst.Name() as name,
            comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=value)],
        ) if _is_key(value):
            return name, (code(value),)
        case cst.Comparison(
            left=cst.Name() as name,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.In(), comparator=cst.Tuple(elements=parts) | cst.List(elements=parts)
                )
            ],
        ) if parts and all(isinstance(p, cst.Element) and _is_key(p.value) for p in parts):
            return name, tuple(code(p.value) for p in parts)
    return None, ()


def _is_key(node: Node) -> bool:
    return isinstance(node, cst.Integer) or (
        isinstance(node, cst.SimpleString) and "b" not in node.prefix.lower()
    )


def _only_line(body: Node) -> _Branch | None:
    lines = body.body if isinstance(body, (cst.IndentedBlock, cst.SimpleStatementSuite)) else ()
    if len(lines) != 1:
        return None
    return _line(lines[0])


def _line(line: Node) -> _Branch | None:
    """``return constant`` or ``name = constant``."""
    statement = line
    if isinstance(line, cst.SimpleStatementLine):
        statement = line.body[0] if len(line.body) == 1 else line
    match statement:
        case cst.Return(value=value) if value is not None and _is_constant(value):
            return _Branch((), "", _entry(value))
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=value):
            return _Branch((), target, _entry(value)) if _is_constant(value) else None
    return None


def _entry(value: cst.BaseExpression) -> str:
    """Source of a constant among others."""
    bare = isinstance(value, cst.Tuple) and not value.lpar
    return f"({code(value)})" if bare else code(value)


def _is_constant(node: Node) -> bool:
    """A literal of one line that never changes: one object is as good as another."""
    text = code(node)
    if "\n" in text:
        return False
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return _is_immutable(value)


def _is_immutable(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_immutable, value))
    return isinstance(value, (str, bytes, int, float, complex, type(None)))


RULE = Rule("constant-table", "facts", (" == ", " in ("), apply, __doc__ or "")
