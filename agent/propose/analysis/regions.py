"""Where a value may be computed once: the widest loop in which a variable stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.tree import Comprehension, Node

_EAGER = frozenset(["sum", "any", "all", "sorted", "list", "set", "tuple", "dict", "max", "min", "frozenset"])


@dataclass(frozen=True)
class Region:
    """A loop, and the statement before which a line may be inserted so that it runs just before the loop."""

    loop: Node
    anchor: Node


def loops_around(fn: Function, site: Node) -> Iterator[Node]:
    """Loops and comprehensions that evaluate ``site`` again and again, innermost first."""
    below = site
    for node in fn.ancestors(site):
        if isinstance(node, cst.For):
            if below is node.body:
                yield node
        elif isinstance(node, cst.While):
            if below is not node.orelse:
                yield node
        elif isinstance(node, Comprehension) and not _in_first_iterable(fn, node, site):
            yield node
        below = node


def _in_first_iterable(fn: Function, comp: Node, site: Node) -> bool:
    clause = getattr(comp, "for_in", None)
    return isinstance(clause, cst.CompFor) and fn.inside(site, clause.iter)


def anchor_of(fn: Function, node: Node) -> Node | None:
    """The statement ``node`` belongs to, if a line can go right before it; ``None`` in one-line suites."""
    child = node
    for up in (node, *fn.ancestors(node)):
        if isinstance(up, cst.SimpleStatementLine) and len(up.body) != 1:
            return None
        if isinstance(up, cst.IndentedBlock):
            return child if isinstance(child, cst.BaseStatement) or child in up.body else None
        if isinstance(
            up, (cst.SimpleStatementSuite, cst.Else, cst.Finally, cst.ExceptHandler, cst.MatchCase)
        ):
            return None
        if isinstance(up, cst.If) and isinstance(fn.parent.get(up), cst.If):
            return None  # an elif: nothing can go between it and the if
        child = up
    return None


def is_eager(fn: Function, loop: Node) -> bool:
    """The loop runs where it stands: generators only when something consumes them at once."""
    if not isinstance(loop, cst.GeneratorExp):
        return True
    arg = fn.parent.get(loop)
    call = fn.parent.get(arg) if isinstance(arg, cst.Arg) else None
    match call:
        case cst.Call(func=cst.Name(value=name)):
            known = fn.is_builtin(name) or fn.imported(name) in ("collections.Counter", "collections.deque")
            return known and (name in _EAGER or not fn.is_builtin(name))
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="join"))):
            return isinstance(value, (cst.SimpleString, cst.ConcatenatedString))
    return isinstance(arg, cst.For)


def is_async(loop: Node) -> bool:
    clause = getattr(loop, "for_in", loop)
    while clause is not None:
        if getattr(clause, "asynchronous", None) is not None:
            return True
        clause = getattr(clause, "inner_for_in", None)
    return False


def binds_before(fn: Function, var: Var, anchor: Node) -> bool:
    """``var`` has a value whenever ``anchor`` is reached."""
    if var[1] in fn.params and var[0] is fn.node:
        return not any(fn.role(use) == "del" for use in fn.uses(var))
    if any(fn.role(use) == "del" for use in fn.uses(var)):
        return False
    around = {anchor, *fn.ancestors(anchor)}
    return any(fn.role(use) == "store" and _dominates(fn, use, around) for use in fn.uses(var))


def _dominates(fn: Function, store: Node, around: set[Node]) -> bool:
    """The statement that binds ``store`` comes before, in a block that holds the anchor."""
    for node in fn.ancestors(store):
        if isinstance(node, cst.With) or (isinstance(node, cst.For) and fn.inside(store, node.target)):
            return node.body in around
        if isinstance(node, (cst.Assign, cst.AnnAssign)):
            if isinstance(node, cst.AnnAssign) and node.value is None:
                return False
            line = fn.parent[node]
            block = fn.parent.get(line)
            if not isinstance(block, cst.IndentedBlock) or block not in around:
                return False
            return any(s in around and fn.order[s] > fn.order[line] for s in block.body)
        if isinstance(node, (cst.BaseStatement, Comprehension)):
            return False
    return False


def first_value(fn: Function, var: Var, anchor: Node) -> Node | None:
    """What ``var`` is when ``anchor`` is reached, if a plain assignment in the same block says so and nothing
    looks at the variable in between."""
    block = fn.parent.get(anchor)
    start = min((fn.order[use] for use in fn.uses_in(var, anchor)), default=0)
    earlier = [use for use in fn.uses(var) if fn.order[use] < start]
    if len(earlier) != 1 or fn.role(earlier[0]) != "store":
        return None
    line = next((a for a in fn.ancestors(earlier[0]) if isinstance(a, cst.SimpleStatementLine)), None)
    return assigned_value(fn, earlier[0]) if line is not None and fn.parent.get(line) is block else None
