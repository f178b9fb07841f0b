"""A pure function that calls itself again and again remembers its results.

What: ``functools.cache`` goes on a module-level function that calls itself more than once along one path.

Why: overlapping calls are exponential without memory and linear with it.

Precondition: arguments are whole numbers, text, booleans or tuples of them, by annotation or observation;
the result is immutable; the body changes nothing outside itself and reads only its arguments, constants and
pure functions. Memory grows with the number of distinct arguments, and each remembered level takes its share
of the recursion limit; where calls were observed, at least half repeated earlier arguments.

Before::

    def ways(steps: int) -> int:
        if steps < 2:
            return 1
        return ways(steps - 1) + ways(steps - 2)

After::

    from functools import cache


    @cache
    def ways(steps: int) -> int:
        if steps < 2:
            return 1
        return ways(steps - 1) + ways(steps - 2)

Tier: facts
Source: docs.python.org/3/library/functools.html#functools.cache
"""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import NONE, NOTHING, Kind, join
from hasten.agent.propose.analysis.module import target_names
from hasten.agent.propose.analysis.purity import has_no_effects, is_pure
from hasten.agent.propose.analysis.tree import expression, trimmed
from hasten.agent.propose.rules.base import Change, Rule

_KEYS = frozenset(["int", "str", "bool", "bytes"])
"""Kinds whose equal values give equal results; ``0.0 == -0.0`` and ``1 == 1.0`` keep floats out."""
_REPEATED = 0.5
"""Share of calls with known arguments below which remembering does not pay."""


def apply(fn: Function) -> Change | None:
    if "." in fn.qualname or fn.node.decorators or fn.node.asynchronous or fn.is_generator:
        return None
    if fn.facts is not None and fn.facts.calls > 1 and fn.facts.repeated_argument_rate < _REPEATED:
        return None
    cache = reference(fn, "functools", "cache")
    if cache is None or not _is_candidate(fn):
        return None
    decorator = cst.Decorator(expression(cache.text))
    text = trimmed(fn.tree.with_changes(body=[fn.node.with_changes(decorators=[decorator])]).code)
    return Change(text, f"Remember the results of `{fn.qualname}`", cache.imports)


def _is_candidate(fn: Function) -> bool:
    function = ast.parse(fn.tree.code).body[0]
    if not isinstance(function, ast.FunctionDef) or fn.module.function(fn.qualname) is None:
        return False
    return (
        _recursions(function.body, fn.qualname) >= 2
        and _keys_are_exact(fn)
        and _result_is_immutable(fn, function)
        and _reads_only_constants(fn, function)
        and has_no_effects(fn.module, function, frozenset([fn.qualname]))
    )


def _keys_are_exact(fn: Function) -> bool:
    inference = Inference(fn)
    params = fn.node.params
    if isinstance(params.star_arg, cst.Param) or params.star_kwarg or not fn.params:
        return False
    return all(_exact(inference.parameter(param)) for param in fn.params.values())


def _exact(kind: Kind) -> bool:
    if kind.name in ("tuple", "tuple*"):
        return all(_exact(a) for a in kind.args)
    return kind.name in _KEYS


def _result_is_immutable(fn: Function, function: ast.FunctionDef) -> bool:
    if function.returns is not None:
        return of_annotation(ast.unparse(function.returns), fn.module).hashable
    first = _result(fn, NOTHING)
    # What the other branches return must still hold once the recursive calls return it too.
    return first.hashable and _result(fn, first).hashable


def _result(fn: Function, own_result: Kind) -> Kind:
    inference = Inference(fn, own_result)
    returns = [n for n in fn.own if isinstance(n, cst.Return)]
    return join(*(inference.kind(r.value) if r.value else NONE for r in returns))


def _reads_only_constants(fn: Function, function: ast.FunctionDef) -> bool:
    local = set(target_names(function))
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id in local or not fn.module.binds(node.id):
            continue
        if node.id == fn.qualname or fn.module.imported(node.id) in ("math", "operator"):
            continue
        constant = fn.module.constant(node.id)
        if isinstance(constant, ast.Constant) or _is_annotation(function, node):
            continue
        called = fn.module.function(node.id)
        if not isinstance(called, ast.FunctionDef) or not is_pure(fn.module, node.id):
            return False
        if not _reads_only_constants_of(fn, called):
            return False
    return True


def _reads_only_constants_of(fn: Function, called: ast.FunctionDef) -> bool:
    """A helper one level down; it may call builtins and read literals, no further functions of the file."""
    local = set(target_names(called)) | {called.name}
    return all(
        node.id in local
        or not fn.module.binds(node.id)
        or isinstance(fn.module.constant(node.id), ast.Constant)
        for node in ast.walk(called)
        if isinstance(node, ast.Name)
    )


def _is_annotation(function: ast.FunctionDef, name: ast.Name) -> bool:
    holders = [a.annotation for a in ast.walk(function.args) if isinstance(a, ast.arg)] + [function.returns]
    return any(name is node for holder in holders if holder for node in ast.walk(holder))


def _recursions(body: list[ast.stmt], name: str) -> int:
    """Most calls of itself along one path through ``body``; two stand for any number in a loop."""
    total = best = 0
    for statement in body:
        match statement:
            case ast.If(test=test, body=then, orelse=orelse):
                total += _calls(test, name)
                ways = [(_recursions(b, name), b) for b in (then, orelse)]
                best = max(best, *(total + n for n, b in ways if _leaves(b)), 0)
                total += max((n for n, b in ways if not _leaves(b)), default=0)
            case ast.For() | ast.While():
                total += 2 * min(1, _calls(statement, name))
            case _:
                total += _calls(statement, name)
    return max(best, total)


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise))


def _calls(node: ast.AST, name: str) -> int:
    """Calls of itself in a piece of code: twice inside a comprehension, the larger branch of a choice."""
    if isinstance(node, ast.IfExp):
        return _calls(node.test, name) + max(_calls(node.body, name), _calls(node.orelse, name))
    own = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    inner = sum(_calls(child, name) for child in ast.iter_child_nodes(node))
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
        inner *= 2
    return int(own) + inner


RULE = Rule("memoize-pure", "facts", ("def ",), apply, __doc__ or "")
