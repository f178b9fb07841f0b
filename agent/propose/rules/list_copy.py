"""A list is copied by its method, not by a slice of everything.

What: ``xs[:]`` becomes ``xs.copy()``.

Why: no slice is made. 1.17 times faster with two elements, 1.03 with 1000.

Precondition: a list by annotation, literal, constructor or observation (a slice of an array is a view).

Before::

    def padded(row: list[int]) -> list[int]:
        copied = row[:]
        copied.append(0)
        return copied

After::

    def padded(row: list[int]) -> list[int]:
        copied = row.copy()
        copied.append(0)
        return copied

Tier: facts
Source: ruff FURB145 (slice-copy); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("FURB145",), _proven, "Copy the list with its method")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.Subscript(value=cst.Name() as copied):
            return site.fn.role(copied) == "getslice" and site.kind(copied) == "list"
    return False


RULE = Rule("list-copy", "facts", ("[:]",), apply, __doc__ or "")
