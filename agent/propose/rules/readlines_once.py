"""A file read in full on every turn of a loop is read on the first turn only.

What: ``open(path).read()``, ``open(path).readlines()``, ``Path(path).read_text()`` and ``with open(path) as
f: text = f.read()`` inside a ``for`` loop that leaves ``path`` alone are kept in a variable when first
read.

Why: each turn opens, reads and decodes the same file. 280 times faster for a file of 1 kB read 2000 times.

Precondition: the path is a text or a ``pathlib.Path`` that the loop does not rebind; the loop runs over
builtin containers and calls nothing that could write a file, change the directory or wait (as everywhere,
no other thread or process is taken to interfere); nothing with an effect is evaluated before the reading in
its statement; lines read into a list are only looked at. What opening raises is raised when it was: on the
first turn that reads.

Before::

    def count_known(words: list[str], path: str) -> int:
        known = 0
        for word in words:
            if word in open(path).read():
                known += 1
        return known

After::

    def count_known(words: list[str], path: str) -> int:
        known = 0
        path_text = None
        for word in words:
            if path_text is None:
                path_text = open(path).read()
            if word in path_text:
                known += 1
        return known

Tier: facts
Source: measured
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.built_once import has_comment
from hasten.agent.propose.analysis.files import (
    WholeRead,
    is_steady_path,
    may_write,
    opened_for_reading,
    whole_read,
)
from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.motion import settled
from hasten.agent.propose.analysis.regions import anchor_of, binds_before
from hasten.agent.propose.analysis.still import is_at_rest
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Comprehension, Node, code, edited, walk
from hasten.agent.propose.rules.base import Change, Rule

_LAZY_ROLES = frozenset(words("iter() enumerate() zip() reversed() map() filter() id() .copy()"))


@dataclass(frozen=True)
class _Site:
    """``read`` stands in ``statement``; ``text`` is what to write to read the file into a name."""

    read: WholeRead
    statement: Node
    block: cst.With | None = None


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for site in _sites(fn, inference):
        loop = _loop(fn, inference, site)
        if loop is None or _is_kept(fn, site):
            continue
        if not site.read.is_list or _lines_only_read(fn, site):
            return _kept(fn, site, loop)
    return None


def _sites(fn: Function, inference: Inference) -> Iterator[_Site]:
    for node in fn.own:
        if isinstance(node, cst.With) and (site := _with_site(fn, node)):
            yield site
        elif (read := whole_read(fn, node)) is not None:
            statement = anchor_of(fn, node)
            if statement is not None and _comes_first(fn, inference, node, statement):
                yield _Site(read, statement)


def _with_site(fn: Function, node: cst.With) -> _Site | None:
    """``with open(path) as f: name = f.read()`` and nothing else."""
    match node:
        case cst.With(
            asynchronous=None,
            items=[cst.WithItem(item=cst.Call() as opening, asname=cst.AsName(name=cst.Name() as file))],
            body=cst.IndentedBlock(
                body=[
                    cst.SimpleStatementLine(
                        body=[
                            cst.Assign(
                                targets=[cst.AssignTarget(target=cst.Name())],
                                value=cst.Call(
                                    func=cst.Attribute(
                                        value=cst.Name() as used,
                                        attr=cst.Name(value="read" | "readlines" as how),
                                    ),
                                    args=[],
                                ) as call,
                            )
                        ]
                    )
                ]
            ),
        ):
            if has_comment(node.with_changes(leading_lines=())):
                return None
            path, var = opened_for_reading(fn, opening), fn.variable(file)
            if path is None or var is None or not fn.is_plain_local(var) or set(fn.uses(var)) != {file, used}:
                return None
            statement = fn.parent[fn.parent[call]]
            return _Site(WholeRead(call, opening, path, how == "readlines"), statement, node)
    return None


def _comes_first(fn: Function, inference: Inference, node: Node, statement: Node) -> bool:
    """Nothing that could raise or have an effect is evaluated before ``node`` in ``statement``."""
    below = node
    for up in fn.ancestors(node):
        if up is statement:
            return isinstance(below, (cst.BaseSmallStatement, cst.BaseExpression))
        if not _first_in(fn, inference, up, below):
            return False
        below = up
    return False


def _first_in(fn: Function, inference: Inference, up: Node, below: Node) -> bool:
    def quiet(*nodes: Node) -> bool:
        return all(cannot_raise(fn, inference, n) for n in nodes)

    match up:
        case cst.Attribute() | cst.UnaryOperation() | cst.Assign() | cst.Expr() | cst.Return() | cst.Index():
            return True
        case cst.Arg() | cst.Element() | cst.ComparisonTarget() | cst.SubscriptElement():
            return True
        case cst.AnnAssign(value=value) | cst.AugAssign(value=value, target=cst.Name()):
            target = up.target
            return below is value and (isinstance(up, cst.AnnAssign) or quiet(target))
        case cst.Call():
            earlier = up.args[: up.args.index(below)] if isinstance(below, cst.Arg) else []
            return (below is up.func or _is_quiet_function(fn, inference, up.func)) and quiet(
                *(a.value for a in earlier)
            )
        case cst.Comparison():
            return below is up.left or (below is up.comparisons[0] and quiet(up.left))
        case cst.BinaryOperation():
            return below is up.left or quiet(up.left)
        case cst.BooleanOperation():
            return below is up.left
        case cst.Subscript():
            return below is up.value
    return False


def _is_quiet_function(fn: Function, inference: Inference, func: Node) -> bool:
    """Naming the function to be called cannot fail: a builtin, a method of a builtin value."""
    match func:
        case cst.Name(value=name):
            return fn.is_builtin(name)
        case cst.Attribute(value=cst.Name() as receiver):
            kind = inference.kind(receiver)
            known = kind.name in ("list", "dict", "set") or settled(kind)
            return known and cannot_raise(fn, inference, receiver)
    return False


def _loop(fn: Function, inference: Inference, site: _Site) -> cst.For | None:
    """The widest ``for`` in which the file stays what it is."""
    path = site.read.path
    own: set[Node] = {site.read.call, site.read.opening, *([site.block] if site.block else ())}
    if not is_steady_path(fn, inference, path):
        return None
    var, best = fn.variable(path), None
    below: Node = site.statement
    for node in fn.ancestors(site.statement):
        if isinstance(node, (cst.While, Comprehension)):
            break
        if isinstance(node, cst.For) and below is node.body:
            calm = is_at_rest(fn, inference, node.iter) and node.asynchronous is None
            if anchor_of(fn, node) is not node or not calm or may_write(fn, inference, node, own):
                break
            if var is not None and not _keeps(fn, var, node):
                break
            if var is None or binds_before(fn, var, node):
                best = node
        below = node
    return best


def _keeps(fn: Function, var: tuple[Node, str], loop: Node) -> bool:
    bound = {"store", "augstore", "del"}
    return fn.is_plain_local(var) and not any(fn.role(use) in bound for use in fn.uses_in(var, loop))


def _lines_only_read(fn: Function, site: _Site) -> bool:
    """The list is looked at where it is read, or through the one name it is given."""
    statement = site.statement
    target = _target(fn, site)
    if target is None:
        walrus = any(isinstance(n, cst.NamedExpr) for n in walk(statement))
        return fn.role(site.read.call) in READS - _LAZY_ROLES and not walrus
    var = fn.variable(target)
    if var is None or not fn.is_plain_local(var):
        return False
    stores = [use for use in fn.uses(var) if fn.role(use) == "store"]
    return all(fn.role(use) in READS - _LAZY_ROLES or use in stores for use in fn.uses(var))


def _is_kept(fn: Function, site: _Site) -> bool:
    """``if text is None: text = <reading>``: what this rule makes of it."""
    target = _target(fn, site)
    above = (node for node in fn.ancestors(site.statement) if isinstance(node, cst.If))
    return target is not None and any(code(node.test) == f"{target.value} is None" for node in above)


def _target(fn: Function, site: _Site) -> cst.Name | None:
    """``name`` where all that happens is ``name = <reading>``."""
    assign = fn.parent.get(site.read.call)
    if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
        target = assign.targets[0].target
        return target if isinstance(target, cst.Name) else None
    return None


def _kept(fn: Function, site: _Site, loop: cst.For) -> Change:
    label = "lines" if site.read.is_list else "text"
    path = site.read.path
    name = fn.fresh(f"{path.value.lower()}_{label}" if isinstance(path, cst.Name) else f"file_{label}")
    replace: dict[Node, Node | None] = {site.read.call: cst.Name(name)}
    reading = [f"{name} = {code(site.read.call)}"]
    place = site.statement
    if site.block is not None:
        place = site.block
        head = code(site.block.items[0])
        reading = [f"with {head}:", f"    {name} = {code(site.read.call)}"]
        target = cst.ensure_type(_target(fn, site), cst.Name).value
        line = cst.ensure_type(cst.parse_statement(f"{target} = {name}"), cst.SimpleStatementLine)
        replace = {site.block: line.with_changes(leading_lines=site.block.leading_lines)}
    first = "\n".join([f"if {name} is None:", *(f"    {line}" for line in reading)]) + "\n"
    text = edited(fn.tree, replace, before={loop: [f"{name} = None"], place: [first]})
    return Change(text, f"Read `{code(path)}` once")


_HINTS = (".read()", ".readlines()", ".read_text(", ".read_bytes(")
RULE = Rule("readlines-once", "facts", _HINTS, apply, __doc__ or "")
