"""A loop that only adds to a set updates it in one call.

What: ``for x in xs: seen.add(x)`` becomes ``seen.update(xs)``; with ``discard`` ``difference_update``.

Why: the loop runs in C. 2 times faster with 1000 elements. (Ruff's generators for ``seen.add(f(x))`` are left
aside: they gain nothing.)

Precondition: ``seen`` is a set, ``xs`` a builtin container, for ``discard`` not a set (which might be the
same); elements that come from a set or dict hash as they did; the loop's variable is not used elsewhere.

Before::

    def vocabulary(lines: list[list[str]]) -> set[str]:
        seen: set[str] = set()
        for line in lines:
            for word in line:
                seen.add(word)
        return seen

After::

    def vocabulary(lines: list[list[str]]) -> set[str]:
        seen: set[str] = set()
        for line in lines:
            seen.update(line)
        return seen

Tier: facts
Source: ruff FURB142 (for-loop-set-mutations); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import is_container, rehashes_alike
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("FURB142",), _proven, "Update the set in one call")


def _proven(site: Site) -> bool:
    fn, loop = site.fn, site.up(cst.For)
    match loop:
        case cst.For(
            target=cst.Name() as target,
            orelse=None,
            asynchronous=None,
            body=cst.IndentedBlock(
                body=[
                    cst.SimpleStatementLine(
                        body=[
                            cst.Expr(
                                value=cst.Call(
                                    func=cst.Attribute(
                                        value=cst.Name() as collected, attr=cst.Name(value=method)
                                    ),
                                    args=[cst.Arg(value=cst.Name() as element, star="")],
                                )
                            )
                        ]
                    )
                ]
            ),
        ):
            var = fn.variable(target)
            if (
                var is None
                or var != fn.variable(element)
                or not fn.is_plain_local(var)
                or var[1] in fn.params
            ):
                return False
            if site.kind(collected) != "set" or not is_container(fn, site.inference, loop.iter):
                return False
            if not rehashes_alike(site.inference, loop.iter):
                return False
            same = method == "discard" and site.kind(loop.iter) not in ("list", "tuple", "tuple*", "str")
            return not same and all(fn.inside(use, loop) for use in fn.uses(var))
    return False


RULE = Rule("set-update", "facts", (".add(", ".discard("), apply, __doc__ or "")
