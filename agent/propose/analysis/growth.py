"""Containers that a loop only adds to: where they start, and where they are whole again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import LIST_CHANGES, is_fresh_list
from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import is_eager, loops_around
from hasten.agent.propose.analysis.tree import Node, walk

_LAZY = frozenset(["iter()", "enumerate()", "zip()", "reversed()", "map()", "filter()", "id()"])
ASKS_NO_ORDER = frozenset(["len()", "truth", "bool()"])

Test = Callable[[Node], bool]


@dataclass(frozen=True)
class Growth:
    """``loop`` adds to a container that ``start`` bound to a new object, which no one else holds by then.

    An exception in the loop leaves nobody who could look at the container half-way.
    """

    loop: cst.For | cst.While
    start: Node
    value: Node
    """What ``start`` is bound to."""
    between: tuple[Node, ...]
    """Uses from the start to the loop, in order."""


def growth_around(
    fn: Function, site: Node, var: Var, grows: Test, is_fresh: Test, changes: frozenset[str] = LIST_CHANGES
) -> Growth | None:
    """The widest loop around ``site`` in which every use ``grows`` the container or asks for its length."""
    if not fn.is_plain_local(var):
        return None
    best: Growth | None = None
    for loop in loops_around(fn, site):
        if not isinstance(loop, (cst.For, cst.While)) or _leaves_by_else(loop):
            break
        if not all(grows(use) or fn.role(use) in ASKS_NO_ORDER for use in fn.uses_in(var, loop)):
            break
        best = _started(fn, loop, var, is_fresh, changes) or best
    return best


def may_catch(fn: Function, node: Node) -> bool:
    """An exception inside may end here: ``try``, and ``with`` unless it opens a file."""
    if not isinstance(node, cst.With):
        return isinstance(node, (cst.Try, cst.TryStar))
    opens = [
        isinstance(i.item, cst.Call) and isinstance(f := i.item.func, cst.Name) and f.value
        for i in node.items
    ]
    return set(opens) != {"open"} or not fn.is_builtin("open")


def _leaves_by_else(loop: cst.For | cst.While) -> bool:
    """The ``else`` of the loop jumps in the loop around it, past what follows."""
    return loop.orelse is not None and any(
        isinstance(n, (cst.Break, cst.Continue)) for n in walk(loop.orelse)
    )


def _started(
    fn: Function, loop: cst.For | cst.While, var: Var, is_fresh: Test, changes: frozenset[str]
) -> Growth | None:
    start, block = _start(fn, loop, var)
    value = stored_value(fn, start) if start else None
    if start is None or value is None or not is_fresh(value) or not _crosses_nothing(fn, loop, block):
        return None
    between = tuple(u for u in fn.uses(var) if fn.order[start] < fn.order[u] < fn.order[loop])
    if not all(_keeps_to_itself(fn, use, is_fresh, changes) for use in between):
        return None
    block = cst.ensure_type(block, cst.IndentedBlock)
    guarded = any(may_catch(fn, a) for a in fn.ancestors(block))
    if guarded and not all(fn.inside(u, block) and fn.order[u] >= fn.order[start] for u in fn.uses(var)):
        return None
    return Growth(loop, start, value, between)


def _start(fn: Function, loop: Node, var: Var) -> tuple[Node, Node] | tuple[None, None]:
    """The last binding that happens whenever the loop is reached, with its block."""
    around = set(fn.ancestors(loop))
    stores = [u for u in fn.uses(var) if fn.role(u) == "store" and fn.order[u] < fn.order[loop]]
    for store in reversed(stores):
        statement = next(a for a in fn.ancestors(store) if isinstance(a, cst.BaseStatement))
        block = fn.parent.get(statement)
        simple = isinstance(statement, cst.SimpleStatementLine) and isinstance(block, cst.IndentedBlock)
        if simple and block is not None and block in around:
            return store, block
    return None, None


def _crosses_nothing(fn: Function, loop: Node, block: Node | None) -> bool:
    """Between ``block`` and the loop no other loop turns and nothing catches exceptions."""
    for node in fn.ancestors(loop):
        if node is block:
            return True
        if isinstance(node, (cst.For, cst.While)) or may_catch(fn, node):
            return False
    return False


def _keeps_to_itself(fn: Function, use: Node, is_fresh: Test, changes: frozenset[str]) -> bool:
    """Before the loop, the object gets no second name and no reader that lives on."""
    role = fn.role(use)
    if role == "store":
        value = stored_value(fn, use)
        return value is not None and is_fresh(value)
    if role == "iter" and isinstance(fn.parent[use], cst.CompFor):
        return all(is_eager(fn, a) for a in fn.ancestors(use) if isinstance(a, cst.BaseComp))
    return role in (READS - _LAZY) | changes


def stored_value(fn: Function, use: Node) -> Node | None:
    """The value of ``name = value``, ``name: T = value`` or ``name, other = value, more``."""
    parent = fn.parent.get(use)
    if isinstance(parent, cst.AnnAssign):
        return parent.value
    position, length = None, 0
    if isinstance(parent, cst.Element) and isinstance(row := fn.parent[parent], cst.Tuple):
        position = next(i for i, e in enumerate(row.elements) if e is parent)
        parent, length = fn.parent[row], len(row.elements)
    if not isinstance(parent, cst.AssignTarget):
        return None
    statement = cst.ensure_type(fn.parent[parent], cst.Assign)
    if len(statement.targets) != 1 or position is None:
        return statement.value if len(statement.targets) == 1 else None
    value = statement.value
    if not isinstance(value, cst.Tuple) or len(value.elements) != length:
        return None
    plain = all(isinstance(e, cst.Element) for e in value.elements)
    return value.elements[position].value if plain else None


def starts_empty(growth: Growth, fn: Function, changes: frozenset[str] = LIST_CHANGES) -> bool:
    """Nothing is in the container when the loop begins."""
    unchanged = not any(fn.role(use) in changes or fn.role(use) == "store" for use in growth.between)
    return unchanged and is_empty_display(fn, growth.value)


def is_empty_display(fn: Function, value: Node) -> bool:
    match value:
        case cst.List(elements=[]) | cst.Tuple(elements=[]) | cst.Dict(elements=[]):
            return True
        case cst.Call(func=cst.Name(value="list" | "tuple" | "dict" | "set" as name), args=[]):
            return fn.is_builtin(name)
    return False


def fresh_list(fn: Function, inference: Inference) -> Test:
    return lambda value: is_fresh_list(fn, inference, value)
