"""Numbers of moderate size: what numpy and Python agree on."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import FLOAT
from hasten.agent.propose.analysis.numeric import FLOAT64
from hasten.agent.propose.analysis.tree import Node

_LARGEST = 2**53
"""Up to here every integer is a float, and comparing the two is exact whoever does it."""


def is_moderate(fn: Function, inference: Inference, node: Node) -> bool:
    """A float, or an integer that a float can stand for: a literal, a length, a position."""
    return inference.kind(node) in (FLOAT, FLOAT64) or is_small_int(fn, node)


def is_small_int(fn: Function, node: Node) -> bool:
    """An integer no larger than what can be counted: a literal, ``len``, an index, a sum of such."""
    match node:
        case cst.Integer():
            return node.evaluated_value < _LARGEST
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return is_small_int(fn, inner)
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract(), left=left, right=right):
            return is_small_int(fn, left) and is_small_int(fn, right)
        case cst.Call(func=cst.Name(value="len")):
            return fn.is_builtin("len")
        case cst.Name():
            var = fn.variable(node)
            uses = fn.uses(var) if var else []
            bound = [u for u in uses if fn.role(u) in ("store", "augstore", "del")]
            own = var is not None and (var[0] is not fn.node or var[1] not in fn.params)
            return own and bool(bound) and all(_counts(fn, u) for u in bound)
    return False


def _counts(fn: Function, target: Node) -> bool:
    """``for i in range(...)``, ``for i, x in enumerate(...)``."""
    parent = fn.parent[target]
    position = isinstance(parent, cst.Element)
    if position:
        display = fn.parent[parent]
        if not isinstance(display, cst.Tuple) or display.elements[0] is not parent:
            return False
        parent = fn.parent[display]
    match parent:
        case (
            cst.For(iter=cst.Call(func=cst.Name(value=name)))
            | cst.CompFor(iter=cst.Call(func=cst.Name(value=name)))
        ):
            return name == ("enumerate" if position else "range") and fn.is_builtin(name)
    return False
