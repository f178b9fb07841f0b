"""Containers that cannot be empty where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.still import is_still
from hasten.agent.propose.analysis.totality import CONTAINERS
from hasten.agent.propose.analysis.tree import Comprehension, Node

_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def is_nonempty(fn: Function, inference: Inference, node: Node) -> bool:
    """A display with an element, or a variable that a test or a loop over it vouches for."""
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements) | cst.Set(elements=elements):
            return any(isinstance(e, cst.Element) for e in elements)
        case cst.Name():
            var, kind = fn.variable(node), inference.kind(node)
            if var is None or kind.name not in CONTAINERS:
                return False
            areas = _vouched_areas(fn, node, var)
            return any(is_still(fn, inference, var, kind, area) for area in areas)
    return False


def _vouched_areas(fn: Function, site: Node, var: Var) -> Iterator[Node]:
    """Parts of the function around ``site`` that are reached only while ``var`` holds something."""
    below = site
    for node in fn.ancestors(site):
        match node:
            case cst.If(test=test) | cst.IfExp(test=test) | cst.While(test=test):
                then = below is node.body
                otherwise = below is node.orelse and not isinstance(node, cst.While)
                if (then or otherwise) and _shows(fn, test, var, full=then):
                    yield below
            case cst.BooleanOperation(left=left, right=right) if below is right:
                if _shows(fn, left, var, full=isinstance(node.operator, cst.And)):
                    yield right
            case cst.For(iter=source, body=body) if below is body and fn.variable(source) == var:
                yield body
            case cst.CompFor(iter=source) if below is not source and fn.variable(source) == var:
                yield node
            case cst.IndentedBlock(body=statements):
                if any(_turns_away(fn, s, var) for s in statements[: _position(statements, below)]):
                    yield node
        clause = node.for_in if isinstance(node, Comprehension) else None
        if clause is not None and clause is not below and fn.variable(clause.iter) == var:
            yield node
        below = node


def _position(statements: Sequence[Node], statement: Node) -> int:
    return next((i for i, s in enumerate(statements) if s is statement), 0)


def _turns_away(fn: Function, statement: Node, var: Var) -> bool:
    """``if not items: return``."""
    match statement:
        case cst.If(
            test=test, orelse=None, body=cst.IndentedBlock(body=[*_, cst.SimpleStatementLine(body=last)])
        ):
            return isinstance(last[-1], _LEAVES) and _shows(fn, test, var, full=False)
        case cst.If(test=test, orelse=None, body=cst.SimpleStatementSuite(body=last)):
            return isinstance(last[-1], _LEAVES) and _shows(fn, test, var, full=False)
    return False


def _shows(fn: Function, test: Node, var: Var, *, full: bool) -> bool:
    """Where ``test`` is true (``full``) or false (not ``full``), ``var`` holds something."""
    match test:
        case cst.Name():
            return full and fn.variable(test) == var
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _shows(fn, inner, var, full=not full)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            both = isinstance(operator, cst.And) == full
            return both and (_shows(fn, left, var, full=full) or _shows(fn, right, var, full=full))
        case cst.Call(func=cst.Name(value="len")):
            return full and _is_length(fn, test, var)
        case cst.Comparison(
            left=left,
            comparisons=[cst.ComparisonTarget(operator=operator, comparator=cst.Integer() as bound)],
        ) if _is_length(fn, left, var):
            return _excludes_zero(operator, bound.evaluated_value, full)
    return False


def _is_length(fn: Function, node: Node, var: Var) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=value, star="")]):
            return fn.is_builtin("len") and fn.variable(value) == var
    return False


def _excludes_zero(operator: Node, bound: int, full: bool) -> bool:
    """A length of zero would make ``len(x) <operator> bound`` come out other than ``full``."""
    match operator:
        case cst.GreaterThan():
            zero = bound < 0
        case cst.GreaterThanEqual():
            zero = bound <= 0
        case cst.LessThan():
            zero = bound > 0
        case cst.LessThanEqual():
            zero = bound >= 0
        case cst.Equal():
            zero = bound == 0
        case cst.NotEqual():
            zero = bound != 0
        case _:
            return False
    return zero is not full
