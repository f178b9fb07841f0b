"""numpy's functions on single numbers become Python's.

What: ``np.sqrt(x)`` of one float becomes ``math.sqrt(x)``, ``np.abs(x)`` ``abs(x)``, ``np.isnan(x)``,
``np.isinf(x)`` and ``np.isfinite(x)`` those of ``math``.

Why: a function of numpy makes an array of the number, looks up a loop for it and wraps the result. Measured
1.6 times faster for a test of ``sqrt``, 2.5 for ``abs`` and ``isnan``.

Precondition: the argument is a float (by annotation, arithmetic or observation), that of ``sqrt`` a sum of
squares or the like that cannot be negative, where ``math.sqrt`` would raise; nobody can tell that the result
is a Python number: it ends in sums, tests, conversions or cells of arrays, and does not come back (making it
numpy's again takes what was gained). Functions that round otherwise (``exp``, ``sin``, ``hypot``) stay.

Before::

    import numpy as np


    def close(xs: list[float], ys: list[float], radius: float) -> int:
        count = 0
        for x, y in zip(xs, ys):
            if np.sqrt(x * x + y * y) < radius:
                count += 1
        return count

After::

    import math

    import numpy as np


    def close(xs: list[float], ys: list[float], radius: float) -> int:
        count = 0
        for x, y in zip(xs, ys):
            if math.sqrt(x * x + y * y) < radius:
                count += 1
        return count

Tier: facts
Source: measured; IEEE 754 asks for a correctly rounded square root
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import Reference, reference
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import FLOAT
from hasten.agent.propose.analysis.numeric import dotted
from hasten.agent.propose.analysis.tree import Node, argument, code, edited, expression
from hasten.agent.propose.analysis.unboxed import Unboxed
from hasten.agent.propose.rules.base import Change, Rule

_TESTS = frozenset(["numpy.isnan", "numpy.isinf", "numpy.isfinite"])
_ABS = frozenset(["numpy.abs", "numpy.absolute", "numpy.fabs"])


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        match node:
            case cst.Call(func=func, args=[cst.Arg(keyword=None, star="", value=value)]):
                name = dotted(fn, func)
                if name.startswith("numpy.") and inference.kind(value) == FLOAT:
                    change = _replaced(fn, inference, node, name, value)
                    if change is not None:
                        return change
    return None


def _replaced(
    fn: Function, inference: Inference, call: cst.Call, name: str, value: cst.BaseExpression
) -> Change | None:
    short = name.removeprefix("numpy.")
    if name in _TESTS:
        if fn.role(call) != "truth":
            return None
        called = _math(fn, short)
        return (
            _change(fn, {call: f"{called.text}({argument(value)})"}, called, code(call)) if called else None
        )
    unboxed = Unboxed(fn, inference, {})
    if name in _ABS:
        called = Reference("abs") if fn.is_builtin("abs") else None
    else:
        called = _math(fn, "sqrt") if name == "numpy.sqrt" and _is_never_negative(fn, value) else None
    if called is None or not unboxed.holds({call: "float64"}) or unboxed.returns:
        return None
    return _change(fn, {call: f"{called.text}({argument(value)})"}, called, code(call))


def _math(fn: Function, name: str) -> Reference | None:
    """``math.sqrt``: by its module, as most code has it."""
    if fn.imported("math") == "math":
        return Reference(f"math.{name}")
    free = "math" not in fn.module.identifiers and "math" not in fn.enclosing
    return Reference(f"math.{name}", ("import math",)) if free else reference(fn, "math", name)


def _change(fn: Function, texts: dict[Node, str], called: Reference, old: str) -> Change:
    replace: dict[Node, Node | None] = {node: expression(text) for node, text in texts.items()}
    return Change(edited(fn.tree, replace), f"Compute `{old}` without an array", called.imports)


def _is_never_negative(fn: Function, node: Node) -> bool:
    """A square, a size, a literal, or a sum or product of such; NaN is fine."""
    match node:
        case cst.Integer() | cst.Float():
            return True
        case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
            same = isinstance(left, cst.Name) and isinstance(right, cst.Name) and left.value == right.value
            return same or (_is_never_negative(fn, left) and _is_never_negative(fn, right))
        case cst.BinaryOperation(operator=cst.Add() | cst.Divide(), left=left, right=right):
            return _is_never_negative(fn, left) and _is_never_negative(fn, right)
        case cst.Call(func=cst.Name(value="abs" | "len" as name)):
            return fn.is_builtin(name)
        case cst.Call(func=func):
            return dotted(fn, func) in ("math.fabs", "math.sqrt", "math.hypot", "math.exp")
    return False


RULE = Rule("math-on-scalars", "facts", ("sqrt(", "abs(", "absolute(", "fabs(", "is"), apply, __doc__ or "")
