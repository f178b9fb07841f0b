"""A lambda that only takes an item, or applies one operator, becomes the C function that does.

What: ``key=lambda row: row[1]`` becomes ``key=itemgetter(1)``; ``reduce(lambda a, b: a + b, xs)``
``reduce(add, xs)``.

Why: no Python frame per element. 1.65 times faster for sorting 1000 pairs.

Precondition: the lambda is the key of ``sorted``, ``min``, ``max`` or a list's ``sort``, or what ``map``,
``filter`` or ``reduce`` runs; what it takes is written as constants.

Before::

    def ranked(rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
        return sorted(rows, key=lambda row: row[1])

After::

    from operator import itemgetter


    def ranked(rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
        return sorted(rows, key=itemgetter(1))

Tier: safe
Source: ruff FURB118 (reimplemented-operator); docs.python.org/3/howto/sorting.html; measured
"""

from __future__ import annotations

import re

import libcst as cst

from hasten.agent.propose.analysis.callbacks import is_callback
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.reader import nested_parameters
from hasten.agent.propose.analysis.tree import walk
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites

_OPERATOR = re.compile(r"(?:operator\.)?(?P<name>\w+)(?P<arguments>\(.*\))?", re.DOTALL)


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("FURB118",)):
        if (change := _change(site)) is not None:
            return change
    return None


def _change(site: Site) -> Change | None:
    function = site.node
    if not isinstance(function, cst.Lambda) or not is_callback(site.fn, site.inference, function):
        return None
    own = nested_parameters(function)
    names = {n.value for n in walk(function.body) if isinstance(n, cst.Name)}
    written = _OPERATOR.fullmatch(site.new)
    if not names <= own | {"None"} or not _positional(function) or written is None:
        return None
    if "slice(" in site.new and not site.builtin("slice"):
        return None
    operator = reference(site.fn, "operator", written["name"])
    if operator is None:
        return None
    text = operator.text + (written["arguments"] or "")
    return site.change(f"Use `{text}` instead of a lambda", text, operator.imports)


def _positional(function: cst.Lambda) -> bool:
    plain = all(p.default is None and not p.star for p in function.params.params)
    return plain and not function.params.kwonly_params and not isinstance(function.params.star_arg, cst.Param)


RULE = Rule("getter-key", "safe", ("lambda ",), apply, __doc__ or "")
