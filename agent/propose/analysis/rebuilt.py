"""Containers that are replaced by a larger copy of themselves, where nobody could tell copy from original."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value
from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import is_eager
from hasten.agent.propose.analysis.tree import Node

_LAZY = frozenset(["iter()", "enumerate()", "zip()", "reversed()", "map()", "filter()", "id()"])
_VIEWS = frozenset([".items()", ".keys()", ".values()"])
_AT_ONCE = frozenset(
    words("list() tuple() set() frozenset() sorted() sum() min() max() any() all() len() dict() in")
)
DICT_USES = (READS - _LAZY) | frozenset(
    words(".get() setitem .update() .pop() .popitem() .setdefault() .clear() return")
)
SET_USES = frozenset(
    words("in len() truth bool() compare sorted() .add() .update() .discard() .remove() .clear()")
)
"""What may be done with a set that was grown in another way: its order is then another one too."""


_CHANGES = frozenset(
    words(".update() .pop() .popitem() .setdefault() .clear() .add() .discard() .remove() augstore")
)


def is_only_grown(
    fn: Function,
    var: Var,
    allowed: frozenset[str],
    is_start: Callable[[Node], bool],
    rebuilds: Mapping[Node, Node],
) -> bool:
    """The variable starts with objects of its own, and nothing keeps the object a rebuild replaces.

    ``rebuilds`` has the assignments that replace it, and the old object's place in each.
    """
    if not fn.is_plain_local(var) or var[1] in fn.params:
        return False
    return all(_is_fine(fn, var, use, allowed, is_start, rebuilds) for use in fn.uses(var))


def _is_fine(
    fn: Function,
    var: Var,
    use: Node,
    allowed: frozenset[str],
    is_start: Callable[[Node], bool],
    rebuilds: Mapping[Node, Node],
) -> bool:
    role = fn.role(use)
    within = next((a for a in fn.ancestors(use) if a in rebuilds), None)
    if within is not None and (role == "store" or use is rebuilds[within]):
        return True
    if within is not None and role in _CHANGES:
        return False  # the copy was made before, the change in place comes after
    if role == "store":
        value = assigned_value(fn, use)
        return value is not None and is_start(value)
    if role == "augstore":
        statement = cst.ensure_type(fn.parent[use], cst.AugAssign)
        return isinstance(statement.operator, cst.BitOrAssign)
    if role in _VIEWS and "setitem" in allowed:
        return _is_looked_through(fn, var, fn.parent[fn.parent[use]], rebuilds)
    if role == "iter" and role in allowed:
        return _is_looked_through(fn, var, use, rebuilds)
    return role in allowed or ("return" in allowed and fn.hands_over(var, use))


def _is_looked_through(fn: Function, var: Var, node: Node, rebuilds: Mapping[Node, Node]) -> bool:
    """A view or the container itself is gone through at once, or by a loop that does not change it."""
    match parent := fn.parent.get(node):
        case cst.For():
            return parent.iter is node and not any(fn.inside(r, parent) for r in rebuilds)
        case cst.CompFor():
            comp = next(a for a in fn.ancestors(parent) if isinstance(a, cst.BaseComp))
            return is_eager(fn, comp)
    return fn.role(node) in _AT_ONCE
