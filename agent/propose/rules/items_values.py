"""A loop over a dict that looks every key up again takes the values along.

What: ``for k in d: ... d[k]`` becomes ``for k, value in d.items(): ... value``, in comprehensions too;
``d.values()`` where the key serves for nothing else. ``d.keys()`` is the same as ``d``.

Why: each lookup hashes the key and probes the table again for what the loop has just passed. 2.1 times
faster with int keys, 1.9 with text, 4.5 with keys whose hash is written in Python.

Precondition: ``d`` is a dict whose keys are builtin values (their hash agrees with ``==`` and is the same
as on the day they were stored), neither rebound nor changed in the loop, nor reached by calls of unknown
code; the key is not rebound in the loop; one lookup at least is made on every turn; no ``d[k]`` is a
target.

Before::

    def total_value(prices: dict[str, float], minimum: float) -> float:
        total = 0.0
        for name in prices:
            if prices[name] > minimum:
                total += prices[name] * len(name)
        return total

After::

    def total_value(prices: dict[str, float], minimum: float) -> float:
        total = 0.0
        for name, price in prices.items():
            if price > minimum:
                total += price * len(name)
        return total

Tier: facts
Source: docs.python.org/3/tutorial/datastructures.html#looping-techniques; gains measured
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.hoisting import plain_assignment
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import is_async, is_eager
from hasten.agent.propose.analysis.still import is_still
from hasten.agent.propose.analysis.tree import Comprehension, Node, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

Clause = cst.For | cst.CompFor


@dataclass(frozen=True)
class _Loop:
    """``clause`` runs over the dict ``table``; ``reads`` are the lookups ``table[key]`` inside ``area``."""

    clause: Clause
    area: Node
    table: Var
    key: Var
    reads: tuple[cst.Subscript, ...]


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        if isinstance(node, (cst.For, cst.CompFor)) and (loop := _loop(fn, inference, node)):
            return _with_values(fn, loop)
    return None


def _loop(fn: Function, inference: Inference, clause: Clause) -> _Loop | None:
    name = _table(clause)
    table = fn.variable(name) if name else None
    key = fn.variable(clause.target)
    if name is None or table is None or key is None or clause.asynchronous is not None:
        return None
    kind = inference.kind(name)
    area = clause if isinstance(clause, cst.For) else _comprehension(fn, clause)
    if kind.name != "dict" or not kind.element.hashable or not is_eager(fn, area) or is_async(area):
        return None
    if not is_still(fn, inference, table, kind, area) or not _stays(fn, key, clause, area):
        return None
    reads = _reads(fn, table, key, area)
    if not reads or not any(_every_turn(fn, read, clause) for read in reads):
        return None
    return _Loop(clause, area, table, key, reads)


def _table(clause: Clause) -> cst.Name | None:
    """``d`` of ``for k in d`` and ``for k in d.keys()``."""
    match clause.iter:
        case cst.Name() as name:
            return name
        case cst.Call(func=cst.Attribute(value=cst.Name() as name, attr=cst.Name(value="keys")), args=[]):
            return name
    return None


def _comprehension(fn: Function, clause: cst.CompFor) -> Node:
    return next(a for a in fn.ancestors(clause) if isinstance(a, Comprehension))


def _stays(fn: Function, key: Var, clause: Clause, area: Node) -> bool:
    """Only ``clause`` binds the key while it runs."""
    if key[1] in fn.captured or (key[0] is fn.node and not fn.is_plain_local(key)):
        return False
    bound = [use for use in fn.uses_in(key, area) if binding_context(fn, use)]
    return bound == [clause.target]


def _reads(fn: Function, table: Var, key: Var, area: Node) -> tuple[cst.Subscript, ...]:
    """Lookups of the key in the loop's body, each turn of which they belong to."""
    found = []
    for use in fn.uses_in(table, area):
        node = fn.parent[use]
        match node:
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index, star=None))]):
                if node.value is use and fn.variable(index) == key and not binding_context(fn, node):
                    found.append(node)
    body = area.body if isinstance(area, cst.For) else area
    return tuple(node for node in found if fn.inside(node, body))


def _every_turn(fn: Function, read: Node, clause: Clause) -> bool:
    """No branch stands between the loop and the lookup: it is made on every turn that comes so far."""
    below = read
    for node in fn.ancestors(read):
        if node is clause or isinstance(node, Comprehension):
            return True
        if isinstance(node, (cst.If, cst.IfExp, cst.While)) and below is not node.test:
            return False
        if isinstance(node, cst.BooleanOperation) and below is node.right:
            return False
        if isinstance(node, (cst.For, cst.ExceptHandler, cst.Else, cst.MatchCase)) and below is not getattr(
            node, "iter", None
        ):
            return False
        below = node
    return True


def _with_values(fn: Function, loop: _Loop) -> Change:
    table, key = loop.table[1], loop.key[1]
    own = next((found for read in loop.reads if (found := plain_assignment(fn, read))), None)
    value = own[1][1] if own else _value_name(fn, table)
    only_values = all(_serves_lookup(fn, loop, use) for use in fn.uses(loop.key))
    replace: dict[Node, Node | None] = {read: cst.Name(value) for read in loop.reads}
    if own:  # the variable that was given the value is the loop's from now on
        replace = {read: new for read, new in replace.items() if not fn.inside(read, own[0])}
        replace[own[0]] = None
    if only_values:
        replace[loop.clause.target] = cst.Name(value)
    else:
        replace[loop.clause.target] = expression(f"{key}, {value}")
    replace[loop.clause.iter] = expression(f"{table}.{'values' if only_values else 'items'}()")
    return Change(edited(fn.tree, replace), f"Loop over the values of `{table}` with its keys")


def _value_name(fn: Function, table: str) -> str:
    """``price`` for an entry of ``prices`` where that name is free, else ``value``."""
    for plural, singular in (("ies", "y"), ("ses", "s"), ("xes", "x"), ("hes", "h"), ("s", "")):
        if table.endswith(plural) and not table.endswith(("ss", "us", "is")) and len(table) > 4:
            name = table.removesuffix(plural) + singular
            if fn.fresh(name) == name and not keyword.iskeyword(name):
                return name
            break
    return fn.fresh("value")


def _serves_lookup(fn: Function, loop: _Loop, use: Node) -> bool:
    """The key is bound here by the loop, or used for one of the lookups that go."""
    return use is loop.clause.target or any(fn.inside(use, read) for read in loop.reads)


RULE = Rule("items-values", "facts", (" in ",), apply, __doc__ or "")
