"""A dict with the same value for every key is made in one call.

What: ``{key: 0 for key in keys}`` becomes ``dict.fromkeys(keys, 0)``.

Why: the loop runs in C. 1.1 times faster with 1000 keys.

Precondition: keys come from a builtin container, the value is a constant; keys that come from a set or dict
hash as they did; ``dict`` is the builtin.

Before::

    def zeros(names: list[str]) -> dict[str, int]:
        return {name: 0 for name in names}

After::

    def zeros(names: list[str]) -> dict[str, int]:
        return dict.fromkeys(names, 0)

Tier: facts
Source: ruff C420 (unnecessary-dict-comprehension-for-iterable); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import is_container, rehashes_alike
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_CONSTANTS = (cst.Integer, cst.Float, cst.SimpleString)


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("C420",), _proven, "Make the dict with `dict.fromkeys`")


def _proven(site: Site) -> bool:
    match site.node:
        case cst.DictComp(key=cst.Name(), value=value, for_in=cst.CompFor(target=cst.Name(), iter=keys)) if (
            site.builtin("dict")
        ):
            constant = isinstance(value, _CONSTANTS) or (
                isinstance(value, cst.Name) and value.value in ("None", "True", "False")
            )
            alike = rehashes_alike(site.inference, keys)
            return constant and alike and is_container(site.fn, site.inference, keys)
    return False


RULE = Rule("dict-fromkeys", "facts", (" for ",), apply, __doc__ or "")
