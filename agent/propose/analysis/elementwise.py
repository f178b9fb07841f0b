"""Arithmetic on the elements of arrays that numpy does alike for one number and for all of them at once.

Only what rounds once and in the same way: ``+ - * /``, signs, ``sqrt``, ``abs``, ``floor``, ``ceil``, the
smaller or larger of two, a choice between numbers. Powers are not among them (an array squares by
multiplying, a number calls ``pow``: one result in a thousand differs in the last bit), nor are sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.numeric import dotted, is_vector, makes_new
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import binds_before
from hasten.agent.propose.analysis.scalars import is_moderate, is_small_int
from hasten.agent.propose.analysis.tree import Node, code, walk

Sort = Literal["elements", "positions", "number"]
"""What an expression becomes: an array of floats, the array of loop positions, one number."""

BINDING = frozenset(["store", "augstore", "del"])
_ONE = frozenset(["numpy.sqrt", "numpy.abs", "numpy.absolute", "numpy.fabs", "numpy.floor", "numpy.ceil"])
_TWO = frozenset(["numpy.minimum", "numpy.maximum"])
ORDER = (cst.LessThan, cst.GreaterThan, cst.LessThanEqual, cst.GreaterThanEqual, cst.Equal, cst.NotEqual)


@dataclass
class Elementwise:
    """Reads the expressions of one loop. ``loop`` is where numbers must not change."""

    fn: Function
    inference: Inference
    loop: Node
    index: Var | None = None
    """The variable that counts through the positions."""
    elements: Mapping[Var, object] = field(default_factory=dict)
    """Variables that stand for one element each turn."""
    written: frozenset[Var] = frozenset()
    """Arrays the loop writes to: read at the position itself or not at all."""
    plain: bool = False
    """The elements are Python's numbers: dividing by zero raises."""
    reads: dict[cst.Subscript, bool] = field(default_factory=dict)
    """Subscripts met -> whether they are at the position itself."""
    choices: list[cst.IfExp] = field(default_factory=list)
    """Inner ones first."""
    reads_in_vain: bool = False
    """A choice reads where the loop reads on some turns only: that position may not exist."""
    counts: bool = False
    """The position itself was met as a number."""

    def sort(self, node: Node) -> Sort | None:
        """``None`` for whatever is not proven to be the same for all elements at once."""
        match node:
            case cst.Name():
                return self._name(node)
            case cst.Integer() | cst.Float():
                return "number"
            case cst.UnaryOperation(operator=cst.Minus()):
                return self.sort(node.expression)
            case cst.BinaryOperation():
                return self._operation(node)
            case cst.Subscript():
                return self._subscript(node)
            case cst.Call():
                return self._call(node)
            case cst.IfExp():
                return self._choice(node)
        return None

    def _name(self, node: cst.Name) -> Sort | None:
        var = self.fn.variable(node)
        if var is not None and var in self.elements:
            return "elements"
        if var is not None and var == self.index:
            self.counts = True
            return "positions"
        if not is_moderate(self.fn, self.inference, node):
            return None
        if var is None:
            return "number"
        changed = any(self.fn.role(u) in BINDING for u in self.fn.uses_in(var, self.loop))
        bound = self.fn.is_plain_local(var) and binds_before(self.fn, var, self.loop)
        return "number" if bound and not changed else None

    def _operation(self, node: cst.BinaryOperation) -> Sort | None:
        sides: set[Sort | None] = {self.sort(node.left), self.sort(node.right)}
        if None in sides:
            return None
        match node.operator:
            case cst.Add() | cst.Subtract():
                if sides == {"positions", "number"} and not self._whole_numbers(node):
                    return None
                return "elements" if "elements" in sides else _only(sides)
            case cst.Multiply():
                if "elements" in sides:
                    return "elements"
                literal = isinstance(node.left, cst.Float) or isinstance(node.right, cst.Float)
                return None if not literal else "elements" if "positions" in sides else "number"
            case cst.Divide():
                if "elements" in sides:
                    return "elements" if not self.plain or _is_divisor(node.right) else None
                return "elements" if "positions" in sides and _is_divisor(node.right) else None
        return None

    def _whole_numbers(self, node: cst.BinaryOperation) -> bool:
        return all(is_small_int(self.fn, side) for side in (node.left, node.right))

    def _subscript(self, node: cst.Subscript) -> Sort | None:
        var = self.fn.variable(node.value)
        if var is None or not is_steady(self.fn, self.inference, var):
            return None
        at = self.place(node)
        if at is None or (var in self.written and at != 0):
            return None
        self.reads[node] = at == 0
        return "elements"

    def place(self, node: cst.Subscript) -> int | None:
        """Distance from the position at which ``a[i - 1]`` reads."""
        match node.slice:
            case [cst.SubscriptElement(slice=cst.Index(value=cst.Name() as name))]:
                return 0 if self.index and self.fn.variable(name) == self.index else None
            case [
                cst.SubscriptElement(
                    slice=cst.Index(
                        value=cst.BinaryOperation(
                            left=cst.Name() as name,
                            operator=cst.Add() | cst.Subtract() as operator,
                            right=cst.Integer() as step,
                        )
                    )
                )
            ] if self.index and self.fn.variable(name) == self.index:
                return step.evaluated_value * (1 if isinstance(operator, cst.Add) else -1)
        return None

    def _call(self, node: cst.Call) -> Sort | None:
        if any(a.star or a.keyword for a in node.args):
            return None
        sorts = [self.sort(a.value) for a in node.args]
        name = dotted(self.fn, node.func)
        builtin = isinstance(node.func, cst.Name) and node.func.value == "abs" and self.fn.is_builtin("abs")
        if (name in _ONE or builtin) and sorts == ["elements"]:
            return "elements"
        two = name in _TWO and len(sorts) == 2 and None not in sorts and "elements" in sorts
        return "elements" if two and "positions" not in sorts else None

    def _choice(self, node: cst.IfExp) -> Sort | None:
        """Both sides are computed for all: they must be numbers that are there already."""
        match node.test:
            case cst.Comparison(
                left=left, comparisons=[cst.ComparisonTarget(operator=order, comparator=right)]
            ):
                tested = {self.sort(left), self.sort(right)}
                if not isinstance(order, ORDER) or not tested <= {"elements", "number"}:
                    return None
            case _:
                return None
        sides = (node.body, node.orelse)
        plain = all(isinstance(s, (cst.Name, cst.Subscript, cst.Float)) for s in sides)
        sorts = [self.sort(s) for s in sides]
        floats = all(s == "elements" or isinstance(n, cst.Float) for s, n in zip(sorts, sides, strict=True))
        if not plain or not floats or "elements" not in (*tested, *sorts):
            return None
        sure = {code(n) for n in walk(node.test) if isinstance(n, cst.Subscript)}
        self.reads_in_vain |= any(isinstance(s, cst.Subscript) and code(s) not in sure for s in sides)
        self.choices.append(node)
        return "elements"


def _only(sides: set[Sort | None]) -> Sort | None:
    return next(iter(sides)) if len(sides) == 1 else "positions"


def _is_divisor(node: Node) -> bool:
    return isinstance(node, (cst.Integer, cst.Float)) and node.evaluated_value != 0


def is_steady(fn: Function, inference: Inference, var: Var) -> bool:
    """A float64 array with one dimension, under one name for the whole function.

    It was passed in, or made here: two such names never stand for overlapping memory, unless both were
    passed in.
    """
    if not fn.is_plain_local(var) or not is_vector(inference.variable(var)):
        return False
    bound = [use for use in fn.uses(var) if fn.role(use) in BINDING]
    if var[1] in fn.params:
        return not bound
    return len(bound) == 1 and fn.role(bound[0]) == "store" and maker(fn, bound[0]) is not None


def maker(fn: Function, use: Node) -> cst.Call | None:
    """The call of numpy that made what ``use`` is bound to."""
    statement = fn.parent.get(fn.parent[use])
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1 and makes_new(fn, statement.value):
        return cst.ensure_type(statement.value, cst.Call)
    return None


def substituted(node: cst.BaseExpression, texts: Mapping[Node, str]) -> str:
    """Source of ``node`` with the parts named replaced."""

    class Replacer(cst.CSTTransformer):
        def on_leave(self, original_node: Node, updated_node: Node) -> Node:  # type: ignore[override]
            if original_node in texts:
                return cst.parse_expression(texts[original_node])
            return updated_node

    found = node.visit(Replacer())
    return code(found) if isinstance(found, cst.CSTNode) else ""
