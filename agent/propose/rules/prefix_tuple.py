"""Several prefixes, or suffixes, are tried in one call.

What: ``text.startswith("a") or text.startswith("b")`` becomes ``text.startswith(("a", "b"))``, likewise
``endswith``.

Why: one call instead of several. 1.5 times faster when the first does not fit, 1.04 when it does.

Precondition: ``text`` is a text, the prefixes are literals or texts bound before.

Before::

    def is_remote(path: str) -> bool:
        return path.startswith("http:") or path.startswith("https:")

After::

    def is_remote(path: str) -> bool:
        return path.startswith(("http:", "https:"))

Tier: facts
Source: ruff PIE810 (multiple-starts-ends-with); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.kinds import Kind
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Node
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_METHODS = ("startswith", "endswith")


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("PIE810",), _proven, "Try all prefixes in one call")


def _proven(site: Site) -> bool:
    tests = _alternatives(site.up(cst.BooleanOperation) or site.node)
    calls = [t for t in tests if isinstance(t, cst.Call) and _is_test_of_text(site, t)]
    return len(calls) == len(tests)


def _alternatives(node: Node) -> list[Node]:
    if isinstance(node, cst.BooleanOperation):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _is_test_of_text(site: Site, call: cst.Call) -> bool:
    match call:
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as text, attr=cst.Name(value=method)),
            args=[cst.Arg(star="", keyword=None, value=affix)],
        ) if method in _METHODS and site.kind(text) == "str":
            return _is_text(site.inference.kind(affix)) and cannot_raise(site.fn, site.inference, affix)
    return False


def _is_text(kind: Kind) -> bool:
    return kind.name == "str" or (kind.name == "tuple" and all(k.name == "str" for k in kind.args))


RULE = Rule("prefix-tuple", "facts", (".startswith(", ".endswith("), apply, __doc__ or "")
