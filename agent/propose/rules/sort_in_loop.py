"""A list sorted again on every turn of a loop is sorted once, or each element put where it belongs.

What: ``items.append(x)`` and ``items.sort()`` in a loop that does not look at the order: the ``sort()`` moves
behind the loop. Where the loop does look, ``append`` and ``sort`` become ``bisect.insort(items, x)``.

Why: even a list that is sorted but for one element is walked as a whole by ``sort``. Measured with 2000
elements: 68 times faster sorted once, 21 times with ``insort``.

Precondition: the list is made here, starts sorted or empty, and has no other name in the loop; elements are
whole numbers, text, bytes or tuples of those, so that comparing never raises and the order is total; every
change of the list is followed by the ``sort()``, or keeps the order as ``pop`` does.

Before::

    def ranking(scores: list[int]) -> list[int]:
        result = []
        for score in scores:
            result.append(score)
            result.sort()
        return result

After::

    def ranking(scores: list[int]) -> list[int]:
        result = []
        for score in scores:
            result.append(score)
        result.sort()
        return result

Tier: facts
Source: docs.python.org/3/library/bisect.html#bisect.insort; measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value, is_private
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.growth import Growth, fresh_list, growth_around, may_catch, starts_empty
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.lines import comments_of, following, own_line
from hasten.agent.propose.analysis.order import is_ordered, key_kind
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import loops_around
from hasten.agent.propose.analysis.tree import Node, argument, code, edited, expression, walk
from hasten.agent.propose.rules.base import Change, Rule

_ADDS = frozenset([".append()", ".extend()", ".insert()"])


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        line = _sort_line(fn, node)
        var = fn.variable(node)
        if line is None or var is None or next(loops_around(fn, node), None) is None:
            continue
        if change := _once(fn, inference, node, var) or _in_place(fn, inference, node, var, line):
            return change
    return None


def _sort_line(fn: Function, use: Node) -> cst.SimpleStatementLine | None:
    """``items.sort(...)`` as a statement on its own line."""
    return own_line(fn, _call_of(fn, use)) if _role(fn, use) == ".sort()" else None


def _role(fn: Function, use: Node) -> str:
    return fn.role(use) if isinstance(use, cst.Name) else ""


def _call_of(fn: Function, use: Node) -> cst.Call:
    return cst.ensure_type(fn.parent[fn.parent[use]], cst.Call)


def _options(fn: Function, use: Node) -> dict[str, str] | None:
    """``{"key": "len", "reverse": "True"}`` of ``items.sort(key=len, reverse=True)``."""
    arguments = _call_of(fn, use).args
    options = {a.keyword.value: code(a.value) for a in arguments if a.keyword}
    plain = len(options) == len(arguments) and options.get("reverse", "True") in ("True", "False")
    return options if plain else None


def _compares(fn: Function, inference: Inference, var: Var, use: Node) -> bool:
    """Values that never change and are totally ordered, or what the key reads from them is."""
    element = inference.variable(var).element
    keys = [a.value for a in _call_of(fn, use).args if a.keyword and a.keyword.value == "key"]
    return element.hashable and is_ordered(key_kind(fn, inference, keys[0] if keys else None, element))


def _once(fn: Function, inference: Inference, site: Node, var: Var) -> Change | None:
    """The order is not looked at before the loop ends: one ``sort`` behind it."""
    options = _options(fn, site)
    if options is None or not _compares(fn, inference, var, site):
        return None

    def grows(use: Node) -> bool:
        if fn.role(use) == ".sort()":
            return _sort_line(fn, use) is not None and _options(fn, use) == options
        return fn.role(use) in _ADDS and _sorted_next(fn, var, use)

    growth = growth_around(fn, site, var, grows, fresh_list(fn, inference))
    if growth is None or not (starts_empty(growth, fn) or _starts_sorted(fn, growth, options)):
        return None
    sorts = [line for use in fn.uses_in(var, growth.loop) if (line := _sort_line(fn, use))]
    if any(len(getattr(fn.parent[line], "body", ())) < 2 for line in sorts):
        return None
    text = edited(fn.tree, dict.fromkeys(sorts), after={growth.loop: [_text(sorts[0])]})
    return Change(text, f"Sort `{var[1]}` once")


def _text(line: cst.SimpleStatementLine) -> str:
    """The statement with its comments, as it will stand elsewhere."""
    above = [one for one in line.leading_lines if one.comment]
    return cst.Module(body=[line.with_changes(leading_lines=above)]).code


def _starts_sorted(fn: Function, growth: Growth, options: dict[str, str]) -> bool:
    match growth.value:
        case cst.Call(func=cst.Name(value="sorted"), args=[_, *others]) if fn.is_builtin("sorted"):
            same = {a.keyword.value: code(a.value) for a in others if a.keyword} == options
            return same and not growth.between
    return False


def _sorted_next(fn: Function, var: Var, use: Node) -> bool:
    """``use`` stands on its own line, and whenever that line has run, a ``sort`` behind it does too."""
    statement: Node | None = own_line(fn, _call_of(fn, use))
    if any(may_catch(fn, a) for a in fn.ancestors(use)):
        after = following(fn, statement)[:1] if statement and fn.role(use) == ".append()" else ()
        return any(_sorts(fn, var, s) for s in after)
    while statement is not None:
        for later in following(fn, statement):
            if _sorts(fn, var, later):
                return True
            if _jumps(later):
                return False
        statement = next((a for a in fn.ancestors(statement) if isinstance(a, cst.BaseStatement)), None)
        if statement is not None and _jumps(statement):
            return False
    return False


def _sorts(fn: Function, var: Var, statement: Node) -> bool:
    return any(_sort_line(fn, use) is statement for use in fn.uses_in(var, statement))


def _jumps(statement: Node) -> bool:
    return any(isinstance(n, (cst.Break, cst.Continue)) for n in walk(statement))


def _in_place(
    fn: Function, inference: Inference, site: Node, var: Var, line: cst.SimpleStatementLine
) -> Change | None:
    """``append`` and the ``sort`` right after it, on a list that is always sorted in between."""
    added = _appended_before(fn, var, line)
    insort = reference(fn, "bisect", "insort")
    if added is None or insort is None or _options(fn, site) != {} or not _compares(fn, inference, var, site):
        return None
    if not is_private(fn, inference, var) or not all(_stays_sorted(fn, var, use) for use in fn.uses(var)):
        return None
    appended, value = added
    new = line.with_changes(
        leading_lines=[*appended.leading_lines, *comments_of(appended.with_changes(leading_lines=[])),
                       *line.leading_lines],
        body=[cst.Expr(expression(f"{insort.text}({var[1]}, {argument(value)})"))],
    )  # fmt: skip
    text = edited(fn.tree, {appended: None, line: new})
    return Change(text, f"Insert into the sorted `{var[1]}` where it belongs", insort.imports)


def _appended_before(
    fn: Function, var: Var, line: cst.SimpleStatementLine
) -> tuple[cst.SimpleStatementLine, cst.BaseExpression] | None:
    """``items.append(value)`` on the line before."""
    for use in fn.uses(var):
        if _role(fn, use) == ".append()":
            call = _call_of(fn, use)
            before = own_line(fn, call)
            if before is not None and any(s is line for s in following(fn, before)[:1]):
                plain = len(call.args) == 1 and not call.args[0].star and not call.args[0].keyword
                return (before, call.args[0].value) if plain else None
    return None


def _stays_sorted(fn: Function, var: Var, use: Node) -> bool:
    """After ``use``, or the ``sort`` on the next line, the list is in order."""
    match fn.role(use):
        case "store":
            return _is_sorted(fn, assigned_value(fn, use))
        case ".sort()":
            return _options(fn, use) == {}
        case ".append()" | ".extend()" | ".insert()":
            line = own_line(fn, _call_of(fn, use))
            after = following(fn, line)[:1] if line else ()
            return any(_sorts(fn, var, s) for s in after)
        case ".reverse()" | "augstore":
            return False
        case "setitem":
            return isinstance(fn.parent.get(fn.parent[use]), cst.Del)
    return True


def _is_sorted(fn: Function, value: Node | None) -> bool:
    match value:
        case cst.List(elements=[]) | cst.List(elements=[cst.Element()]):
            return True
        case cst.Call(func=cst.Name(value="list"), args=[]):
            return fn.is_builtin("list")
        case cst.Call(func=cst.Name(value="sorted"), args=[_]):
            return fn.is_builtin("sorted")
    return False


RULE = Rule("sort-in-loop", "facts", (".sort(",), apply, __doc__ or "")
