"""The least of several numbers is found in one call.

What: ``min(a, min(b, c))`` becomes ``min(a, b, c)``, likewise ``max``.

Why: one call instead of two. 1.5 times faster.

Precondition: whole numbers, or texts: with a float that is not a number the order of comparisons shows;
``min`` or ``max`` is the builtin.

Before::

    def cheapest(insert: int, delete: int, replace: int) -> int:
        return min(insert, min(delete, replace))

After::

    def cheapest(insert: int, delete: int, replace: int) -> int:
        return min(insert, delete, replace)

Tier: facts
Source: ruff PLW3301 (nested-min-max); measured
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("PLW3301",), _proven, "Compare in one call")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.Call(func=cst.Name(value="min" | "max" as name)) if site.builtin(name):
            leaves = list(_leaves(site.node, name))
            kinds = {site.kind(leaf) if leaf is not None else "" for leaf in leaves}
            return kinds <= {"int", "bool"} or kinds == {"str"}
    return False


def _leaves(call: cst.Call, name: str) -> Iterator[cst.BaseExpression | None]:
    """What is compared; ``None`` for an argument that is more than one value."""
    for arg in call.args:
        if arg.star or arg.keyword or len(call.args) == 1:
            yield None
            continue
        match arg.value:
            case cst.Call(func=cst.Name(value=inner)) if inner == name:
                yield from _leaves(arg.value, name)
            case value:
                yield value


RULE = Rule("nested-min", "facts", ("min(", "max("), apply, __doc__ or "")
