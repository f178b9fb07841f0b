"""Bits are counted, not written out and searched.

What: ``bin(number).count("1")`` becomes ``number.bit_count()``.

Why: no text is made. 2.6 times faster.

Precondition: the number is an ``int``; ``bin`` is the builtin.

Before::

    def distance(left: int, right: int) -> int:
        return bin(left ^ right).count("1")

After::

    def distance(left: int, right: int) -> int:
        return (left ^ right).bit_count()

Tier: facts
Source: ruff FURB161 (bit-count); docs.python.org/3/library/stdtypes.html#int.bit_count; measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import code
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("FURB161",)):
        if (text := _text(site)) is not None and (change := site.change("Count bits", text)) is not None:
            return change
    return None


def _text(site: Site) -> str | None:
    """Ruff's own text, without the parentheses it puts around every number."""
    match site.node:
        case cst.Call(
            func=cst.Attribute(
                value=cst.Call(func=cst.Name(value="bin"), args=[cst.Arg(star="", value=number)])
            )
        ) if site.builtin("bin") and (site.kind(number) in ("int", "bool") or _is_bitwise(site, number)):
            bare = isinstance(number, (cst.Name, cst.Call, cst.Subscript)) and not number.lpar
            return f"{code(number)}.bit_count()" if bare else site.new
    return None


def _is_bitwise(site: Site, number: cst.BaseExpression) -> bool:
    match number:
        case cst.BinaryOperation(left=left, operator=cst.BitAnd() | cst.BitOr() | cst.BitXor(), right=right):
            return all(site.kind(n) in ("int", "bool") or _is_bitwise(site, n) for n in (left, right))
    return False


RULE = Rule("bit-count", "facts", ("bin(",), apply, __doc__ or "")
