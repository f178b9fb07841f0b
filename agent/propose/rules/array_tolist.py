"""A loop over an array's elements runs over the list of them.

What: ``for x in arr``, also inside ``enumerate`` and ``zip``, becomes ``for x in arr.tolist()``, and
``arr[i]`` in a loop reads a list made before it, where what is done with the elements cannot tell a Python
number from numpy's.

Why: every element of an array is wrapped as an object of numpy's, whose arithmetic and comparisons are slow.
Measured 2.3 times faster for arithmetic and for positions, 1.4 to 2 times for one comparison.

Precondition: the array has one dimension of float64, int64 or bool (observed, or made here), and nothing in
the loop changes it or calls code that could. The elements end in tests, as positions in lists, in cells of
arrays or in conversions; on the way only sums, products and divisions by literals (of int64 only remainders
and the like, which cannot overflow). Where ``np.float64`` would print a warning (an overflow, ``inf - inf``)
a ``float`` is silent. A result that is returned is made numpy's again.

Facts::

    samples: ndarray[float64, 1d], length 1000

Before::

    import numpy as np


    def crossings(samples: np.ndarray, level: float) -> int:
        count = 0
        last = 0.0
        for sample in samples:
            if (sample - level) * (last - level) < 0.0:
                count += 1
            last = sample
        return count

After::

    import numpy as np


    def crossings(samples: np.ndarray, level: float) -> int:
        count = 0
        last = 0.0
        for sample in samples.tolist():
            if (sample - level) * (last - level) < 0.0:
                count += 1
            last = sample
        return count

Tier: facts
Source: numpy.org/doc/stable/reference/generated/numpy.ndarray.tolist.html; measured
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from hasten.agent.propose.analysis.elementwise import substituted
from hasten.agent.propose.analysis.frames import is_left_alone
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import INT
from hasten.agent.propose.analysis.numeric import BOOL_, FLOAT64, INT64, is_vector, module_alias
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import (
    Region,
    anchor_of,
    binds_before,
    is_async,
    is_eager,
    loops_around,
)
from hasten.agent.propose.analysis.tree import Comprehension, Node, edited, expression
from hasten.agent.propose.analysis.unboxed import Unboxed
from hasten.agent.propose.rules.base import Change, Rule


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    return _iterated(fn, inference) or _indexed(fn, inference)


def _iterated(fn: Function, inference: Inference) -> Change | None:
    for clause, array, target in _elements(fn):
        dtype = _dtype(inference, array)
        var, number = fn.variable(array), fn.variable(target)
        area = _area(fn, clause)
        if not dtype or var is None or number is None or not is_eager(fn, area):
            continue
        if number[1] in fn.captured or number[1] in fn.params or not is_left_alone(fn, inference, var, area):
            continue
        if number[0] is fn.node and not fn.is_plain_local(number):
            continue
        unboxed = Unboxed(fn, inference, {number: dtype})
        if unboxed.holds({}):
            values: dict[Node, str] = {array: f"{array.value}.tolist()"}
            if (change := _change(fn, inference, array.value, unboxed, values)) is not None:
                return change
    return None


def _indexed(fn: Function, inference: Inference) -> Change | None:
    """``a[i]`` in a loop: the list is made before it."""
    for node in fn.own:
        array = node.value if isinstance(node, cst.Subscript) else None
        if not isinstance(array, cst.Name) or fn.role(array) != "getitem" or not _dtype(inference, array):
            continue
        var, dtype = fn.variable(array), _dtype(inference, array)
        region = _region(fn, inference, node, var) if var else None
        if var is None or region is None:
            continue
        reads = {use: fn.parent[use] for use in fn.uses_in(var, region.loop) if fn.role(use) == "getitem"}
        if not all(_at_integer(inference, r) for r in reads.values()):
            continue
        if any(fn.role(u) not in ("getitem", "len()") for u in fn.uses_in(var, region.loop)):
            continue
        unboxed = Unboxed(fn, inference, {})
        if unboxed.holds(dict.fromkeys(reads.values(), dtype)):
            items = fn.fresh(f"{array.value}_items")
            before = {region.anchor: [f"{items} = {array.value}.tolist()"]}
            values: dict[Node, str] = dict.fromkeys(reads, items)
            if (change := _change(fn, inference, array.value, unboxed, values, before)) is not None:
                return change
    return None


def _region(fn: Function, inference: Inference, site: Node, var: Var) -> Region | None:
    best: Region | None = None
    for loop in loops_around(fn, site):
        anchor = anchor_of(fn, loop)
        if anchor is None or is_async(loop) or not is_eager(fn, loop):
            break
        if not is_left_alone(fn, inference, var, anchor):
            break
        if binds_before(fn, var, anchor):
            best = Region(loop, anchor)
    return best


def _at_integer(inference: Inference, subscript: Node) -> bool:
    match subscript:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return inference.kind(index) == INT
    return False


def _elements(fn: Function) -> Iterator[tuple[cst.For | cst.CompFor, cst.Name, cst.Name]]:
    """(loop, array, variable that stands for its element)."""
    for node in fn.own:
        if not isinstance(node, (cst.For, cst.CompFor)) or node.asynchronous is not None:
            continue
        match node.target, node.iter:
            case cst.Name() as target, cst.Name() as array:
                yield node, array, target
            case cst.Tuple(elements=[_, cst.Element(value=cst.Name() as target)]), cst.Call(
                func=cst.Name(value="enumerate"),
                args=[cst.Arg(value=cst.Name() as array, star="", keyword=None), *_],
            ) if fn.is_builtin("enumerate"):
                yield node, array, target
            case cst.Tuple(elements=targets), cst.Call(func=cst.Name(value="zip"), args=args) if (
                fn.is_builtin("zip") and len(targets) == len(args)
            ):
                for element, arg in zip(targets, args, strict=True):
                    if (
                        isinstance(element.value, cst.Name)
                        and isinstance(arg.value, cst.Name)
                        and not arg.star
                    ):
                        yield node, arg.value, element.value


def _dtype(inference: Inference, array: cst.Name) -> str:
    kind = inference.kind(array)
    names = {"float64": FLOAT64, "int64": INT64, "bool": BOOL_}
    return next((name for name, element in names.items() if is_vector(kind, element)), "")


def _area(fn: Function, clause: Node) -> Node:
    if isinstance(clause, cst.CompFor):
        return next(a for a in fn.ancestors(clause) if isinstance(a, Comprehension))
    return clause


def _change(
    fn: Function,
    inference: Inference,
    array: str,
    unboxed: Unboxed,
    values: Mapping[Node, str],
    before: Mapping[Node, Sequence[str]] | None = None,
) -> Change | None:
    numpy = module_alias(fn, "numpy")
    if unboxed.returns and numpy is None:
        return None
    replace: dict[Node, Node | None] = {node: expression(text) for node, text in values.items()}
    for value in unboxed.returns:
        new = substituted(value, values)
        replace[value] = expression(f"{numpy}.{inference.kind(value).name}({new})")
    return Change(edited(fn.tree, replace, before), f"Loop over the list of the elements of `{array}`")


RULE = Rule("array-tolist", "facts", ("for ", "while "), apply, __doc__ or "")
