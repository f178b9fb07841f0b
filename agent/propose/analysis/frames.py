"""Data frames and arrays that a loop leaves alone, and the columns a frame was seen with."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value, is_harmless_call
from hasten.agent.propose.analysis.function import READS, Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.numeric import columns, dotted, makes_new
from hasten.agent.propose.analysis.observed import local_kind
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.still import is_at_rest
from hasten.agent.propose.analysis.tree import Node, walk

_BUILTIN = IMMUTABLE | frozenset(words("list tuple tuple* dict set frozenset deque"))
_FRAME_READS = READS | frozenset(
    words(
        """.iterrows() .itertuples() .copy() .head() .tail() .describe() .groupby() .to_numpy() .to_dict()
        .to_csv() .sum() .mean() .tolist() .apply() return"""
    )
)
_PURE_NUMPY = frozenset(
    words(
        """abs absolute add arange arctan arctan2 argmax argmin array ceil clip cos cross cumsum deg2rad diff
        dot empty empty_like exp expm1 eye fabs float64 floor full full_like hypot inner int64 isfinite isinf
        isnan linspace log log10 log1p log2 max maximum mean median min minimum mod multiply ones ones_like
        outer power rad2deg round sign sin sqrt square std subtract sum tan tanh var where zeros zeros_like"""
    )
)


def observed_columns(fn: Function, inference: Inference, node: Node) -> dict[str, str]:
    """Column -> dtype of the frame a name stands for, in order; empty where it is not known.

    They were seen when the call began or returned: nothing here may add one or change its dtype.
    """
    var = fn.variable(node)
    if var is None or not fn.is_plain_local(var):
        return {}
    uses = fn.uses(var)
    if var[1] not in fn.params and uses and fn.role(uses[0]) == "store":
        uses = uses[1:]
    if not all(only_looks(fn, u) for u in uses):
        return {}
    return columns(inference.kind(node)) or columns(local_kind(fn, var))


def only_looks(fn: Function, use: Node) -> bool:
    """The use of a frame or array neither changes it nor hands out a view of it that can."""
    if fn.role(use) != "attribute":
        return fn.role(use) in _FRAME_READS
    attribute = cst.ensure_type(fn.parent[use], cst.Attribute)
    known = attribute.attr.value in ("empty", "shape", "size", "columns", "index", "dtypes", "ndim", "dtype")
    return known and not binding_context(fn, attribute)


def is_own(fn: Function, var: Var) -> bool:
    """A new array or frame that no other code gets to see while this function runs."""
    if not fn.is_plain_local(var) or var[1] in fn.params:
        return False
    for use in fn.uses(var):
        role = fn.role(use)
        if role == "store":
            value = assigned_value(fn, use)
            if value is None or not makes_new(fn, value):
                return False
        elif not only_looks(fn, use) and role != "setitem" and not fn.hands_over(var, use):
            return False
    return True


def is_left_alone(fn: Function, inference: Inference, var: Var, area: Node) -> bool:
    """Nothing in ``area`` rebinds ``var`` or changes the array or frame it names, under any name."""
    if not fn.is_plain_local(var):
        return False
    if not all(only_looks(fn, use) for use in fn.uses_in(var, area)):
        return False
    own = is_own(fn, var)
    return not any(_may_change(fn, inference, node, own) for node in walk(area))


def _may_change(fn: Function, inference: Inference, node: Node, own: bool) -> bool:
    match node:
        case cst.Call():
            return not own and not _is_harmless(fn, inference, node)
        case cst.Await() | cst.Yield() | cst.From() | cst.Asynchronous() | cst.With():
            return not own
        case cst.For() | cst.CompFor():
            return not own and not _is_at_rest(fn, inference, node.iter)
        case cst.AugAssign(target=cst.Name() as target):
            return not _is_builtin(fn, inference, target)
        case cst.Subscript(value=value) if binding_context(fn, node):
            var = fn.variable(value)
            return not (inference.kind(value).name in _BUILTIN or (var is not None and is_own(fn, var)))
        case cst.Attribute(value=value) if binding_context(fn, node):
            return not _is_instance(fn, inference, value)
    return False


def _is_harmless(fn: Function, inference: Inference, call: cst.Call) -> bool:
    package, _, name = dotted(fn, call.func).partition(".")
    if package == "numpy":
        return name in _PURE_NUMPY and not any(a.keyword and a.keyword.value == "out" for a in call.args)
    match call.func:
        case cst.Attribute(value=receiver, attr=cst.Name(value=method)):
            kind = inference.kind(receiver).name
            if kind in _BUILTIN:
                return not any(isinstance(n, cst.Lambda) for n in walk(call))
            if kind in ("DataFrame", "Series", "ndarray"):
                return f".{method}()" in _FRAME_READS - {".apply()"}
    return is_harmless_call(fn, inference, call)


def _is_at_rest(fn: Function, inference: Inference, node: Node) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(value=receiver)):
            return inference.kind(receiver).name == "DataFrame" or is_at_rest(fn, inference, node)
        case cst.Call(func=cst.Name(value="zip" | "enumerate" as name)) if fn.is_builtin(name):
            return all(_is_at_rest(fn, inference, a.value) for a in node.args)
    return inference.kind(node).name in ("ndarray", "Series") or is_at_rest(fn, inference, node)


def _is_builtin(fn: Function, inference: Inference, name: cst.Name) -> bool:
    """``+=`` on it changes no array: a builtin value, or a sum that starts as a number."""
    if inference.kind(name).name in _BUILTIN | {"float64", "int64"}:
        return True
    var = fn.variable(name)
    if var is None or not fn.is_plain_local(var) or var[1] in fn.params:
        return False
    values = [assigned_value(fn, use) for use in fn.uses(var) if fn.role(use) == "store"]
    return bool(values) and all(v is not None and inference.kind(v).name in IMMUTABLE for v in values)


def _is_instance(fn: Function, inference: Inference, node: Node) -> bool:
    """``self``, or an object of a class of this file: no frame whose column would be set."""
    first = next(iter(fn.params), "")
    own = isinstance(node, cst.Name) and "." in fn.qualname and node.value == first and first == "self"
    return own or fn.module.class_(inference.kind(node).name) is not None


def column_of(node: Node, name: str) -> str | None:
    """``"a"`` for ``name["a"]``."""
    match node:
        case cst.Subscript(
            value=cst.Name(value=base),
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as label))],
        ) if base == name and isinstance(label.evaluated_value, str):
            return label.evaluated_value
    return None


def elements(dtypes: frozenset[str]) -> Kind | None:
    """What a row of ``iterrows`` holds, given the dtypes of all columns: numpy's scalars, or Python's.

    ``None`` where that depends on the values: rows of texts and missing values are converted once more.
    """
    if len(dtypes) == 1 and dtypes <= {"float64", "int64", "bool"}:
        return Kind(next(iter(dtypes)))
    if dtypes == {"float64", "int64"}:
        return Kind("float64")
    plain = {d for d in dtypes if d in ("float64", "int64", "bool", "str", "object")}
    dates = {d for d in dtypes if d.startswith("datetime64[") and "," not in d}
    if plain | dates != dtypes:
        return None
    settled = bool(plain & {"int64", "bool"}) or plain <= {"float64", "str"}
    return Kind("object") if settled and not (dates and not plain & {"int64", "bool"}) else None
