"""A value compared with one constant after the other is looked up among them.

What: ``x == "a" or x == "b" or x == "c"`` becomes ``x in {"a", "b", "c"}``; ``!=`` with ``and`` likewise.

Why: the compiler makes a frozen set of the constants, and one lookup answers. 1.2 times faster with three of
them, more with more; two gain nothing when the first fits, and are left alone.

Precondition: ``x`` is a name bound to a builtin value that hashes as it compares; three constants or more.

Before::

    def is_open(mark: str) -> bool:
        return mark == "(" or mark == "[" or mark == "{"

After::

    def is_open(mark: str) -> bool:
        return mark in {"(", "[", "{"}

Tier: facts
Source: ruff PLR1714 (repeated-equality-comparison); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_WORTH_IT = 3
_CONSTANTS = (cst.Integer, cst.SimpleString)


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("PLR1714",), _proven, "Look the value up among the constants")


def _proven(site: Site) -> bool:
    tests = _alternatives(site.up(cst.BooleanOperation) or site.node)
    if len(tests) < _WORTH_IT or "{" not in site.new:
        return False
    names: set[str] = set()
    for test in tests:
        match test:
            case cst.Comparison(
                left=cst.Name() as left, comparisons=[cst.ComparisonTarget(comparator=constant)]
            ) if isinstance(constant, _CONSTANTS) and site.inference.kind(left).hashable:
                names.add(left.value)
            case _:
                return False
    return len(names) == 1


def _alternatives(node: Node) -> list[Node]:
    if isinstance(node, cst.BooleanOperation):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


RULE = Rule("equal-chain", "facts", (" == ", " != "), apply, __doc__ or "")
