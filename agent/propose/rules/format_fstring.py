"""Text is put together by an f-string.

What: ``"{}: {}".format(name, value)`` becomes ``f"{name}: {value}"``; ``", ".join([a, b])`` with a fixed
number of texts becomes ``f"{a}, {b}"``.

Why: no template is parsed and no method called, for ``join`` no list is made. 1.4 and 1.3 times faster.

Precondition: an f-string formats each value before it evaluates the next: there is one value only, or
evaluating them does and raises nothing; ``join`` takes texts only, so all are known to be texts.

Before::

    def label(name: str, value: float) -> str:
        return "{}: {:.2f}".format(name, value)

After::

    def label(name: str, value: float) -> str:
        return f"{name}: {value:.2f}"

Tier: facts
Source: ruff UP032 (f-string) and FLY002 (static-join-to-f-string); measured
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import walk
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_NOT_IN_FSTRINGS = (
    *(cst.Lambda, cst.NamedExpr, cst.Yield, cst.Await, cst.FormattedString),
    *(cst.Dict, cst.Set, cst.DictComp, cst.SetComp),
)
"""Ruff 0.17 writes ``f"{lambda: x}"``, where the colon starts a format; the rest would be hard to read."""


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("UP032", "FLY002"), _proven, "Put text together in an f-string")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.Call(
            func=cst.Attribute(value=cst.SimpleString() as text, attr=cst.Name(value=method)), args=args
        ):
            if "\n" in site.new or '"""' in site.new or site.up(cst.FormattedString) is not None:
                return False
            return _join_is_same(site, args) if method == "join" else _format_is_same(site, text, args)
    return False


def _format_is_same(site: Site, template: cst.SimpleString, args: Sequence[cst.Arg]) -> bool:
    if any(a.star for a in args) or site.new[:1].lower() != "f":
        return False
    if any(isinstance(n, _NOT_IN_FSTRINGS) for a in args for n in walk(a.value)):
        return False
    once = len(args) == 1 and template.value.replace("{{", "").count("{") == 1
    return once or all(cannot_raise(site.fn, site.inference, a.value) for a in args)


def _join_is_same(site: Site, args: Sequence[cst.Arg]) -> bool:
    match args:
        case [cst.Arg(value=cst.List(elements=parts) | cst.Tuple(elements=parts))]:
            return all(isinstance(p, cst.Element) and site.kind(p.value) == "str" for p in parts)
    return False


RULE = Rule("format-fstring", "facts", (".format(", ".join("), apply, __doc__ or "")
