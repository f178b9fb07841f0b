"""A tuple that grows in a loop is gathered in a list.

What: ``items += (x,)``, ``items = items + (x,)`` and ``items = (*items, x)`` in a loop become
``append`` on a list, from which the tuple is made once behind the loop.

Why: each ``+`` copies everything gathered so far; measured 3 times faster with ten elements, 25 times with
1000.

Precondition: the variable holds a tuple made here before the loop, and the loop does nothing with it but that
(its length may be asked for); an exception in the loop reaches no code of this function that could still see
it.

Before::

    def squares(count: int) -> tuple[int, ...]:
        result: tuple[int, ...] = ()
        for number in range(count):
            result += (number * number,)
        return result

After::

    def squares(count: int) -> tuple[int, ...]:
        result_items = []
        for number in range(count):
            result_items.append(number * number)
        result: tuple[int, ...] = tuple(result_items)
        return result

Tier: safe
Source: docs.python.org/3/library/stdtypes.html#common-sequence-operations (note 6: repeated concatenation)
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.arrays import builtins_intact
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.growth import Growth, growth_around, starts_empty
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lines import assignment, has_comment, own_line
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import loops_around
from hasten.agent.propose.analysis.tree import Node, argument, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_TUPLES = frozenset(["tuple", "tuple*"])


def apply(fn: Function) -> Change | None:
    if not builtins_intact(fn, "list", "tuple"):
        return None
    inference = Inference(fn)
    for node in fn.own:
        var = fn.variable(node)
        if var is None or next(loops_around(fn, node), None) is None:
            continue
        if fn.role(node) not in ("store", "augstore") or _added(fn, inference, var, node) is None:
            continue
        growth = _growth(fn, inference, var, node)
        if growth is not None:
            return _gathered(fn, inference, var, growth)
    return None


def _growth(fn: Function, inference: Inference, var: Var, site: Node) -> Growth | None:
    return growth_around(
        fn, site, var, lambda use: _grows(fn, inference, var, use), lambda value: _is_new(inference, value)
    )


def _is_new(inference: Inference, value: Node) -> bool:
    """A tuple made here: another would come out of a loop without turns as the very object it was."""
    match value:
        case cst.Call(func=cst.Name(value="tuple"), args=[]):
            return True
        case cst.Call(func=cst.Name(value="tuple"), args=[cst.Arg(value=source)]):
            return isinstance(source, cst.GeneratorExp) or inference.kind(source).name == "list"
    return isinstance(value, cst.Tuple)


def _grows(fn: Function, inference: Inference, var: Var, use: Node) -> bool:
    """``use`` is a target that grows, or the old tuple beside it."""
    statement = next((a for a in fn.ancestors(use) if isinstance(a, (cst.Assign, cst.AugAssign))), None)
    if statement is None or own_line(fn, statement) is None or has_comment(statement):
        return False
    targets = [u for u in fn.uses_in(var, statement) if fn.role(u) in ("store", "augstore")]
    if len(targets) != 1:
        return False
    if _added(fn, inference, var, targets[0]) is None:
        return False
    return use is targets[0] or use is _old(fn, statement)


def _old(fn: Function, statement: cst.Assign | cst.AugAssign) -> Node | None:
    """``items`` on the right of ``items = items + (x,)``."""
    match statement:
        case cst.Assign(value=cst.BinaryOperation(left=left)):
            return left
        case cst.Assign(value=cst.Tuple(elements=[cst.StarredElement(value=first), *_])):
            return first
    return None


def _added(fn: Function, inference: Inference, var: Var, target: Node) -> cst.BaseExpression | None:
    """The tuple that is added where ``target`` is assigned to."""
    above = fn.parent[target]
    match above if isinstance(above, cst.AugAssign) else fn.parent.get(above):
        case cst.AugAssign(operator=cst.AddAssign(), value=added):
            pass
        case cst.Assign(targets=[_], value=cst.BinaryOperation(left=old, operator=cst.Add(), right=added)):
            if fn.variable(old) != var:
                return None
        case cst.Assign(targets=[_], value=cst.Tuple(elements=[cst.StarredElement(value=old), *more])):
            starred = any(isinstance(e, cst.StarredElement) for e in more)
            return None if starred or not more or fn.variable(old) != var else cst.Tuple(elements=more)
        case _:
            return None
    plain = inference.kind(added).name in _TUPLES or isinstance(added, cst.Tuple)
    return added if plain and not fn.uses_in(var, added) else None


def _gathered(fn: Function, inference: Inference, var: Var, growth: Growth) -> Change:
    name = var[1]
    items = fn.fresh(f"{name}_items")
    replace: dict[Node, Node | None] = {}
    for use in fn.uses_in(var, growth.loop):
        if fn.role(use) in ("store", "augstore"):
            statement = next(a for a in fn.ancestors(use) if isinstance(a, (cst.Assign, cst.AugAssign)))
            added = _added(fn, inference, var, use)
            if added is not None:
                replace[statement] = cst.Expr(expression(_addition(items, added)))
        elif not _grows(fn, inference, var, use):
            replace[use] = cst.Name(items)
    start = _whole_start(fn, growth)
    loop: Node = growth.loop
    before: dict[Node, list[str]] = {} if start else {loop: [f"{items} = list({name})"]}
    if start is not None:
        replace[start.body[0]] = assignment(f"{items} = []")
    after: dict[Node, list[str]] = {loop: [f"{name}{_annotation(start)} = tuple({items})"]}
    return Change(edited(fn.tree, replace, before, after), f"Gather `{name}` in a list")


def _addition(items: str, added: cst.BaseExpression) -> str:
    match added:
        case cst.Tuple(elements=[cst.Element(value=value)]):
            return f"{items}.append({argument(value)})"
        case cst.Tuple(lpar=[]):
            return f"{items}.extend(({code(added)}))"
    return f"{items}.extend({argument(added)})"


def _whole_start(fn: Function, growth: Growth) -> cst.SimpleStatementLine | None:
    """The line that makes the empty tuple, if it is for this loop alone."""
    if growth.between or not starts_empty(growth, fn):
        return None
    statement = next(a for a in fn.ancestors(growth.start) if isinstance(a, cst.SimpleStatementLine))
    alone = len(statement.body) == 1 and not isinstance(fn.parent[growth.start], cst.Element)
    return statement if alone and fn.parent[statement] is fn.parent[growth.loop] else None


def _annotation(start: cst.SimpleStatementLine | None) -> str:
    statement = start.body[0] if start else None
    return f": {code(statement.annotation.annotation)}" if isinstance(statement, cst.AnnAssign) else ""


RULE = Rule("tuple-growth", "safe", ("(",), apply, __doc__ or "")
