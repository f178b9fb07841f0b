"""The first element is taken without copying the rest.

What: ``list(xs)[0]`` and ``[x for x in xs][0]`` become ``xs[0]``; ``list(table)[0]`` and
``list(table.values())[0]`` become ``next(iter(table))`` and ``next(iter(table.values()))``.

Why: the copy takes as long as the container is. 11 times faster with a list of 1000, 1.15 times with three.

Precondition: a list, tuple or text; or a dict or set that a test just before has found not to be empty, so
that the ``StopIteration`` which an empty one would raise in place of ``IndexError`` cannot come up.

Before::

    def header(rows: list[str]) -> str:
        return list(rows)[0]

After::

    def header(rows: list[str]) -> str:
        return rows[0]

Tier: facts
Source: ruff RUF015 (unnecessary-iterable-allocation-for-first-element); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.nonempty import is_nonempty
from hasten.agent.propose.analysis.tree import Node, code
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites

_TITLE = "Take the first element without a copy"


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("RUF015",)):
        if (change := _change(site)) is not None:
            return change
    return None


def _change(site: Site) -> Change | None:
    subscript = site.up(cst.Subscript)
    if subscript is None or not isinstance(subscript.value, (cst.Call, cst.ListComp)):
        return None
    if binding_context(site.fn, subscript):
        return None
    source = _source(site, subscript.value)
    if source is None:
        return None
    if site.kind(source) in ("list", "tuple", "tuple*", "str"):
        return site.change(_TITLE, f"{code(source)}[0]", at=subscript)
    table = _table(source)
    if table is None or not is_nonempty(site.fn, site.inference, table):
        return None
    own = site.builtin("next", "iter") and site.kind(table) in ("dict", "set", "frozenset")
    return site.change(_TITLE, f"next(iter({code(source)}))", at=subscript) if own else None


def _source(site: Site, copy: Node) -> cst.BaseExpression | None:
    """What is copied; only names and attributes of names read the same without the copy."""
    match copy:
        case cst.Call(func=cst.Name(value="list" | "tuple" as name), args=[cst.Arg(star="", value=source)]):
            return source if site.builtin(name) and _is_simple(source) else None
        case cst.ListComp(
            elt=cst.Name(value=element),
            for_in=cst.CompFor(
                target=cst.Name(value=target), iter=source, ifs=[], inner_for_in=None, asynchronous=None
            ),
        ) if element == target:
            return source if _is_simple(source) else None
    return None


def _is_simple(source: Node) -> bool:
    return isinstance(source, cst.Name) or _table(source) is not None


def _table(source: Node) -> cst.Name | None:
    match source:
        case cst.Name():
            return source
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as table, attr=cst.Name(value="keys" | "values" | "items")),
            args=[],
        ):
            return table
    return None


RULE = Rule("first-element", "facts", ("[0]",), apply, __doc__ or "")
