"""A whole number is not converted to one.

What: ``int(len(xs))`` becomes ``len(xs)``, ``int(round(x))`` ``round(x)``.

Why: one call less. 1.5 times faster.

Precondition: what is converted is a call of ``len``, ``ord`` or ``id``, or of ``round`` with one number; none
of the builtins is rebound.

Before::

    def middle(values: list[int]) -> int:
        return int(len(values)) // 2

After::

    def middle(values: list[int]) -> int:
        return len(values) // 2

Tier: facts
Source: ruff RUF046 (unnecessary-cast-to-int); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("RUF046",), _proven, "Leave out a conversion to `int`")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.Call(
            func=cst.Name(value="int"),
            args=[
                cst.Arg(
                    star="", keyword=None, value=cst.Call(func=cst.Name(value=inner), args=[cst.Arg() as arg])
                )
            ],
        ) if site.builtin("int", inner):
            number = site.kind(arg.value) in ("int", "bool", "float")
            return inner in ("len", "ord", "id") or (inner == "round" and number)
    return False


RULE = Rule("needless-int", "facts", ("int(",), apply, __doc__ or "")
