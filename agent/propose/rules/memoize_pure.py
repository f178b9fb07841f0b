"""A pure function that calls itself again and again remembers its results.

What: a module-level function that calls itself more than once along one path keeps what its recursive
branches return in a dict beside it, and looks there first.

Why: overlapping calls are exponential without memory and linear with it: ``ways(25)`` below takes 45 ms
without and 5 microseconds with it.

Precondition: arguments are whole numbers, text, booleans or tuples of them, by annotation or observation;
the result is immutable; the body changes nothing outside itself and reads only its arguments, constants and
pure functions; where calls were observed, at least half repeated earlier arguments. ``functools.cache`` would
do the same with half the depth of recursion (490 levels instead of 990 at the usual limit before Python 3.13;
with a raised limit it crashes), so it is not used. ``True`` and ``1`` are told apart where the result could
show which it was. Everything is forgotten when 250,000 results (25 to 50 MB) are kept.

Before::

    def ways(steps: int) -> int:
        if steps < 2:
            return 1
        return ways(steps - 1) + ways(steps - 2)

After::

    _WAYS_RESULTS = {}


    def _kept(results, key, value):
        if len(results) >= 250_000:
            results.clear()
        results[key] = value
        return value


    def ways(steps: int) -> int:
        if steps in _WAYS_RESULTS:
            return _WAYS_RESULTS[steps]
        if steps < 2:
            return 1
        return _kept(_WAYS_RESULTS, steps, ways(steps - 1) + ways(steps - 2))

Tier: facts
Source: en.wikipedia.org/wiki/Memoization; depths measured
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation
from hasten.agent.propose.analysis.arrays import builtins_intact
from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import NONE, NOTHING, Kind, join
from hasten.agent.propose.analysis.module import target_names
from hasten.agent.propose.analysis.observed import parameter_kind, written_kind
from hasten.agent.propose.analysis.purity import has_no_effects, is_pure
from hasten.agent.propose.analysis.tree import Node, argument, edited, expression, walk
from hasten.agent.propose.rules.base import Change, Rule

_KEYS = frozenset(["int", "str", "bool", "bytes"])
"""Kinds whose equal values give equal results; ``0.0 == -0.0`` and ``1 == 1.0`` keep floats out."""
_REPEATED = 0.5
"""Share of calls with known arguments below which remembering does not pay."""
_KEPT = """\
def {name}(results, key, value):
    if len(results) >= 250_000:
        results.clear()
    results[key] = value
    return value"""
_NUMERIC = (
    cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power, cst.LeftShift,
    cst.RightShift,
)  # fmt: skip
"""Operators that make the same of ``True`` as of ``1``."""


def apply(fn: Function) -> Change | None:
    if "." in fn.qualname or fn.node.decorators or fn.node.asynchronous or fn.is_generator:
        return None
    if fn.qualname in fn.bound:
        return None
    if fn.facts is not None and fn.facts.calls > 1 and fn.facts.repeated_argument_rate < _REPEATED:
        return None
    returns = _recursive_returns(fn)
    if not returns or not builtins_intact(fn, "len", "type", "id") or not _is_candidate(fn):
        return None
    first = _first_statement(fn)
    if first is None:
        return None
    table, kept = fn.fresh(f"_{fn.qualname.strip('_').upper()}_RESULTS"), fn.fresh("_kept")
    key = _key(fn, returns)
    name = key if key in fn.params and not _is_rebound(fn, key) else fn.fresh("key")
    lines = [] if name == key else [f"{name} = {key}"]
    lines.append(f"if {name} in {table}:\n    return {table}[{name}]")
    replace: dict[Node, Node | None] = {
        value: expression(f"{kept}({table}, {name}, {argument(value)})") for value in returns
    }
    text = edited(fn.tree, replace, before={first: lines})
    helpers = (f"{table} = {{}}", _KEPT.format(name=kept))
    return Change(text, f"Remember the results of `{fn.qualname}`", helpers=helpers)


def _recursive_returns(fn: Function) -> list[cst.BaseExpression]:
    """Values returned by or after a call of itself; the others are as quickly computed as looked up."""
    own = [n for n in fn.own if isinstance(n, cst.Call) and _calls_itself(fn, n)]
    start = min((fn.order[call] for call in own), default=0)
    returns = [n for n in fn.own if isinstance(n, cst.Return) and n.value is not None]
    found = [r for r in returns if own and (fn.order[r] > start or any(fn.inside(c, r) for c in own))]
    return [r.value for r in found if r.value is not None]


def _calls_itself(fn: Function, call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == fn.qualname


def _first_statement(fn: Function) -> Node | None:
    """The statement after the docstring."""
    body = fn.node.body.body if isinstance(fn.node.body, cst.IndentedBlock) else ()
    rest = body[1:] if fn.node.get_docstring(clean=False) is not None else body
    return rest[0] if rest else None


def _is_rebound(fn: Function, name: str) -> bool:
    return any(binding_context(fn, use) for use in fn.uses((fn.node, name)))


def _key(fn: Function, returns: Sequence[Node]) -> str:
    """The arguments, with the types of whole numbers for which a boolean may stand and be told apart."""
    given = fn.node.params
    names = [p.name.value for p in (*given.posonly_params, *given.params, *given.kwonly_params)]
    told_apart = [n for n in names if _may_be_boolean(fn, n) and _shows(fn, n, returns)]
    parts = [*names, *(f"type({name})" for name in told_apart)]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _may_be_boolean(fn: Function, name: str) -> bool:
    """Annotated as a whole number: what was observed is exact."""
    written = written_kind(fn, fn.params[name])
    return "int" in {k.name for k in (written.args if written.name == "union" else (written,))}


def _shows(fn: Function, name: str, returns: Sequence[Node]) -> bool:
    """The result could depend on whether the number is a boolean."""
    uses = fn.uses((fn.node, name))
    if _is_rebound(fn, name) or not all(_hides_type(fn, use) for use in uses if _is_kept(fn, use, returns)):
        return True
    # Handed on as it is, it decides what the branches return that are not kept, and so what is made of it.
    handed_on = any(isinstance(fn.parent[use], cst.Arg) for use in uses)
    others = [use for one in fn.params for use in fn.uses((fn.node, one)) if not _is_kept(fn, use, returns)]
    return handed_on and not all(_hides_type(fn, use) for use in others)


def _is_kept(fn: Function, use: Node, returns: Sequence[Node]) -> bool:
    """``use`` is not part of a result that is as quickly computed as looked up."""
    leaving = next((a for a in fn.ancestors(use) if isinstance(a, cst.Return)), None)
    return leaving is None or leaving.value in returns


def _hides_type(fn: Function, use: Node) -> bool:
    match parent := fn.parent[use]:
        case cst.BinaryOperation(operator=cst.Modulo(), right=right) if right is use:
            return False  # ``"%s" % number`` shows it
        case cst.BinaryOperation():
            return isinstance(parent.operator, _NUMERIC)
        case cst.UnaryOperation():
            return isinstance(parent.operator, (cst.Minus, cst.Not))
        case cst.Comparison() | cst.ComparisonTarget():
            around = parent if isinstance(parent, cst.Comparison) else fn.parent[parent]
            operators = [c.operator for c in cst.ensure_type(around, cst.Comparison).comparisons]
            return not any(isinstance(o, (cst.Is, cst.IsNot)) for o in operators)
        case cst.Index() | cst.Slice():
            return True
        case cst.If() | cst.While() | cst.IfExp():
            return parent.test is use
        case cst.Arg(star="", keyword=None):
            call = cst.ensure_type(fn.parent[parent], cst.Call)
            return _calls_itself(fn, call) or (
                isinstance(call.func, cst.Name) and call.func.value == "range" and fn.is_builtin("range")
            )
    return False


def _is_candidate(fn: Function) -> bool:
    function = ast.parse(fn.tree.code).body[0]
    if not isinstance(function, ast.FunctionDef) or fn.module.function(fn.qualname) is None:
        return False
    return (
        _recursions(function.body, fn.qualname) >= 2
        and _keys_are_exact(fn)
        and not any(isinstance(n, cst.Name) and n.value == "id" for n in walk(fn.node.body))
        and _result_is_immutable(fn, function)
        and _reads_only_constants(fn, function)
        and has_no_effects(fn.module, function, frozenset([fn.qualname]))
    )


def _keys_are_exact(fn: Function) -> bool:
    params = fn.node.params
    if isinstance(params.star_arg, cst.Param) or params.star_kwarg or not fn.params:
        return False
    return all(_exact(parameter_kind(fn, p), written_kind(fn, p).known) for p in fn.params.values())


def _exact(kind: Kind, written: bool) -> bool:
    """A key; inside tuples that are only annotated, a boolean could stand for a number unseen."""
    if kind.name in ("tuple", "tuple*"):
        return all(_exact(a, written) and not (written and a.name == "int") for a in kind.args)
    if kind.name == "union":
        return all(_exact(a, written) or a == NONE for a in kind.args)
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


_NEEDS = ("types of arguments", "how often arguments repeat")
RULE = Rule("memoize-pure", "facts", ("def ",), apply, __doc__ or "", needs=_NEEDS)
