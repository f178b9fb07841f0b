"""A comprehension that only copies becomes a copy.

What: ``[x for x in xs]`` becomes ``list(xs)``, ``{x for x in xs}`` ``set(xs)``, ``{k: v for k, v in
table.items()}`` ``dict(table.items())``.

Why: the copy runs in C. 7.4 times faster for lists, 1.3 times for sets, 1.14 times for dicts of 1000.

Precondition: what is copied is a builtin container (whose length nobody minds being asked for), for dicts the
items of one, for sets of sets values that hash as they did; the builtin is not rebound.

Before::

    def snapshot(values: list[int]) -> list[int]:
        return [value for value in values]

After::

    def snapshot(values: list[int]) -> list[int]:
        return list(values)

Tier: facts
Source: ruff C416 (unnecessary-comprehension); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import is_container, rehashes_alike
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("C416",), _proven, "Copy without a comprehension")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.ListComp(for_in=clause) | cst.SetComp(for_in=clause):
            name = "list" if isinstance(site.node, cst.ListComp) else "set"
            plain = isinstance(clause.target, cst.Name)
            if name == "set" and not rehashes_alike(site.inference, clause.iter):
                return False
            return plain and site.builtin(name) and is_container(site.fn, site.inference, clause.iter)
        case cst.DictComp(
            for_in=cst.CompFor(
                iter=cst.Call(func=cst.Attribute(attr=cst.Name(value="items")))
                | cst.Call(func=cst.Name()) as source
            )
        ):
            return site.builtin("dict") and is_container(site.fn, site.inference, source)
    return False


RULE = Rule("copy-comprehension", "facts", (" for ",), apply, __doc__ or "")
