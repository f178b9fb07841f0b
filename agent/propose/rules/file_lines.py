"""Lines of a file are read as they are needed.

What: ``for line in file.readlines()`` becomes ``for line in file``, in comprehensions too.

Why: the list of all lines is not built: memory no longer grows with the file. 1.07 times faster.

Precondition: the file is opened for reading by ``with open(...)`` and used for nothing else; nothing in the
loop could write it. Where a line might fail to decode (text mode without ``errors=``), the loop must not be
able to raise before, nor change anything but variables of its own, which the failure takes away with it.

Before::

    def longest(path: str) -> int:
        with open(path) as file:
            return max([len(line) for line in file.readlines()], default=0)

After::

    def longest(path: str) -> int:
        with open(path) as file:
            return max([len(line) for line in file], default=0)

Tier: facts
Source: ruff FURB129 (readlines-in-for); docs.python.org/3/library/io.html#io.IOBase.readlines; measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.effects import is_private
from hasten.agent.propose.analysis.files import is_steady_path, may_write, opened_for_reading
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.regions import is_async, is_eager
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Comprehension, Node
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, fixed

_FORGIVING = ("ignore", "replace", "backslashreplace", "surrogateescape")


def apply(fn: Function) -> Change | None:
    return fixed(fn, ("FURB129",), _proven, "Read lines as they are needed")


def _proven(site: Site) -> bool:
    fn, call = site.fn, site.up(cst.Call)
    match call:
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as file, attr=cst.Name(value="readlines")), args=[]
        ):
            opening = _opening(fn, file)
            loop = _loop_over(fn, call)
            if opening is None or loop is None or opened_for_reading(fn, opening) is None:
                return False
            if not is_steady_path(fn, site.inference, opening.args[0].value):
                return False
            if may_write(fn, site.inference, loop, [call]):
                return False
            return _never_fails_to_decode(opening) or (_is_alone(fn, loop) and _is_harmless(site, loop))
    return False


def _opening(fn: Function, file: cst.Name) -> cst.Call | None:
    """``open(...)`` of the ``with`` around, where nothing but this one reading uses the file."""
    var = fn.variable(file)
    if var is None or not fn.is_plain_local(var) or len(fn.uses(var)) != 2:
        return None
    bound = fn.parent.get(fn.parent.get(fn.uses(var)[0], file), file)
    if not isinstance(bound, cst.WithItem) or not isinstance(bound.item, cst.Call):
        return None
    statement = fn.parent.get(bound)
    return bound.item if statement is not None and fn.inside(file, statement) else None


def _loop_over(fn: Function, call: cst.Call) -> Node | None:
    match fn.parent.get(call):
        case cst.For(asynchronous=None) as loop:
            return loop
        case cst.CompFor() as clause:
            comp = fn.parent.get(clause)
            if isinstance(comp, Comprehension) and comp.for_in is clause and not is_async(comp):
                return comp if is_eager(fn, comp) else None
    return None


def _never_fails_to_decode(opening: cst.Call) -> bool:
    named = {a.keyword.value if a.keyword else "mode": a.value for a in opening.args[1:]}

    def text(name: str) -> str:
        value = named.get(name)
        return str(value.evaluated_value) if isinstance(value, cst.SimpleString) else ""

    return "b" in text("mode") or text("errors") in _FORGIVING


def _is_alone(fn: Function, loop: Node) -> bool:
    """No ``try``, and no ``with`` but the file's own, would let somebody see how far the loop got."""
    above = list(fn.ancestors(loop))
    return sum(isinstance(a, cst.With) for a in above) == 1 and not any(
        isinstance(a, (cst.Try, cst.TryStar)) for a in above
    )


def _is_harmless(site: Site, loop: Node) -> bool:
    fn, inference = site.fn, site.inference
    if isinstance(loop, cst.For):
        return isinstance(loop.target, cst.Name) and loop.orelse is None and _is_total(site, loop.body)
    if not isinstance(loop, Comprehension) or not isinstance(loop.for_in.target, cst.Name):
        return False
    parts = [loop.key, loop.value] if isinstance(loop, cst.DictComp) else [loop.elt]
    hashed = [parts[0]] if isinstance(loop, (cst.DictComp, cst.SetComp)) else []
    clauses = loop.for_in.inner_for_in is None and all(
        cannot_raise(fn, inference, c.test) for c in loop.for_in.ifs
    )
    return clauses and all(cannot_raise(fn, inference, p) for p in parts) and _all_hash(site, hashed)


def _all_hash(site: Site, values: list[cst.BaseExpression]) -> bool:
    return all(site.inference.kind(v).hashable for v in values)


def _is_total(site: Site, statement: Node) -> bool:
    """The statement cannot raise, and changes variables of the function only."""

    def total(node: Node) -> bool:
        return cannot_raise(site.fn, site.inference, node)

    match statement:
        case cst.IndentedBlock(body=statements) | cst.SimpleStatementLine(body=statements):
            return all(_is_total(site, s) for s in statements)
        case cst.If(test=test, body=body, orelse=orelse):
            return total(test) and _is_total(site, body) and (orelse is None or _is_total(site, orelse))
        case cst.Else(body=body):
            return _is_total(site, body)
        case cst.Pass() | cst.Continue():
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value):
            return _is_local(site, target) and total(value)
        case cst.AugAssign(target=cst.Name() as target, operator=cst.AddAssign(), value=value):
            kinds = {site.kind(target), site.kind(value)}
            return _is_local(site, target) and total(target) and total(value) and kinds in ({"int"}, {"str"})
        case cst.Expr(
            value=cst.Call(
                func=cst.Attribute(value=cst.Name() as target, attr=cst.Name(value="append")),
                args=[cst.Arg(value=value, star="", keyword=None)],
            )
        ):
            var = site.fn.variable(target)
            return var is not None and is_private(site.fn, site.inference, var) and total(value)
    return False


def _is_local(site: Site, target: cst.Name) -> bool:
    var = site.fn.variable(target)
    return var is not None and site.fn.is_plain_local(var)


RULE = Rule("file-lines", "facts", (".readlines(",), apply, __doc__ or "")
