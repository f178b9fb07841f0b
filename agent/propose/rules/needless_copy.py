"""What is about to be sorted, or put into a container, is not copied first.

What: ``sorted(list(xs))``, ``list(sorted(xs))``, ``set(list(xs))``, ``list(tuple(xs))`` lose the copy in
between.

Why: the copy is made and thrown away. 1.3 times faster for ``sorted(list(xs))`` and ``list(sorted(xs))``, 1.1
for ``set(list(xs))``, 1.95 for ``list(tuple(xs))`` with 1000 elements.

Precondition: the builtins are not rebound; only copies are left out, not an order (``sorted``, ``reversed``)
that ties would show; for sets, what is copied is a builtin container, whose iteration has no effect that an
unhashable element would cut short.

Before::

    def ranked(scores: set[int]) -> list[int]:
        return sorted(list(scores))

After::

    def ranked(scores: set[int]) -> list[int]:
        return sorted(scores)

Tier: facts
Source: ruff C413 and C414 (flake8-comprehensions); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import cannot_raise, is_container, rehashes_alike
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_COPIES = ("list", "tuple")


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("C413", "C414"), _proven, "Leave out a copy")


def _proven(site: Site) -> bool:
    match site.up(cst.Call):
        case cst.Call(
            func=cst.Name(value=outer),
            args=[
                cst.Arg(star="", keyword=None, value=cst.Call(func=cst.Name(value=inner), args=inner_args)),
                *options,
            ],
        ) if site.builtin(outer, inner) and inner_args and not any(a.star for a in inner_args):
            if outer == "list" and inner == "sorted":
                return not options
            if inner not in _COPIES or len(inner_args) != 1:
                return False
            if outer in _COPIES:
                return not options
            if outer == "sorted":
                return all(_is_quiet(site, option) for option in options)
            source = inner_args[0].value
            alike = rehashes_alike(site.inference, source)
            return outer == "set" and alike and is_container(site.fn, site.inference, source)
    return False


def _is_quiet(site: Site, option: cst.Arg) -> bool:
    """Evaluated before the copy was made or after, it makes no difference."""
    named = option.keyword is not None and not option.star
    quiet = isinstance(option.value, cst.Lambda) or cannot_raise(site.fn, site.inference, option.value)
    return named and quiet


RULE = Rule("needless-copy", "facts", ("sorted(", "set(", "list(", "tuple("), apply, __doc__ or "")
