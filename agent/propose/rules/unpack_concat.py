"""A list with elements before or after others is displayed, not concatenated.

What: ``[first] + rest`` becomes ``[first, *rest]``, ``[a] + xs + [b]`` ``[a, *xs, b]``; tuples likewise.

Why: one container is made, not one per operand. 1.17 times faster for two operands, 1.67 for three, while
the parts are short.

Precondition: operands are displays or names of lists (or all of tuples), so that the sum raises nothing and
has no meaning of its own; elements written after a named operand are names, constants or operations on
builtin values, which cannot change it.

Before::

    def framed(body: list[str], frame: str) -> list[str]:
        return [frame] + body + [frame]

After::

    def framed(body: list[str], frame: str) -> list[str]:
        return [frame, *body, frame]

Tier: facts
Source: ruff RUF005 (collection-literal-concatenation); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Node
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("RUF005",), _proven, "Display the list instead of adding lists")


def _proven(site: Site) -> bool:
    operands = _operands(site.node)
    if len(operands) < 2 or not all(isinstance(o, (cst.Name, cst.List, cst.Tuple)) for o in operands):
        return False
    named = next((i for i, o in enumerate(operands) if isinstance(o, cst.Name)), len(operands))
    if not all(_is_quiet(site, o) for o in operands[named + 1 :]):
        return False  # ``xs + [xs.pop()]`` adds what is left
    kinds = {_container(site, o) for o in operands}
    return kinds in ({"list"}, {"tuple"})


def _is_quiet(site: Site, operand: Node) -> bool:
    if isinstance(operand, (cst.List, cst.Tuple)):
        return all(_is_quiet(site, e.value) for e in operand.elements)
    return isinstance(operand, cst.Name) or cannot_raise(site.fn, site.inference, operand)


def _operands(node: Node) -> list[Node]:
    if isinstance(node, cst.BinaryOperation):
        plus = isinstance(node.operator, cst.Add)
        return [*_operands(node.left), *_operands(node.right)] if plus else []
    return [node]


def _container(site: Site, node: Node) -> str:
    if isinstance(node, (cst.List, cst.Tuple)):
        plain = all(isinstance(e, cst.Element) for e in node.elements)
        return type(node).__name__.lower() if plain else ""
    return site.kind(node).rstrip("*")


RULE = Rule("unpack-concat", "facts", ("] +", "+ [", ") +", "+ ("), apply, __doc__ or "")
