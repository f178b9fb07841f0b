"""``name = join(name, piece)`` in a loop: where the pieces can be gathered and joined once, after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value
from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import anchor_of, binds_before, is_async, loops_around
from hasten.agent.propose.analysis.tree import Node, edited, walk


@dataclass(frozen=True)
class Join:
    """One statement ``name = join(name, piece)``; ``options`` are its other arguments, as source."""

    statement: cst.Assign
    piece: cst.BaseExpression
    options: str = ""


@dataclass(frozen=True)
class Gathered:
    """All joins of one variable in ``loop``, in which nothing else looks at it or binds it.

    When the loop is left by an exception nobody can look at the variable half-way.
    """

    var: Var
    loop: cst.For | cst.While
    joins: tuple[Join, ...]
    start: Node | None
    """What the variable was bound to last before the loop, if nothing used it in between."""


def gathered(fn: Function, read: Callable[[str, Node], Join | None]) -> Iterator[Gathered]:
    """Variables joined to in a loop. ``read`` tells whether a value is a join of the name given."""
    seen: set[Var] = set()
    for node in fn.own:
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
                var = fn.variable(target)
                if var is None or var in seen or not fn.is_plain_local(var) or not read(var[1], node):
                    continue
                seen.add(var)
                if found := _widest(fn, var, node, read):
                    yield found


def _widest(fn: Function, var: Var, site: Node, read: Callable[[str, Node], Join | None]) -> Gathered | None:
    best: Gathered | None = None
    for loop in loops_around(fn, site):
        if not isinstance(loop, (cst.For, cst.While)) or is_async(loop):
            break
        joins = _joins(fn, var, loop, read)
        if joins is None:
            break
        if anchor_of(fn, loop) is loop and binds_before(fn, var, loop) and not _jumps_by_else(loop):
            best = Gathered(var, loop, joins, _start(fn, var, loop))
    guarded = best and any(_may_swallow(fn, a) for a in fn.ancestors(best.loop))
    return None if guarded else best


def _joins(
    fn: Function, var: Var, loop: Node, read: Callable[[str, Node], Join | None]
) -> tuple[Join, ...] | None:
    """Every use of the variable in the loop belongs to a join: once as its target, once inside."""
    uses = fn.uses_in(var, loop)
    found: dict[Node, Join] = {}
    for use in uses:
        statement = next((a for a in fn.ancestors(use) if isinstance(a, cst.Assign)), None)
        join = read(var[1], statement) if statement else None
        if statement is None or join is None or any(fn.inside(u, join.piece) for u in uses):
            return None
        found[statement] = join
    return tuple(found.values()) if len(uses) == 2 * len(found) else None


def _jumps_by_else(loop: cst.For | cst.While) -> bool:
    """The loop's ``else`` may jump past what follows the loop."""
    jumps = (cst.Break, cst.Continue)
    return loop.orelse is not None and any(isinstance(n, jumps) for n in walk(loop.orelse))


def _may_swallow(fn: Function, node: Node) -> bool:
    """An exception that leaves the loop might be caught here, with the variable still in use."""
    if isinstance(node, cst.With):
        return not all(
            isinstance(i.item, cst.Call) and isinstance(i.item.func, cst.Name) and i.item.func.value == "open"
            for i in node.items
        )
    return isinstance(node, (cst.Try, cst.TryStar))


def _start(fn: Function, var: Var, loop: Node) -> Node | None:
    before = [u for u in fn.uses(var) if fn.order[u] < fn.order[loop]]
    if not before or fn.role(before[-1]) != "store":
        return None
    return assigned_value(fn, before[-1])


def is_new_each_turn(fn: Function, join: Join, makes: Callable[[Node], bool]) -> bool:
    """The piece is an object of its own that nobody changes once it was joined.

    Either the expression ``makes`` a new object, or it is a local bound to one in the block of the join,
    and used only in between.
    """
    if makes(join.piece):
        return True
    var = fn.variable(join.piece)
    if var is None or not fn.is_plain_local(var) or var[1] in fn.params:
        return False
    line = fn.parent[join.statement]
    block = fn.parent.get(line)
    first, *others = fn.uses(var)
    value = assigned_value(fn, first) if fn.role(first) == "store" else None
    if value is None or not makes(value) or not isinstance(block, cst.IndentedBlock):
        return False
    bound = next((s for s in block.body if fn.inside(first, s)), None)
    if not isinstance(bound, cst.SimpleStatementLine) or fn.order[bound] > fn.order[line]:
        return False
    return all(_settles(fn, use, join, line) for use in others)


_PASSING = frozenset(["len()", "setitem"])


def _settles(fn: Function, use: Node, join: Join, line: Node) -> bool:
    """A use that leaves no second name for the piece, before it is joined."""
    if use is join.piece:
        return True
    if fn.order[use] > fn.order[line]:
        return False
    if fn.role(use) == "attribute":
        attribute = cst.ensure_type(fn.parent[use], cst.Attribute)
        stored = bool(binding_context(fn, attribute))
        return attribute.attr.value in (("columns", "index") if stored else ("empty", "shape", "size"))
    return fn.role(use) in _PASSING


def gathered_text(
    fn: Function, found: Gathered, pieces: str, adding: Callable[[Join], str], after: Sequence[str]
) -> str:
    """The definition with the pieces put into the list ``pieces``, and ``after`` following the loop."""
    return edited(
        fn.tree,
        {join.statement: cst.Expr(cst.parse_expression(adding(join))) for join in found.joins},
        before={found.loop: [f"{pieces} = []"]},
        after={found.loop: list(after)},
    )
