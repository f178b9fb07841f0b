"""A loop over positions that only fetches elements loops over the elements.

What: ``for i in range(len(xs))`` in which ``i`` is used for nothing but ``xs[i]`` becomes ``for x in xs``, in
comprehensions too. (``enumerate``, where ``i`` is needed as well, was measured and gains nothing.)

Why: no number is made and no position looked up; measured 1.2 to 1.3 times faster with one ``xs[i]`` in the
body, 1.9 times in a comprehension with two.

Precondition: ``xs`` is a list, tuple or text that the loop leaves unchanged, and every ``xs[i]`` is read;
``i`` is used nowhere else.

Before::

    def total(prices: list[int]) -> int:
        result = 0
        for i in range(len(prices)):
            result += prices[i]
        return result

After::

    def total(prices: list[int]) -> int:
        result = 0
        for price in prices:
            result += price
        return result

Tier: facts
Source: docs.python.org/3/tutorial/controlflow.html#for-statements; measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.arrays import builtins_intact
from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.naming import local_name, singular
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import is_eager
from hasten.agent.propose.analysis.still import is_still
from hasten.agent.propose.analysis.tree import Comprehension, Node, edited
from hasten.agent.propose.rules.base import Change, Rule

_SEQUENCES = frozenset(["list", "tuple", "tuple*", "str", "bytes"])


def apply(fn: Function) -> Change | None:
    if not builtins_intact(fn, "range", "len"):
        return None
    inference = Inference(fn)
    for node in fn.own:
        if isinstance(node, (cst.For, cst.CompFor)) and (change := _direct(fn, inference, node)):
            return change
    return None


def _direct(fn: Function, inference: Inference, loop: cst.For | cst.CompFor) -> Change | None:
    items = _measured(loop.iter)
    index, var = fn.variable(loop.target), fn.variable(items) if items else None
    area = _area(fn, loop)
    if items is None or index is None or var is None or area is None or loop.asynchronous is not None:
        return None
    reads = [_element(fn, use, var) for use in fn.uses(index) if use is not loop.target]
    if not reads or not all(read and fn.inside(read, area) for read in reads) or not _is_own(fn, index, loop):
        return None
    kind = inference.kind(items)
    if kind.name not in _SEQUENCES or not is_still(fn, inference, var, kind, area):
        return None
    name = cst.Name(local_name(fn, "char" if kind.name == "str" else singular(items.value)))
    replace: dict[Node, Node | None] = {read: name for read in reads if read}
    text = edited(fn.tree, replace | {loop.target: name, loop.iter: items})
    return Change(text, f"Loop over `{items.value}` instead of its positions")


def _measured(source: Node) -> cst.Name | None:
    """``xs`` of ``range(len(xs))``."""
    match source:
        case cst.Call(
            func=cst.Name(value="range"),
            args=[
                cst.Arg(
                    star="", value=cst.Call(func=cst.Name(value="len"), args=[cst.Arg(star="", value=items)])
                )
            ],
        ) if isinstance(items, cst.Name):
            return items
    return None


def _area(fn: Function, loop: cst.For | cst.CompFor) -> Node | None:
    """What runs while the loop does; ``None`` where that may be later."""
    if isinstance(loop, cst.For):
        return loop
    comp = next((a for a in fn.ancestors(loop) if isinstance(a, Comprehension)), None)
    return comp if comp is not None and is_eager(fn, comp) else None


def _is_own(fn: Function, index: Var, loop: cst.For | cst.CompFor) -> bool:
    """The loop's target is the only binding, and nothing else can see it."""
    if isinstance(loop, cst.CompFor):
        return index[1] not in fn.captured
    return fn.is_plain_local(index) and index[1] not in fn.params


def _element(fn: Function, use: Node, items: Var) -> cst.Subscript | None:
    """``xs[i]`` around a use of ``i``, read."""
    index = fn.parent.get(use)
    part = fn.parent.get(index) if isinstance(index, cst.Index) else None
    subscript = fn.parent.get(part) if isinstance(part, cst.SubscriptElement) else None
    if not isinstance(subscript, cst.Subscript) or len(subscript.slice) != 1:
        return None
    return subscript if fn.variable(subscript.value) == items and not binding_context(fn, subscript) else None


RULE = Rule("range-len", "facts", ("range(len(",), apply, __doc__ or "")
