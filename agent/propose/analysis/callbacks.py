"""Functions handed to builtins that call them with positional arguments and then forget them."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.tree import Node

_KEYED = ("sorted", "min", "max")
_FIRST = ("map", "filter")


def is_callback(fn: Function, inference: Inference, node: Node) -> bool:
    """``key=`` of ``sorted``, ``min``, ``max`` and of a list's ``sort``, and what ``map`` and ``filter``
    run at once or ``reduce`` folds with."""
    arg = fn.parent.get(node)
    call = fn.parent.get(arg) if isinstance(arg, cst.Arg) else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call) or arg.star:
        return False
    keyword = arg.keyword.value if arg.keyword else None
    match call.func:
        case cst.Name(value=name) if name in _KEYED:
            return keyword == "key" and fn.is_builtin(name)
        case cst.Name(value=name) if name in _FIRST:
            return keyword is None and call.args[0] is arg and fn.is_builtin(name) and _runs_at_once(fn, call)
        case cst.Name(value=name):
            return fn.imported(name) == "functools.reduce" and call.args[0] is arg
        case cst.Attribute(value=cst.Name(value="functools"), attr=cst.Name(value="reduce")):
            return fn.imported("functools") == "functools" and call.args[0] is arg
        case cst.Attribute(value=receiver, attr=cst.Name(value="sort")):
            return keyword == "key" and inference.kind(receiver).name == "list"
    return False


def _runs_at_once(fn: Function, call: cst.Call) -> bool:
    arg = fn.parent.get(call)
    outer = fn.parent.get(arg) if isinstance(arg, cst.Arg) else None
    match outer:
        case cst.Call(func=cst.Name(value=name)):
            return name in ("list", "tuple", "set", "sum", "any", "all", "sorted", "dict") and fn.is_builtin(
                name
            )
    return isinstance(arg, cst.For)
