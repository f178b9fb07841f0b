"""A growing list tested for membership gets a set beside it.

What: a list that a loop both appends to and tests with ``in`` keeps its order and its life; a set built
before the loop and grown with it answers the tests. A list that is nothing but tested and appended to becomes
the set itself.

Why: the more has been seen, the longer each test takes; removing duplicates this way is quadratic.

Precondition: inside the loop the list is only read, tested and appended to; elements and probe are builtin
values whose hash agrees with ``==``; the list is made here and not handed on before the loop ends, or nothing
in the loop calls code that could reach it; ``set`` is the builtin.

Before::

    def unique(items: list[str]) -> list[str]:
        seen = []
        for item in items:
            if item not in seen:
                seen.append(item)
        return seen

After::

    def unique(items: list[str]) -> list[str]:
        seen = []
        seen_set = set()
        for item in items:
            if item not in seen_set:
                seen.append(item)
                seen_set.add(item)
        return seen

Tier: facts
Source: docs.python.org/3/faq/programming.html#how-do-you-remove-duplicates-from-a-list
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.arrays import builtins_intact
from hasten.agent.propose.analysis.effects import assigned_value, changes_unseen, is_private, list_arguments
from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lines import has_comment
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import (
    Region,
    anchor_of,
    binds_before,
    first_value,
    is_async,
    is_eager,
    loops_around,
)
from hasten.agent.propose.analysis.still import driven_by_strangers
from hasten.agent.propose.analysis.tree import Node, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule


def apply(fn: Function) -> Change | None:
    if not builtins_intact(fn, "set"):
        return None
    inference = Inference(fn)
    for node in fn.own:
        if not isinstance(node, cst.Name) or fn.role(node) != "in":
            continue
        var, kind = fn.variable(node), inference.kind(node)
        if var is None or kind.name != "list" or not kind.element.hashable or not fn.is_plain_local(var):
            continue
        region = _region(fn, inference, node, var)
        if region is None:
            continue
        tests = [u for u in fn.uses_in(var, region.loop) if fn.role(u) == "in"]
        at_once = all(is_eager(fn, loop) for test in tests for loop in loops_around(fn, test))
        if at_once and all(inference.kind(_probe(fn, test)).hashable for test in tests):
            whole = None if var[1] in fn.params else _as_set(fn, inference, var)
            return whole or _grown(fn, inference, var, region, tests)
    return None


def _probe(fn: Function, test: Node) -> Node:
    """What is looked for; of ``a == b in seen`` the list itself, which has no hash and ends the matter."""
    comparison = cst.ensure_type(fn.parent[fn.parent[test]], cst.Comparison)
    return comparison.left if len(comparison.comparisons) == 1 else test


def _region(fn: Function, inference: Inference, site: Node, var: Var) -> Region | None:
    """The widest loop in which the list only grows, one element at a time."""
    best: Region | None = None
    for loop in loops_around(fn, site):
        anchor = anchor_of(fn, loop)
        if anchor is None or is_async(loop) or not is_eager(fn, loop):
            break
        uses = fn.uses_in(var, anchor)
        if not all(fn.role(u) in READS or _appended(fn, u) for u in uses):
            break
        strange = changes_unseen(fn, inference, anchor, var) or driven_by_strangers(fn, inference, anchor)
        if strange and not is_private(fn, inference, var):
            break
        grows = any(fn.role(u) == ".append()" for u in fn.uses_in(var, loop))
        if grows and binds_before(fn, var, anchor):
            best = Region(loop, anchor)
    return best


def _appended(fn: Function, use: Node) -> cst.Arg | None:
    """The argument of ``name.append(value)`` standing as a statement on its own line."""
    if fn.role(use) != ".append()":
        return None
    call = cst.ensure_type(fn.parent[fn.parent[use]], cst.Call)
    statement = fn.parent[call]
    line = fn.parent[statement] if isinstance(statement, cst.Expr) else None
    plain = len(call.args) == 1 and not call.args[0].star and not call.args[0].keyword
    if not plain or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    return call.args[0]


def _as_set(fn: Function, inference: Inference, var: Var) -> Change | None:
    """A list that is nothing but appended to and tested becomes the set itself."""
    replace: dict[Node, Node | None] = {}
    for use in fn.uses(var):
        match fn.role(use):
            case "in" if inference.kind(_probe(fn, use)).hashable:
                continue
            case ".append()" if (arg := _appended(fn, use)) and inference.kind(arg.value).hashable:
                replace[cst.ensure_type(fn.parent[use], cst.Attribute).attr] = cst.Name("add")
            case "store" if isinstance(value := assigned_value(fn, use), cst.List) and not has_comment(value):
                elements = [code(e.value) for e in value.elements]
                replace[value] = expression(f"{{{', '.join(elements)}}}" if elements else "set()")
                if (arguments := list_arguments(fn, use)) is None:
                    return None
                if isinstance(statement := fn.parent[use], cst.AnnAssign):
                    replace[statement.annotation.annotation] = expression(f"set{arguments}")
            case _:
                return None
    return Change(edited(fn.tree, replace), f"Keep `{var[1]}` as a set")


def _grown(fn: Function, inference: Inference, var: Var, region: Region, tests: list[Node]) -> Change | None:
    name = var[1]
    table = fn.fresh(f"{name}_set")
    replace: dict[Node, Node | None] = {test: cst.Name(table) for test in tests}
    value = first_value(fn, var, region.anchor)
    empty = isinstance(value, cst.List) and not value.elements
    before: dict[Node, list[str]] = {region.anchor: [f"{table} = set({'' if empty else name})"]}
    after: dict[Node, list[str]] = {}
    spare = fn.fresh(f"{name}_item")
    for use in fn.uses_in(var, region.anchor):
        arg = _appended(fn, use)
        if arg is None:
            continue
        if not inference.kind(arg.value).hashable:
            return None
        line = next(a for a in fn.ancestors(use) if isinstance(a, cst.SimpleStatementLine))
        added = code(arg.value)
        if not isinstance(arg.value, (cst.Name, cst.SimpleString, cst.Integer)):
            before[line] = [f"{spare} = {added}"]
            replace[arg.value], added = cst.Name(spare), spare
        after[line] = [f"{table}.add({added})"]
    text = edited(fn.tree, replace, before, after)
    return Change(text, f"Test membership of the growing `{name}` on a set beside it")


RULE = Rule("seen-list", "facts", (" in ",), apply, __doc__ or "")
