"""A loop over keys and values, or positions and elements, uses the value it has at hand.

What: ``table[key]`` inside ``for key, value in table.items()`` becomes ``value``; ``xs[i]`` inside ``for i, x
in enumerate(xs)`` becomes ``x``.

Why: the lookup finds what the loop has just been given. 1.6 times faster for dicts, 1.08 for lists.

Precondition: a dict with keys that hash as they compare, or a list; nothing in the loop changes or rebinds it
or the loop's variables, nor calls code that could reach it.

Before::

    def total(prices: dict[str, int]) -> int:
        result = 0
        for name, price in prices.items():
            result += prices[name] + len(name) + price
        return result

After::

    def total(prices: dict[str, int]) -> int:
        result = 0
        for name, price in prices.items():
            result += price + len(name) + price
        return result

Tier: facts
Source: ruff PLR1733 and PLR1736 (unnecessary-dict-index-lookup, unnecessary-list-index-lookup); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.reader import comprehension_names
from hasten.agent.propose.analysis.still import is_still
from hasten.agent.propose.analysis.tree import Comprehension, Node
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("PLR1733", "PLR1736")):
        value = _value(site)
        if value is not None:
            change = site.change(f"Use `{value}` where it is at hand", value, at=site.up(cst.Subscript))
            if change is not None:
                return change
    return None


def _value(site: Site) -> str | None:
    """The name that holds what the subscript looks up."""
    subscript = site.up(cst.Subscript)
    match subscript:
        case cst.Subscript(
            value=cst.Name() as table, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Name() as key))]
        ) if site.fn.role(table) == "getitem":
            for area, clause in _loops(site.fn, subscript):
                value = _second_target(site, clause, table, key)
                if value is not None:
                    return value.value if _stays(site, area, table, key, value) else None
    return None


def _loops(fn: Function, node: Node) -> list[tuple[Node, cst.For | cst.CompFor]]:
    found: list[tuple[Node, cst.For | cst.CompFor]] = []
    for area in fn.ancestors(node):
        if isinstance(area, cst.For):
            found.append((area, area))
        elif isinstance(area, Comprehension) and area.for_in.inner_for_in is None:
            found.append((area, area.for_in))
    return found


def _second_target(
    site: Site, clause: cst.For | cst.CompFor, table: cst.Name, key: cst.Name
) -> cst.Name | None:
    fn = site.fn
    match clause.target:
        case cst.Tuple(
            elements=[cst.Element(value=cst.Name() as first), cst.Element(value=cst.Name() as second)]
        ):
            if fn.variable(first) != fn.variable(key) or clause.asynchronous is not None:
                return None
        case _:
            return None
    match clause.iter:
        case cst.Call(func=cst.Attribute(value=cst.Name() as source, attr=cst.Name(value="items")), args=[]):
            kind = site.inference.kind(source)
            fits = kind.name == "dict" and kind.element.hashable
        case cst.Call(func=cst.Name(value="enumerate"), args=[cst.Arg(value=cst.Name() as source, star="")]):
            fits = site.builtin("enumerate") and site.inference.kind(source).name in ("list", "tuple*")
        case _:
            return None
    same = fn.variable(source) is not None and fn.variable(source) == fn.variable(table)
    return second if fits and same and second.value != "_" else None


def _stays(site: Site, area: Node, table: cst.Name, key: cst.Name, value: cst.Name) -> bool:
    fn = site.fn
    table_var, key_var, value_var = fn.variable(table), fn.variable(key), fn.variable(value)
    if table_var is None or key_var is None or value_var is None:
        return False
    for var in (key_var, value_var):
        bound = [u for u in fn.uses_in(var, area) if fn.role(u) in ("store", "augstore", "del")]
        if len(bound) != 1 or var[1] in fn.captured:
            return False
    if isinstance(area, cst.GeneratorExp) or _is_shadowed(site, area, value.value):
        return False
    return is_still(fn, site.inference, table_var, site.inference.kind(table), area)


def _is_shadowed(site: Site, area: Node, name: str) -> bool:
    """A comprehension between the loop and the lookup gives the name another meaning."""
    between = (a for a in site.fn.ancestors(site.node) if a is not area and site.fn.inside(a, area))
    return any(name in comprehension_names(a) for a in between if isinstance(a, Comprehension))


RULE = Rule("value-at-hand", "facts", (".items()", "enumerate("), apply, __doc__ or "")
