"""The smallest or largest elements are found without sorting all.

What: ``sorted(xs)[0]`` becomes ``min(xs)``, ``sorted(xs)[-1]`` ``max(xs)``, ``sorted(xs)[:3]``
``nsmallest(3, xs)``; with ``key`` and ``reverse=True`` alike. Where ``xs`` could be empty, ``nsmallest(1,
xs)[0]`` keeps the IndexError; of equal elements ``max(reversed(xs))`` finds the last as ``sorted`` has it.

Why: sorting orders everything for the sake of a few; with 100,000 random numbers measured 10 times faster
for one, 13 times for three; with 1000, 1.5 to 2.8 and 1.9 times. Below some 100 elements there is nothing
to gain.

Precondition: elements, or what ``key`` reads from them, are whole numbers, text, bytes or tuples of those:
they have a total order (floats do not, with NaN among them); the iterable runs no code of the user's;
``[:k]`` with a constant ``k`` up to 16.

Before::

    def cheapest(prices: list[int]) -> int | None:
        if not prices:
            return None
        return sorted(prices)[0]

After::

    def cheapest(prices: list[int]) -> int | None:
        if not prices:
            return None
        return min(prices)

Tier: facts
Source: docs.python.org/3/library/heapq.html#heapq.nsmallest; ruff FURB192 (sorted-min-max)
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lines import has_comment
from hasten.agent.propose.analysis.nonempty import is_nonempty
from hasten.agent.propose.analysis.order import equals_are_alike, is_ordered, key_kind
from hasten.agent.propose.analysis.totality import is_container
from hasten.agent.propose.analysis.tree import Node, argument, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_MOST = 16
"""Elements to take up to which a heap of them was measured to beat sorting 1000."""
_SEQUENCES = frozenset(["list", "tuple", "tuple*"])
_UNIQUE = frozenset(["set", "frozenset", "dict"])


@dataclass(frozen=True)
class _Sorted:
    """``sorted(items, key=key, reverse=descending)``."""

    items: cst.BaseExpression
    key: cst.BaseExpression | None
    descending: bool


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        if not isinstance(node, cst.Subscript) or not isinstance(node.value, cst.Call):
            continue
        if binding_context(fn, node) or has_comment(node):
            continue
        call = _sorted(fn, node.value)
        if call is None or not _is_orderly(fn, inference, call):
            continue
        if change := _one(fn, inference, node, call) or _several(fn, node, call):
            return change
    return None


def _sorted(fn: Function, call: cst.Call) -> _Sorted | None:
    match call:
        case cst.Call(
            func=cst.Name(value="sorted"), args=[cst.Arg(keyword=None, star="", value=items), *rest]
        ):
            options = {a.keyword.value: a.value for a in rest if a.keyword}
            if (
                not fn.is_builtin("sorted")
                or len(options) != len(rest)
                or options.keys() - {"key", "reverse"}
            ):
                return None
            reverse = options.get("reverse")
            if reverse is not None and code(reverse) not in ("True", "False"):
                return None
            key = options.get("key")
            key = None if key is not None and code(key) == "None" else key
            return _Sorted(items, key, reverse is not None and code(reverse) == "True")
    return None


def _is_orderly(fn: Function, inference: Inference, call: _Sorted) -> bool:
    """No comparison raises or runs code of the user's, nor does going through the elements."""
    plain = isinstance(call.items, cst.GeneratorExp) or is_container(fn, inference, call.items)
    element = inference.kind(call.items).element
    return plain and is_ordered(key_kind(fn, inference, call.key, element))


def _one(fn: Function, inference: Inference, node: cst.Subscript, call: _Sorted) -> Change | None:
    match node.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=index))] if code(index) in ("0", "-1"):
            last = code(index) == "-1"
        case _:
            return None
    items = _last_first(fn, inference, call) if last else argument(call.items)
    if items is None:
        return None
    name = "max" if last != call.descending else "min"
    if is_nonempty(fn, inference, call.items):
        if not fn.is_builtin(name):
            return None
        text = edited(fn.tree, {node: _call(name, [items], call)})
        return Change(text, f"Find the `{name}` without sorting")
    return _heap(fn, node, call, items, "1", name)


def _last_first(fn: Function, inference: Inference, call: _Sorted) -> str | None:
    """The elements in an order in which the last of several equal ones comes first."""
    kind = inference.kind(call.items)
    if call.key is None and (equals_are_alike(kind.element) or kind.name in _UNIQUE):
        return argument(call.items)
    reversible = kind.name in _SEQUENCES and fn.is_builtin("reversed")
    return f"reversed({argument(call.items)})" if reversible else None


def _several(fn: Function, node: cst.Subscript, call: _Sorted) -> Change | None:
    match node.slice:
        case [
            cst.SubscriptElement(slice=cst.Slice(lower=None, upper=cst.Integer() as count, step=None)),
        ] if 1 <= count.evaluated_value <= _MOST:
            name = "max" if call.descending else "min"
            return _heap(fn, node, call, argument(call.items), count.value, name)
    return None


def _heap(fn: Function, node: Node, call: _Sorted, items: str, count: str, end: str) -> Change | None:
    function = reference(fn, "heapq", "nlargest" if end == "max" else "nsmallest")
    if function is None:
        return None
    if isinstance(call.items, cst.GeneratorExp) and not items.startswith("("):
        items = f"({items})"
    new = _call(function.text, [count, items], call)
    if not isinstance(cst.ensure_type(node, cst.Subscript).slice[0].slice, cst.Slice):
        new = expression(f"{code(new)}[0]")
    return Change(edited(fn.tree, {node: new}), "Find the ends without sorting", function.imports)


def _call(name: str, arguments: list[str], call: _Sorted) -> cst.BaseExpression:
    key = [f"key={code(call.key)}"] if call.key is not None else []
    return expression(f"{name}({', '.join([*arguments, *key])})")


RULE = Rule("first-of-sorted", "facts", ("sorted(",), apply, __doc__ or "")
