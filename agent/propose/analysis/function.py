"""A definition under analysis: its variables, where each is used, and in what role."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from hasten.agent.facts import Facts
from hasten.agent.propose.analysis.module import ModuleScope, words
from hasten.agent.propose.analysis.reader import Reader, Var, comprehension_names, nested_parameters
from hasten.agent.propose.analysis.tree import Node, walk

_FRAME_READERS = frozenset({"locals", "vars", "eval", "exec", "globals", "dir", "__import__"})

READS = frozenset(
    words(
        """in iter getitem getslice compare truth format star operand discard probe .index() .count() .copy()
        len() list() tuple() set() frozenset() sorted() sum() min() max() any() all() enumerate() zip()
        reversed() iter() map() filter() str() repr() print() isinstance() bool() dict() Counter() type()
        id() deepcopy()"""
    )
)
"""Roles in which a list is looked at and neither changed nor kept."""


@dataclass(frozen=True)
class Function:
    """One function definition at column 0, with the module it lives in. Everything is derived on demand."""

    tree: cst.Module
    qualname: str
    module: ModuleScope
    enclosing: frozenset[str] = frozenset()
    facts: Facts | None = None

    @cached_property
    def node(self) -> cst.FunctionDef:
        return cst.ensure_type(self.tree.body[0], cst.FunctionDef)

    @cached_property
    def text(self) -> str:
        return self.tree.code

    @cached_property
    def _read(self) -> Reader:
        return Reader(self.node).read()

    @property
    def parent(self) -> dict[Node, Node]:
        return self._read.parent

    @property
    def own(self) -> list[Node]:
        """Nodes of the body in source order, without those inside nested functions, lambdas and classes."""
        return self._read.own

    @property
    def order(self) -> dict[Node, int]:
        return self._read.order

    @property
    def captured(self) -> set[str]:
        return self._read.captured

    @cached_property
    def params(self) -> dict[str, cst.Param]:
        return {n.name.value: n for n in walk(self.node.params) if isinstance(n, cst.Param)}

    @cached_property
    def readable(self) -> bool:
        """False when the function can see its own variables in ways names do not show."""
        return not self._is_compiled and not any(
            isinstance(n, cst.Name) and n.value in _FRAME_READERS and self.is_builtin(n.value)
            for n in self.own
        )

    @property
    def _is_compiled(self) -> bool:
        """A decorator of numba's: what follows is not quite Python any more."""
        names = [n for d in self.node.decorators for n in walk(d) if isinstance(n, cst.Name)]
        return any((self.module.imported(n.value) or "").split(".")[0] == "numba" for n in names)

    @cached_property
    def is_generator(self) -> bool:
        return any(isinstance(n, cst.Yield) for n in self.own)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names this function binds itself, parameters included."""
        stored = {
            name
            for (scope, name), uses in self._read.uses.items()
            if scope is self.node and any(binding_context(self, use) for use in uses)
        }
        return frozenset((stored | set(self.params)) - self._read.declared)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """Names that mean something else in a comprehension, lambda or nested function."""
        inner = (n for n in walk(self.node) if n is not self.node)
        return frozenset(name for n in inner for name in (*comprehension_names(n), *nested_parameters(n)))

    def is_builtin(self, name: str) -> bool:
        """``name`` still means the builtin here: nothing in the file rebinds it."""
        return hasattr(builtins, name) and not (
            self.module.binds(name) or name in self.enclosing or name in self.bound or name in self._hidden
        )

    def imported(self, name: str) -> str | None:
        """Dotted name a module-level import bound to ``name``, seen from this function."""
        if name in self.enclosing or name in self.bound or name in self._hidden:
            return None
        return self.module.imported(name)

    def variable(self, node: Node) -> Var | None:
        """The variable a name refers to; ``None`` for names bound outside the definition."""
        scope = self._read.scope_of.get(node)
        if not isinstance(node, cst.Name) or scope is None:
            return None
        return (scope, node.value) if scope is not self.node or node.value in self.bound else None

    def uses(self, var: Var) -> list[Node]:
        return self._read.uses.get(var, [])

    def uses_in(self, var: Var, region: Node) -> list[Node]:
        return [use for use in self.uses(var) if self.inside(use, region)]

    def ancestors(self, node: Node) -> Iterator[Node]:
        while (up := self.parent.get(node)) is not None:
            yield up
            node = up

    def inside(self, node: Node, region: Node) -> bool:
        return node is region or any(a is region for a in self.ancestors(node))

    def is_plain_local(self, var: Var) -> bool:
        """Bound by this function only, and seen by nothing but its own statements."""
        scope, name = var
        return scope is self.node and name not in self._read.declared and name not in self.captured

    def role(self, node: Node) -> str:
        """What becomes of the value of ``node`` where it stands: see :data:`READS`; ``other`` if unclear."""
        return binding_context(self, node) or _role(self, node, self.parent.get(node)) or "other"

    @cached_property
    def _handed(self) -> dict[tuple[Var, Node], bool]:
        return {}

    def hands_over(self, var: Var, use: Node) -> bool:
        """``use`` passes the value on when this function no longer looks at it or changes it."""
        if (var, use) not in self._handed:
            self._handed[var, use] = self._hands_over(var, use)
        return self._handed[var, use]

    def _hands_over(self, var: Var, use: Node) -> bool:
        above = list(self.ancestors(use))
        if any(isinstance(a, cst.Try) for a in above):
            return False
        leaving = next((a for a in above if isinstance(a, cst.Return)), None)
        if leaving is not None:
            return len(self.uses_in(var, leaving)) == 1
        if any(isinstance(a, (cst.For, cst.While, cst.BaseComp)) for a in above) or self.is_generator:
            return False
        later = [u for u in self.uses(var) if self.order[u] > self.order[use]]
        # The last first: what is asked of an earlier one has then been answered for those behind it.
        return all(
            self.role(u) == "return" or (self.role(u) not in READS and self.hands_over(var, u))
            for u in reversed(later)
        )

    def fresh(self, base: str, taken: Collection[str] = ()) -> str:
        """``base``, or ``base2``, ``base3``, ... if the file already uses it."""
        own = {n.value for n in walk(self.node) if isinstance(n, cst.Name)}
        used = self.module.identifiers | self.enclosing | own
        name, number = base, 1
        while name in used or name in taken:
            number += 1
            name = f"{base}{number}"
        return name


def binding_context(fn: Function, node: Node) -> str:
    """``store``, ``augstore`` or ``del`` where ``node`` is a target; empty where it is read."""
    match parent := fn.parent.get(node):
        case cst.AssignTarget() | cst.ImportAlias() | cst.AsName() | cst.MatchAs() | cst.MatchStar():
            return "store"
        case cst.FunctionDef() | cst.ClassDef():
            return "store" if parent.name is node else ""
        case cst.AnnAssign() | cst.NamedExpr() | cst.For() | cst.CompFor():
            return "store" if parent.target is node else ""
        case cst.AugAssign():
            return "augstore" if parent.target is node else ""
        case cst.MatchMapping():  # ``case {**rest}``
            return "store" if parent.rest is node else ""
        case cst.Del():
            return "del"
        case cst.Element() | cst.StarredElement() | cst.Tuple() | cst.List():
            return binding_context(fn, parent)
    return ""


def _role(fn: Function, node: Node, parent: Node | None) -> str | None:
    match parent:
        case cst.Attribute():
            call = fn.parent.get(parent)
            called = isinstance(call, cst.Call) and call.func is parent
            return f".{parent.attr.value}()" if called else "attribute"
        case cst.Subscript() if parent.value is node:
            return _subscript_role(fn, parent)
        case cst.ComparisonTarget():
            return "in" if isinstance(parent.operator, (cst.In, cst.NotIn)) else "compare"
        case cst.Comparison():
            return "probe" if isinstance(parent.comparisons[0].operator, (cst.In, cst.NotIn)) else "compare"
        case cst.For() | cst.CompFor():
            return "iter"
        case cst.Arg():
            return _argument_role(fn, parent)
        case cst.Return():
            return None if _used_finally(fn, node) else "return"
        case cst.If() | cst.While() | cst.IfExp() | cst.Assert() | cst.CompIf() if parent.test is node:
            return "truth"
        case cst.UnaryOperation():
            return "truth" if isinstance(parent.operator, cst.Not) else "operand"
        case cst.BooleanOperation():
            return "truth" if fn.role(parent) == "truth" else None
        case cst.AugAssign():
            return "operand"
        case cst.StarredElement():
            return "star"
        case cst.FormattedStringExpression():
            return "format"
        case cst.BinaryOperation():
            return "operand"
        case cst.Expr():
            return "discard"
    return None


def _used_finally(fn: Function, node: Node) -> bool:
    """A ``finally`` around the ``return`` goes on with the variable."""
    var = fn.variable(node)
    last = [a.finalbody for a in fn.ancestors(node) if isinstance(a, (cst.Try, cst.TryStar)) and a.finalbody]
    return var is not None and any(fn.uses_in(var, block) for block in last)


def _subscript_role(fn: Function, subscript: cst.Subscript) -> str:
    if binding_context(fn, subscript):
        return "setitem"
    is_slice = any(isinstance(e.slice, cst.Slice) for e in subscript.slice)
    return "getslice" if is_slice else "getitem"


def _argument_role(fn: Function, arg: cst.Arg) -> str | None:
    call = fn.parent.get(arg)
    if arg.star == "*":
        return "star"
    if not isinstance(call, cst.Call) or arg.star or arg.keyword:
        return None  # ``dict(a=items)`` keeps the list
    if is_deepcopy(fn, call):
        return "deepcopy()"
    if not isinstance(call.func, cst.Name):
        return None
    name = call.func.value
    if name in ("min", "max") and len(call.args) > 1 and not call.args[1].keyword:
        return None  # of several lists, one comes back
    if name == "sum" and arg is not call.args[0]:
        return None  # what is added to nothing comes back
    known = fn.is_builtin(name) or fn.imported(name) == "collections.Counter"
    return f"{name}()" if known else None


def is_deepcopy(fn: Function, call: cst.Call) -> bool:
    """A call of ``copy.deepcopy``, however imported."""
    match call.func:
        case cst.Name(value=name):
            return fn.imported(name) == "copy.deepcopy"
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="deepcopy")):
            return fn.imported(name) == "copy"
    return False
