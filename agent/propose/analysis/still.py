"""Lists, dicts and sets that nothing changes while a loop runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value, changes_unseen, is_harmless_call, is_private
from hasten.agent.propose.analysis.function import READS, Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.opened import FILE
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import (
    Region,
    anchor_of,
    binds_before,
    is_async,
    is_eager,
    loops_around,
)
from hasten.agent.propose.analysis.tree import Comprehension, Node, walk

SEQUENCES = frozenset(words("list tuple tuple*"))
TABLES = frozenset(words("dict set frozenset"))
TABLE_READS = READS | frozenset(
    words(
        """.get() .keys() .values() .items() .issubset() .issuperset() .isdisjoint() .union() .intersection()
        .difference() .symmetric_difference()"""
    )
)
"""Roles in which a dict or set is looked at only."""
_TABLE_CHANGES = frozenset(
    words(
        """.pop() .popitem() .clear() .update() .setdefault() .add() .remove() .discard() .subtract()
        .intersection_update() .difference_update() .symmetric_difference_update() .move_to_end()
        setitem augstore"""
    )
)
_LAZY_CALLS = frozenset(words("enumerate zip reversed range iter"))


def still_region(fn: Function, inference: Inference, site: Node, kinds: Mapping[Var, Kind]) -> Region | None:
    """The widest region around ``site`` in which every variable keeps its value, contents included.

    Unlike ``unchanged_region`` it knows dicts and sets.
    """
    best: Region | None = None
    for loop in loops_around(fn, site):
        anchor = anchor_of(fn, loop)
        if anchor is None or is_async(loop) or not is_eager(fn, loop):
            break
        if not all(is_still(fn, inference, var, kind, anchor) for var, kind in kinds.items()):
            break
        if all(binds_before(fn, var, anchor) for var in kinds):
            best = Region(loop, anchor)
    return best


def is_unchanged(fn: Function, inference: Inference, var: Var, kind: Kind, area: Node) -> bool:
    """Nothing in ``area`` rebinds ``var`` or changes the object it names."""
    immutable = kind.name in IMMUTABLE or kind.name in ("tuple", "tuple*", "frozenset", "union")
    for use in fn.uses_in(var, area):
        role = fn.role(use)
        if role in ("store", "augstore", "del") or (not immutable and role not in READS):
            return False
    if immutable:
        return fn.is_plain_local(var)
    if is_private(fn, inference, var) or _was_never_changed(fn, var, area):
        return True
    return not (changes_unseen(fn, inference, area) or driven_by_strangers(fn, inference, area))


def unchanged_region(fn: Function, inference: Inference, site: Node, var: Var, kind: Kind) -> Region | None:
    """The widest region around ``site`` before which a value derived from ``var`` can be computed."""
    if not fn.is_plain_local(var):
        return None
    best: Region | None = None
    for loop in loops_around(fn, site):
        anchor = anchor_of(fn, loop)
        if anchor is None or is_async(loop) or not is_eager(fn, loop):
            break
        if not is_unchanged(fn, inference, var, kind, anchor):
            break
        if binds_before(fn, var, anchor):
            best = Region(loop, anchor)
    return best


def is_still(fn: Function, inference: Inference, var: Var, kind: Kind, area: Node) -> bool:
    """Nothing in ``area`` rebinds ``var``, nor changes the builtin container it names."""
    if not fn.is_plain_local(var):
        return False
    roles = {_role(fn, inference, use) for use in fn.uses_in(var, area)}
    if roles & {"store", "augstore", "del"}:
        return False
    if kind.hashable:
        return True
    is_table = kind.name in TABLES
    if not (is_table or kind.name in SEQUENCES) or not roles <= (TABLE_READS if is_table else READS):
        return False
    ours = is_private_table(fn, inference, var) if is_table else is_private(fn, inference, var)
    if ours or _was_never_changed(fn, var, area):
        return True
    if changes_tables(fn, inference, area, var) if is_table else changes_unseen(fn, inference, area, var):
        return False
    return not driven_by_strangers(fn, inference, area)


def _was_never_changed(fn: Function, var: Var, area: Node) -> bool:
    """No call observed changed the argument, and nobody else gets to run in between."""
    if fn.facts is None or var[1] not in fn.params or fn.facts.changed.get(var[1]) != 0.0:
        return False
    pauses = (cst.Await, cst.Yield, cst.From, cst.Asynchronous)
    return not any(isinstance(node, pauses) for node in walk(area))


def _role(fn: Function, inference: Inference, use: Node) -> str:
    """The role of a use; what ``", ".join`` is given is only looped over."""
    arg = fn.parent.get(use)
    match fn.parent.get(arg) if isinstance(arg, cst.Arg) and arg.star == "" else None:
        case cst.Call(func=cst.Attribute(value=text, attr=cst.Name(value="join"))):
            return "iter" if inference.kind(text).name == "str" else "other"
    return fn.role(use)


def driven_by_strangers(fn: Function, inference: Inference, area: Node) -> bool:
    """A loop in ``area`` runs over what may be a generator of unknown code, or a context manager acts."""
    for node in walk(area):
        match node:
            case cst.With(items=items) if any(inference.kind(i.item).name != FILE for i in items):
                return True
            case cst.For(iter=source) | cst.CompFor(iter=source) if not is_at_rest(fn, inference, source):
                return True
    return False


def is_at_rest(fn: Function, inference: Inference, node: Node) -> bool:
    match node:
        case cst.Call(func=cst.Name(value=name)) if name in _LAZY_CALLS and fn.is_builtin(name):
            return all(is_at_rest(fn, inference, a.value) for a in node.args)
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value="items" | "keys" | "values"))):
            return inference.kind(receiver).name == "dict"
        case cst.Call(
            func=cst.Attribute(value=table, attr=cst.Name(value="get")), args=[_, cst.Arg(value=default)]
        ) if inference.kind(table).value.name in SEQUENCES | TABLES:
            return is_at_rest(fn, inference, default)
        case cst.GeneratorExp():
            return True  # its clauses are walked with the rest
    kind = inference.kind(node)
    return kind.name in SEQUENCES | TABLES | IMMUTABLE | {"deque", FILE}


def is_fresh_table(fn: Function, node: Node) -> bool:
    """``node`` makes a new dict or set that nothing else refers to."""
    match node:
        case cst.Dict() | cst.Set() | cst.DictComp() | cst.SetComp():
            return True
        case cst.Call(func=cst.Name(value=name)):
            made = ("collections.Counter", "collections.defaultdict", "collections.OrderedDict")
            return (name in ("dict", "set") and fn.is_builtin(name)) or fn.imported(name) in made
    return False


def is_private_table(fn: Function, inference: Inference, var: Var) -> bool:
    """A dict or set made here, bound to this name alone and not handed on until the end."""
    param = fn.params.get(var[1])
    if not fn.is_plain_local(var) or (param is not None and param.star != "**"):
        return False
    for use in fn.uses(var):
        role = fn.role(use)
        if role == "store":
            value = assigned_value(fn, use)
            if value is None or not is_fresh_table(fn, value):
                return False
        elif role == "augstore":
            if inference.variable(var).name not in TABLES:
                return False
        elif role not in TABLE_READS | _TABLE_CHANGES | {"return", "del"} and not fn.hands_over(var, use):
            return False
    return True


def changes_tables(fn: Function, inference: Inference, area: Node, var: Var | None = None) -> bool:
    """Something in ``area`` could change a dict or set that others may hold (uses of ``var`` aside)."""
    return any(_may_change_table(fn, inference, node, var) for node in walk(area))


def _may_change_table(fn: Function, inference: Inference, node: Node, var: Var | None) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))):
            if f".{method}()" in _TABLE_CHANGES and _may_be_shared_table(fn, inference, receiver, var):
                return True
            known = inference.kind(receiver).name in SEQUENCES | {"deque"}
            return not known and not is_harmless_call(fn, inference, node, var)
        case cst.Call():
            return not is_harmless_call(fn, inference, node, var)
        case cst.Await() | cst.Yield() | cst.From() | cst.Asynchronous() | cst.With():
            return True
        case cst.AugAssign(target=cst.Name() | cst.Attribute() as target, operator=operator):
            bitwise = (cst.BitOrAssign, cst.BitAndAssign, cst.BitXorAssign, cst.SubtractAssign)
            return isinstance(operator, bitwise) and _may_be_shared_table(fn, inference, target, var)
        case cst.Subscript(value=value) if binding_context(fn, node):
            return _may_be_shared_table(fn, inference, value, var)
    return False


def _may_be_shared_table(fn: Function, inference: Inference, node: Node, var: Var | None) -> bool:
    """``node`` may be a dict or set that has another name too."""
    own = fn.variable(node)
    if own is not None and own == var:
        return False
    kind = inference.kind(node)
    if kind.known and kind.name not in TABLES | {"mapping"}:
        return False
    return own is None or not is_private_table(fn, inference, own)


def free_variables(fn: Function, node: Node) -> Iterator[tuple[cst.Name, Var]]:
    """Names in ``node`` that mean variables bound outside it."""
    inside = {n for n in walk(node) if isinstance(n, Comprehension)}
    for name in walk(node):
        if isinstance(name, cst.Name):
            var = fn.variable(name)
            if var is not None and var[0] not in inside:
                yield name, var
