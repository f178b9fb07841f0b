"""An element is taken out of a set without asking first whether it is there.

What: ``if x in seen: seen.remove(x)`` becomes ``seen.discard(x)``.

Why: the element is hashed and looked up once. 1.14 times faster.

Precondition: ``seen`` is a set, ``x`` a name or a constant.

Before::

    def without(seen: set[str], word: str) -> set[str]:
        if word in seen:
            seen.remove(word)
        return seen

After::

    def without(seen: set[str], word: str) -> set[str]:
        seen.discard(word)
        return seen

Tier: facts
Source: ruff FURB132 (check-and-remove-from-set); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("FURB132",), _proven, "Discard without asking first")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.If(
            test=cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(comparator=cst.Name() as seen)])
        ):
            simple = isinstance(left, (cst.Name, cst.Integer, cst.SimpleString))
            return simple and site.kind(seen) == "set"
    return False


RULE = Rule("set-discard", "facts", (".remove(",), apply, __doc__ or "")
