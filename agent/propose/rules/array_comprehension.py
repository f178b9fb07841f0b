"""Arithmetic on every element of an array in a comprehension becomes arithmetic on the array.

What: ``[x * 2.0 + c for x in arr]`` becomes ``list(arr * 2.0 + c)``; inside ``np.array(...)`` or as what
``sum``, ``min``, ``max`` or ``sorted`` goes through, ``arr * 2.0 + c`` alone.

Why: numpy's loop makes no number object on the way. Measured with 1000 elements 51 times
faster for an array, 4 for a list, 2.7 for a sum; no gain for ten.

Precondition: the array has one dimension of float64 (observed, or made here); the arithmetic is of the kind
that rounds alike for one number and for many (``+ - * /``, ``abs``, ``sqrt``, ``floor``, ``ceil``,
``minimum``, ``maximum``), not powers; ``sum`` still adds one by one, in order. The list holds numpy's numbers
as before.

Facts::

    samples: ndarray[float64, 1d], length 1000

Before::

    import numpy as np


    def scaled(samples: np.ndarray, low: float, width: float) -> np.ndarray:
        return np.array([(x - low) / width for x in samples])

After::

    import numpy as np


    def scaled(samples: np.ndarray, low: float, width: float) -> np.ndarray:
        return (samples - low) / width

Tier: facts
Source: numpy.org/doc/stable/user/absolute_beginners.html#basic-array-operations (vectorization)
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.elementwise import Elementwise, is_steady, substituted
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.numeric import dotted
from hasten.agent.propose.analysis.tree import Node, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_CONSUMERS = frozenset(["sum", "min", "max", "sorted"])


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        match node:
            case (
                cst.ListComp(
                    elt=elt, for_in=cst.CompFor(target=cst.Name() as x, iter=cst.Name() as array, ifs=[])
                )
                | cst.GeneratorExp(
                    elt=elt, for_in=cst.CompFor(target=cst.Name() as x, iter=cst.Name() as array, ifs=[])
                )
            ) if node.for_in.inner_for_in is None and node.for_in.asynchronous is None:
                text = _whole(fn, inference, node, elt, x, array)
                if text and (change := _placed(fn, node, text)):
                    return change
    return None


def _whole(
    fn: Function,
    inference: Inference,
    comp: cst.ListComp | cst.GeneratorExp,
    elt: cst.BaseExpression,
    x: cst.Name,
    array: cst.Name,
) -> str:
    """The expression on the whole array; empty where it is not proven to be the same."""
    one, many = fn.variable(x), fn.variable(array)
    if (
        one is None
        or many is None
        or not is_steady(fn, inference, many)
        or isinstance(elt, (cst.Name, cst.IfExp))
    ):
        return ""
    reader = Elementwise(fn, inference, comp, elements={one: array})
    if reader.sort(elt) != "elements" or reader.choices or reader.reads:
        return ""
    return substituted(elt, {use: array.value for use in fn.uses(one) if use is not x})


def _placed(fn: Function, comp: cst.ListComp | cst.GeneratorExp, text: str) -> Change | None:
    arg = fn.parent.get(comp)
    call = fn.parent.get(arg) if isinstance(arg, cst.Arg) else None
    if (
        isinstance(call, cst.Call)
        and len(call.args) == 1
        and not call.args[0].star
        and not call.args[0].keyword
    ):
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        if dotted(fn, call.func) == "numpy.array" and isinstance(comp, cst.ListComp):
            return _change(fn, call, f"({text})" if _needs_parentheses(fn, call) else text)
        if name in _CONSUMERS and fn.is_builtin(name):
            return _change(fn, comp, text)
    if isinstance(comp, cst.ListComp) and fn.is_builtin("list"):
        return _change(fn, comp, f"list({text})")
    return None


def _needs_parentheses(fn: Function, call: cst.Call) -> bool:
    """The call stands where an operator or a subscript would take hold of part of the expression."""
    tight = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.Attribute, cst.Subscript, cst.Await)
    return isinstance(fn.parent.get(call), tight)


def _change(fn: Function, node: Node, text: str) -> Change:
    new = edited(fn.tree, {node: expression(text)})
    return Change(new, "Compute with the whole array instead of element by element")


RULE = Rule("array-comprehension", "facts", (" for ",), apply, __doc__ or "")
