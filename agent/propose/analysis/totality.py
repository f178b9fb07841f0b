"""Expressions that may be evaluated fewer times, or at another moment, without anyone noticing."""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.purity import PURE_BUILTINS
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import anchor_of, binds_before
from hasten.agent.propose.analysis.tree import Node, operator_name, walk

CONTAINERS = frozenset(words("list tuple tuple* set frozenset dict str bytes deque"))
"""Kinds that can be looped over again and again, and whose iteration runs no code of the user's."""

_NUMBERS = frozenset(words("int bool float"))
_TEXT_TESTS = frozenset(
    words("isdigit isalpha isalnum isspace islower isupper istitle isdecimal isnumeric isidentifier isascii")
)
_TEXT_METHODS = _TEXT_TESTS | frozenset(
    words("lower upper casefold strip lstrip rstrip title capitalize swapcase startswith endswith")
)
_COMMON_METHODS = _TEXT_METHODS | frozenset(
    words(
        """split rsplit splitlines join replace encode decode format zfill partition rpartition removeprefix
        removesuffix get items keys values copy append index count find rfind group groups groupdict"""
    )
)
_MODULES_WITHOUT_ITERATORS = frozenset(words("math re operator os.path os json string time random"))


def is_container(fn: Function, inference: Inference, node: Node) -> bool:
    """Iterating over ``node`` neither uses anything up, nor raises, nor runs code of the user's."""
    if inference.kind(node).name in CONTAINERS:
        return True
    match node:
        case cst.Call(func=cst.Name(value="range"), args=args) if fn.is_builtin("range"):
            return all(inference.kind(a.value).name in ("int", "bool") and not a.star for a in args)
        case cst.Call(func=cst.Name(value="enumerate" | "zip" | "reversed" as name), args=args):
            plain = fn.is_builtin(name) and not any(a.star or a.keyword for a in args)
            return plain and all(is_container(fn, inference, a.value) for a in args)
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method)), args=[]):
            return method in ("keys", "values", "items") and inference.kind(receiver).name == "dict"
    return False


def rehashes_alike(inference: Inference, source: Node) -> bool:
    """Sets and dicts made from a set or dict take over the hashes it has stored: no difference for values
    whose hash never changes."""
    kind = inference.kind(source)
    return kind.name not in ("set", "frozenset", "dict") or kind.element.hashable


def cannot_raise(fn: Function, inference: Inference, node: Node) -> bool:
    """Evaluating ``node`` has no effect and raises nothing, provided annotations hold."""

    def total(*nodes: Node) -> bool:
        return all(cannot_raise(fn, inference, n) for n in nodes)

    match node:
        case cst.SimpleString() | cst.Integer() | cst.Float():
            return True
        case cst.Name():
            return _is_bound(fn, node)
        case cst.Tuple() | cst.List():
            return all(isinstance(e, cst.Element) and total(e.value) for e in node.elements)
        case cst.Comparison():
            return total(node.left, *(c.comparator for c in node.comparisons)) and _compares(inference, node)
        case cst.BooleanOperation():
            return total(node.left, node.right) and _has_truth(inference, node.left)
        case cst.UnaryOperation(operator=cst.Not()):
            return total(node.expression) and _has_truth(inference, node.expression)
        case cst.UnaryOperation(operator=cst.Minus() | cst.Plus()):
            return total(node.expression) and inference.kind(node.expression).name in _NUMBERS
        case cst.IfExp():
            return total(node.test, node.body, node.orelse) and _has_truth(inference, node.test)
        case cst.BinaryOperation():
            return total(node.left, node.right) and _calculates(inference, node)
        case cst.Call():
            values = [a.value for a in node.args if not a.star and not a.keyword]
            return len(values) == len(node.args) and total(*values) and _returns(fn, inference, node, values)
        case cst.Subscript(
            value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer() as i))]
        ):
            kind = inference.kind(value)
            return total(value) and kind.name == "tuple" and i.evaluated_value < len(kind.args)
    return False


def _is_bound(fn: Function, node: cst.Name) -> bool:
    if node.value in ("True", "False", "None"):
        return True
    var = fn.variable(node)
    if var is None:
        return fn.module.only_binding(node.value) is not None or fn.is_builtin(node.value)
    return is_bound_at(fn, var, node)


def is_bound_at(fn: Function, var: Var, site: Node) -> bool:
    """``var`` has a value where ``site`` stands."""
    if var[0] is not fn.node:
        return True  # the variable of a comprehension
    anchor = anchor_of(fn, site)
    return anchor is not None and binds_before(fn, var, anchor)


def _has_truth(inference: Inference, node: Node) -> bool:
    return inference.kind(node).name in IMMUTABLE | CONTAINERS


def _compares(inference: Inference, node: cst.Comparison) -> bool:
    """Values of builtin kinds, ordered only where they have an order."""
    left = inference.kind(node.left)
    for part in node.comparisons:
        right = inference.kind(part.comparator)
        if not _compares_pair(left, part.operator, right):
            return False
        left = right
    return True


def _compares_pair(left: Kind, operator: Node, right: Kind) -> bool:
    match operator:
        case cst.Is() | cst.IsNot():
            return True
        case cst.Equal() | cst.NotEqual():
            return left.hashable and right.hashable
        case cst.In() | cst.NotIn() if right.name == "str":
            return left.name == "str"
        case cst.In() | cst.NotIn():
            return left.hashable and right.name in CONTAINERS - {"bytes"} and right.element.hashable
    numbers = left.name in _NUMBERS and right.name in _NUMBERS
    return numbers or (left.name == right.name and left.name in ("str", "bytes"))


def _calculates(inference: Inference, node: cst.BinaryOperation) -> bool:
    """Whole numbers with whole numbers, floats with floats: nothing overflows. Text with text."""
    left, right = inference.kind(node.left).name, inference.kind(node.right).name
    match operator_name(node.operator):
        case "Add" if left == right == "str":
            return True
        case "Add" | "Subtract" | "Multiply":
            whole = {left, right} <= {"int", "bool"}
            return whole or left == right == "float"
        case "BitAnd" | "BitOr" | "BitXor":
            return {left, right} <= {"int", "bool"}
        case "Modulo" | "FloorDivide" if {left, right} <= {"int", "bool"}:
            return isinstance(node.right, cst.Integer) and node.right.evaluated_value != 0
    return False


def _returns(fn: Function, inference: Inference, call: cst.Call, values: list[cst.BaseExpression]) -> bool:
    kinds = [inference.kind(v) for v in values]
    match call.func:
        case cst.Name(value="len") if fn.is_builtin("len"):
            return [k.name in CONTAINERS for k in kinds] == [True]
        case cst.Name(value="bool") if fn.is_builtin("bool"):
            return len(values) == 1 and _has_truth(inference, values[0])
        case cst.Name(value="abs") if fn.is_builtin("abs"):
            return [k.name in _NUMBERS for k in kinds] == [True]
        case cst.Name(value="isinstance") if fn.is_builtin("isinstance"):
            return len(values) == 2 and kinds[0].name in IMMUTABLE | CONTAINERS and _are_types(fn, values[1])
        case cst.Attribute(value=receiver, attr=cst.Name(value=method)) if method in _TEXT_METHODS:
            if inference.kind(receiver).name != "str" or not cannot_raise(fn, inference, receiver):
                return False
            if method in ("startswith", "endswith"):
                return len(kinds) == 1 and (kinds[0].name == "str" or _are_texts(kinds[0]))
            return not kinds or (
                method in ("strip", "lstrip", "rstrip") and [k.name for k in kinds] == ["str"]
            )
    return False


def _are_texts(kind: Kind) -> bool:
    return kind.name == "tuple" and all(k.name == "str" for k in kind.args)


def _are_types(fn: Function, node: Node) -> bool:
    names = [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]
    builtin = words("int str float bool bytes list dict set tuple frozenset complex")
    return all(isinstance(n, cst.Name) and n.value in builtin and fn.is_builtin(n.value) for n in names)


def never_stops(fn: Function, inference: Inference, node: Node) -> bool:
    """No call in ``node`` lets a StopIteration out: a generator turns one into a RuntimeError, ``map`` into
    its end, a list comprehension into neither."""
    return all(_keeps_going(fn, inference, n) for n in walk(node))


def _keeps_going(fn: Function, inference: Inference, node: Node) -> bool:
    match node:
        case cst.Await() | cst.Yield() | cst.From():
            return False
        case cst.Call(func=cst.Name(value=name)):
            if fn.is_builtin(name):
                return name in PURE_BUILTINS | {"getattr", "hasattr", "print", "open"}
            if name in fn.bound or name in fn.enclosing:
                return False
            function, class_ = fn.module.function(name), fn.module.class_(name)
            if function is not None or class_ is not None:
                return not _speaks_of_iterators(function or class_, fn)
            origin = fn.module.imported(name) or ""
            return origin.rpartition(".")[0] in _MODULES_WITHOUT_ITERATORS
        case cst.Call(func=cst.Attribute(value=cst.Name() as receiver, attr=attr)) if fn.imported(
            receiver.value
        ):
            return fn.imported(receiver.value) in _MODULES_WITHOUT_ITERATORS and attr.value != "loads"
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))):
            return method in _COMMON_METHODS or inference.kind(receiver).name in IMMUTABLE | CONTAINERS
        case cst.Call():
            return False
    return True


def _speaks_of_iterators(node: ast.AST | None, fn: Function, depth: int = 3) -> bool:
    """A function or class of the file that could raise StopIteration: it says ``next``, or calls what we
    cannot look into."""
    if node is None or depth == 0:
        return True
    for child in ast.walk(node):
        match child:
            case ast.Name(id="StopIteration" | "next") | ast.Attribute(attr="__next__" | "send" | "throw"):
                return True
            case ast.Call(func=ast.Name(id=name)):
                if not fn.module.binds(name):
                    if name not in PURE_BUILTINS and not name.endswith(("Error", "Exception")):
                        return True
                elif _speaks_of_iterators(fn.module.function(name), fn, depth - 1):
                    return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                known = fn.module.imported(name) in _MODULES_WITHOUT_ITERATORS
                if not known and method not in _COMMON_METHODS:
                    return True
            case ast.Call(func=ast.Attribute(attr=method)) if method in _COMMON_METHODS:
                continue
            case ast.Call():
                return True
    return False
