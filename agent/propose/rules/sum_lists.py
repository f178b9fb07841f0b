"""Lists are gathered into one, not summed.

What: ``sum(lists, [])`` becomes ``reduce(iadd, lists, [])``.

Why: the sum copies what it has for every list it adds, ``+=`` extends it. 120 times faster with 1000 lists of
five elements, 1.2 times with five lists of three; twice as fast as ``list(chain.from_iterable(lists))``.

Precondition: elements are lists; ``sum`` is the builtin.

Before::

    def flat(rows: list[list[int]]) -> list[int]:
        return sum(rows, [])

After::

    from functools import reduce
    from operator import iadd


    def flat(rows: list[list[int]]) -> list[int]:
        return reduce(iadd, rows, [])

Tier: facts
Source: ruff RUF017 (quadratic-list-summation); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.tree import code
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("RUF017",)):
        if (change := _change(site)) is not None:
            return change
    return None


def _change(site: Site) -> Change | None:
    match site.node:
        case cst.Call(
            func=cst.Name(value="sum"),
            args=[cst.Arg(keyword=None, star="", value=lists), cst.Arg(value=cst.List(elements=[]))],
        ) if site.builtin("sum") and site.inference.kind(lists).element.name == "list":
            reduce, iadd = reference(site.fn, "functools", "reduce"), reference(site.fn, "operator", "iadd")
            if reduce is None or iadd is None or isinstance(lists, cst.List):
                return None
            text = f"{reduce.text}({iadd.text}, {code(lists)}, [])"
            imports = (*reduce.imports, *iadd.imports)
            return site.change("Gather lists instead of summing them", text, imports)
    return None


RULE = Rule("sum-lists", "facts", ("sum(",), apply, __doc__ or "")
