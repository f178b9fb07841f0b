"""Arithmetic on a frame's columns, row by row, becomes arithmetic on the columns.

What: ``df.apply(lambda row: row["a"] * row["b"], axis=1)`` becomes ``df["a"] * df["b"]``.

Why: ``apply`` makes a Series of every row and calls the function on it. Measured 11 times faster for
100 rows, 430 times for 5000.

Precondition: names and dtypes of all columns were observed; those the lambda reads are float64, there are two
of them at least (the result of one would bear its name) or the result becomes a column at once; the lambda
adds, subtracts, multiplies, divides, takes ``abs``, ``sqrt``, ``floor``, ``ceil``. Where other columns make
the rows hold Python's numbers it divides by literals only. Where numpy warns of an overflow, the warning says
"multiply" for "scalar multiply".

Facts::

    df: DataFrame['price': float64, 'rate': float64, 'count': int64], length 1000

Before::

    import pandas as pd


    def add_total(df: pd.DataFrame, factor: float) -> pd.DataFrame:
        df["total"] = df.apply(lambda row: row["price"] * (1.0 + row["rate"]) * factor, axis=1)
        return df

After::

    import pandas as pd


    def add_total(df: pd.DataFrame, factor: float) -> pd.DataFrame:
        df["total"] = df["price"] * (1.0 + df["rate"]) * factor
        return df

Tier: facts
Source: pandas.pydata.org/docs/user_guide/enhancingperf.html; measured
"""

from __future__ import annotations

import re

import libcst as cst

from hasten.agent.propose.analysis.elementwise import substituted
from hasten.agent.propose.analysis.frames import column_of, elements, only_looks
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lambdas import on_arrays, plain_parameters
from hasten.agent.propose.analysis.numeric import columns
from hasten.agent.propose.analysis.tree import Node, code, edited, expression, walk
from hasten.agent.propose.rules.base import Change, Rule

_TIGHT = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.Attribute, cst.Subscript)


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        match node:
            case cst.Call(
                func=cst.Attribute(value=cst.Name() as frame, attr=cst.Name(value="apply")),
                args=[
                    cst.Arg(keyword=None, star="", value=cst.Lambda() as function),
                    cst.Arg(keyword=cst.Name(value="axis"), value=axis),
                ],
            ) if code(axis) in ("1", '"columns"', "'columns'"):
                text = _on_columns(fn, inference, node, frame, function)
                if text is not None:
                    around = isinstance(fn.parent.get(node), _TIGHT)
                    new = edited(fn.tree, {node: expression(f"({text})" if around else text)})
                    return Change(new, f"Compute with the columns of `{frame.value}`")
    return None


def _on_columns(
    fn: Function, inference: Inference, call: cst.Call, frame: cst.Name, function: cst.Lambda
) -> str | None:
    names, dtypes = plain_parameters(function), _columns(fn, inference, frame, call)
    held = elements(frozenset(dtypes.values())) if dtypes else None
    if names is None or len(names) != 1 or held is None:
        return None
    reads = {n: c for n in walk(function.body) if (c := column_of(n, names[0])) is not None}
    others = [n for n in walk(function.body) if isinstance(n, cst.Name) and n.value == names[0]]
    if len(others) != len(reads) or any(dtypes.get(c) != "float64" for c in reads.values()):
        return None
    wanted = list(dict.fromkeys(reads.values()))
    if len(wanted) < (1 if _becomes_column(fn, call) else 2):
        return None
    labels = {c: f"_{re.sub(r'[^a-zA-Z0-9]', '_', c)}_{i}" for i, c in enumerate(wanted)}
    body = cst.parse_expression(substituted(function.body, {n: labels[c] for n, c in reads.items()}))
    table = {labels[c]: f"{frame.value}[{code(_label(reads, c))}]" for c in wanted}
    return on_arrays(fn, inference, body, table, plain=held.name == "object")


def _label(reads: dict[Node, str], column: str) -> Node:
    """The column as the lambda writes it."""
    subscript = next(n for n, c in reads.items() if c == column)
    index = cst.ensure_type(cst.ensure_type(subscript, cst.Subscript).slice[0].slice, cst.Index)
    return index.value


def _becomes_column(fn: Function, call: cst.Call) -> bool:
    """``df["new"] = df.apply(...)``: the name of the Series does not matter."""
    match fn.parent.get(call):
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Name(), slice=[_]) as target)]
        ):
            index = target.slice[0].slice
            return isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString)
    return False


def _columns(fn: Function, inference: Inference, frame: cst.Name, call: cst.Call) -> dict[str, str]:
    """Columns observed, when nothing before the call can have changed them."""
    var = fn.variable(frame)
    if var is None or not fn.is_plain_local(var):
        return {}
    statement = next((a for a in fn.ancestors(call) if isinstance(a, cst.Assign)), None)
    before = [u for u in fn.uses(var) if fn.order[u] < fn.order[call]]
    if statement is not None:
        before = [u for u in before if not any(fn.inside(u, t) for t in statement.targets)]
    if var[1] not in fn.params and before and fn.role(before[0]) == "store":
        before = before[1:]
    looped = any(isinstance(a, (cst.For, cst.While)) for a in fn.ancestors(call))
    if looped or not all(only_looks(fn, use) for use in before if use is not frame):
        return {}
    return columns(inference.kind(frame))


RULE = Rule("frame-apply", "facts", (".apply(",), apply, __doc__ or "")
