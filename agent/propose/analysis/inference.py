"""What kind of value an expression of a function has, from annotations, literals and known methods."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation, of_literal
from hasten.agent.propose.analysis.calls import call_kind
from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.kinds import (
    BOOL,
    BYTES,
    FLOAT,
    INT,
    NONE,
    NOTHING,
    STR,
    UNKNOWN,
    Kind,
    item,
    join,
)  # fmt: skip
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.numeric import operation, subscript, unary
from hasten.agent.propose.analysis.observed import (
    attribute_kind,
    local_kind,
    parameter_kind,
    stays_as_passed,
)
from hasten.agent.propose.analysis.opened import managed_kind
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.tree import Node, code, operator_name

_LITERALS = {cst.Integer: INT, cst.Float: FLOAT, cst.FormattedString: STR}
_STEPS = 4000
"""Expressions looked at before an answer is given up: bounds the work on code of thousands of lines."""

_GROWTH = {".append()": 0, ".insert()": 1, ".add()": 0, ".appendleft()": 0}
"""Methods that put an argument into a container, and which."""
_SHRINK = frozenset(
    words(""".pop() .popleft() .remove() .clear() .sort() .reverse() .discard() del return .keys() .values()
    .items() .get() store""")
)


@dataclass
class Inference:
    """Answers for one function. Sound as far as annotations and observed types are true."""

    fn: Function
    own_result: Kind | None = None
    """What a call of the function itself is taken to return."""
    _known: dict[Var, Kind] = field(default_factory=dict)
    _open: set[Var] = field(default_factory=set)
    _steps: int = 0

    def kind(self, node: Node) -> Kind:
        """The kind of the value of ``node``."""
        self._steps += 1
        if self._steps > _STEPS:
            return UNKNOWN
        match node:
            case cst.SimpleString():
                return BYTES if "b" in node.prefix.lower() else STR
            case cst.ConcatenatedString():
                return self.kind(node.left)
            case cst.Integer() | cst.Float() | cst.FormattedString():
                return _LITERALS[type(node)]
            case cst.Name():
                return self._name(node)
            case cst.List() | cst.Set() | cst.Tuple():
                return self._display(node)
            case cst.Dict():
                return self._dict(node)
            case cst.ListComp():
                return Kind("list", (item(self.kind(node.elt)),))
            case cst.SetComp():
                return Kind("set", (item(self.kind(node.elt)),))
            case cst.GeneratorExp():
                return Kind("iterable", (item(self.kind(node.elt)),))
            case cst.DictComp():
                return Kind("dict", (self.kind(node.key), item(self.kind(node.value))))
            case cst.Call(func=cst.Name(value=name)) if self.own_result and name == self.fn.qualname:
                return self.own_result
            case cst.Call():
                return call_kind(self.fn, self.kind, node)
            case cst.Attribute():
                known = self.field_kind(self.kind(node.value).name, node.attr.value)
                return known if known.known else attribute_kind(self.fn, node)
            case cst.Subscript():
                return self._subscript(node)
            case cst.BinaryOperation():
                return operation(self.kind(node.left), operator_name(node.operator), self.kind(node.right))
            case cst.BooleanOperation():
                return join(self.kind(node.left), self.kind(node.right))
            case cst.IfExp():
                return join(self.kind(node.body), self.kind(node.orelse))
            case cst.NamedExpr():
                return self.kind(node.value)
            case cst.UnaryOperation():
                return unary(operator_name(node.operator), self.kind(node.expression))
            case cst.Comparison():
                return self._comparison(node)
        return UNKNOWN

    def variable(self, var: Var) -> Kind:
        """What a variable may hold over its whole life."""
        if var in self._known:
            return self._known[var]
        if var in self._open:
            return NOTHING
        outermost = not self._open
        self._open.add(var)
        kind = self._variable(var)
        self._open.discard(var)
        if outermost:  # an answer found inside a cycle rests on a guess
            self._known[var] = kind
        return kind

    def _variable(self, var: Var) -> Kind:
        scope, name = var
        fn = self.fn
        if scope is fn.node and not fn.is_plain_local(var) and name not in fn.params:
            return UNKNOWN
        kinds: list[Kind] = []
        annotated = False
        if scope is fn.node and name in fn.params:
            kinds.append(self.parameter(fn.params[name]))
            annotated = stays_as_passed(fn, fn.params[name])
        for use in fn.uses(var):
            role = fn.role(use)
            if role == "store":
                parent = fn.parent[use]
                annotated |= isinstance(parent, cst.AnnAssign)
                kinds.append(self._bound(use))
            elif role == "augstore":
                kinds.append(self._augmented(use))
        kind = join(*kinds)
        if not kind.known and (seen := local_kind(fn, var)).known:
            return seen
        if annotated or kind.name not in ("list", "set", "dict", "deque"):
            return kind
        return join(kind, *(self._growth(kind, var, use) for use in fn.uses(var)))

    def parameter(self, param: cst.Param) -> Kind:
        """Kind of a parameter: its annotation, completed by what was observed."""
        return parameter_kind(self.fn, param)

    def _growth(self, kind: Kind, var: Var, use: Node) -> Kind:
        """What a use adds to an unannotated container; unknown contents once it leaves our sight."""
        fn, role = self.fn, self.fn.role(use)
        blind = Kind(kind.name, (UNKNOWN,) * max(1, len(kind.args)))
        if role in READS or role in _SHRINK:
            return NOTHING
        if role in _GROWTH and kind.name != "dict":
            call = cst.ensure_type(fn.parent[fn.parent[use]], cst.Call)
            if len(call.args) != _GROWTH[role] + 1 or any(a.star or a.keyword for a in call.args):
                return blind
            return Kind(kind.name, (item(self.kind(call.args[-1].value)),))
        if role in (".extend()", ".update()") and kind.name != "dict":
            call = cst.ensure_type(fn.parent[fn.parent[use]], cst.Call)
            return Kind(
                kind.name, tuple(item(self.kind(a.value).element) for a in call.args[:1]) or (UNKNOWN,)
            )
        if role == ".setdefault()" and kind.name == "dict":
            call = cst.ensure_type(fn.parent[fn.parent[use]], cst.Call)
            plain = len(call.args) == 2 and not any(a.star or a.keyword for a in call.args)
            return Kind("dict", tuple(item(self.kind(a.value)) for a in call.args)) if plain else blind
        if role == "augstore":
            return NOTHING  # joined as a binding already
        if role == "setitem":
            return self._stored_item(kind, fn.parent[use]) or blind
        return NOTHING if fn.hands_over(var, use) else blind

    def _stored_item(self, kind: Kind, subscript: Node) -> Kind | None:
        if not isinstance(subscript, cst.Subscript) or len(subscript.slice) != 1:
            return None
        index = subscript.slice[0].slice
        parent = self.fn.parent.get(subscript)
        if not isinstance(index, cst.Index):
            return None
        key = self.kind(index.value)
        if isinstance(parent, cst.AssignTarget):
            value = item(self.kind(cst.ensure_type(self.fn.parent[parent], cst.Assign).value))
        elif isinstance(parent, cst.AugAssign):
            value = item(operation(kind.args[-1], operator_name(parent.operator), self.kind(parent.value)))
        else:
            return NOTHING if isinstance(parent, cst.Del) else None
        return Kind(kind.name, (key, value)) if kind.name == "dict" else Kind(kind.name, (value,))

    def _bound(self, use: Node) -> Kind:
        """Kind a target receives, through tuple unpacking."""
        path: list[int] = []
        node, parent = use, self.fn.parent[use]
        while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.StarredElement)):
            if isinstance(parent, cst.StarredElement):
                return UNKNOWN
            if isinstance(parent, (cst.Tuple, cst.List)):
                path.append(next(i for i, e in enumerate(parent.elements) if e is node))
            node, parent = parent, self.fn.parent[parent]
        kind = self._source(parent)
        for index in reversed(path):
            if kind.name == "tuple":
                kind = kind.args[index] if index < len(kind.args) else UNKNOWN
            else:
                kind = kind.element
        return kind

    def _source(self, binder: Node) -> Kind:
        match binder:
            case cst.AssignTarget():
                return self.kind(cst.ensure_type(self.fn.parent[binder], cst.Assign).value)
            case cst.AnnAssign():
                return of_annotation(code(binder.annotation.annotation), self.fn.module)
            case cst.NamedExpr():
                return self.kind(binder.value)
            case cst.For() | cst.CompFor() if binder.asynchronous is None:
                return self.kind(binder.iter).element
        return managed_kind(self.fn, self.kind, binder)

    def _augmented(self, use: Node) -> Kind:
        statement = cst.ensure_type(self.fn.parent[use], cst.AugAssign)
        var = self.fn.variable(use)
        before = self.variable(var) if var else UNKNOWN
        right = self.kind(statement.value)
        if before.name == "list" and isinstance(statement.operator, cst.AddAssign):
            return Kind("list", (item(right.element),))
        if before.name == "!":  # nothing known yet but this: its other bindings decide
            return right if right.name in ("str", "bytes", "int", "float") else UNKNOWN
        return operation(before, operator_name(statement.operator), right)

    def _name(self, node: cst.Name) -> Kind:
        if node.value in ("True", "False"):
            return BOOL
        if node.value == "None":
            return NONE
        var = self.fn.variable(node)
        if var is not None:
            return self.variable(var)
        if node.value in self.fn.enclosing or node.value in self.fn.captured:
            return UNKNOWN
        kind = of_literal(self.fn.module.constant(node.value))
        if kind.name in ("list", "set", "dict") and not self.fn.module.only_read(node.value):
            return Kind(kind.name, (UNKNOWN,) * len(kind.args))
        return kind

    def _display(self, node: cst.List | cst.Set | cst.Tuple) -> Kind:
        if any(isinstance(e, cst.StarredElement) for e in node.elements):
            return UNKNOWN
        kinds = [item(self.kind(e.value)) for e in node.elements]
        if isinstance(node, cst.Tuple):
            return Kind("tuple", tuple(kinds))
        return Kind("list" if isinstance(node, cst.List) else "set", (join(*kinds),))

    def _dict(self, node: cst.Dict) -> Kind:
        pairs = [e for e in node.elements if isinstance(e, cst.DictElement)]
        if len(pairs) < len(node.elements):
            return UNKNOWN
        keys, values = [self.kind(e.key) for e in pairs], [item(self.kind(e.value)) for e in pairs]
        return Kind("dict", (join(*keys), join(*values)))

    def field_kind(self, class_name: str, attribute: str) -> Kind:
        """Kind of an annotated field of a class of this file."""
        class_ = self.fn.module.class_(class_name)
        for statement in class_.body if class_ else ():
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if name == attribute:
                    return of_annotation(ast.unparse(annotation), self.fn.module)
        return UNKNOWN

    def _subscript(self, node: cst.Subscript) -> Kind:
        base = self.kind(node.value)
        if len(node.slice) != 1:
            return UNKNOWN
        index = node.slice[0].slice
        if (found := subscript(base, index, self.kind)) is not None:
            return found
        if not isinstance(index, cst.Index):
            return base if base.name in ("list", "str", "bytes", "tuple*") else UNKNOWN
        if base.name == "tuple" and isinstance(index.value, cst.Integer):
            position = index.value.evaluated_value
            return base.args[position] if position < len(base.args) else UNKNOWN
        if base.name in ("dict", "mapping"):
            return base.value
        return base.element if base.name in ("list", "tuple", "tuple*", "str", "bytes", "deque") else UNKNOWN

    def _comparison(self, node: cst.Comparison) -> Kind:
        plain = (cst.In, cst.NotIn, cst.Is, cst.IsNot)
        if all(isinstance(c.operator, plain) for c in node.comparisons):
            return BOOL
        sides = [node.left, *(c.comparator for c in node.comparisons)]
        return BOOL if all(self.kind(s).hashable for s in sides) else UNKNOWN
