"""Kinds whose values are totally ordered, so that any way of sorting them gives the same and never raises."""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import dotted_name
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import BOOL, INT, STR, UNKNOWN, Kind
from hasten.agent.propose.analysis.purity import is_pure
from hasten.agent.propose.analysis.tree import Node, walk

_TEXT_KEYS = frozenset(["lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "swapcase"])


def is_ordered(kind: Kind) -> bool:
    """Whole numbers, text, bytes, and tuples of them by position. No floats: NaN has no order."""
    if kind.name in ("int", "bool", "str", "bytes"):
        return True
    if kind.name == "union":
        return {k.name for k in kind.args} <= {"int", "bool"}
    if kind.name in ("tuple", "tuple*"):
        return bool(kind.args) and all(is_ordered(k) for k in kind.args)
    return False


def equals_are_alike(kind: Kind) -> bool:
    """Equal values cannot be told apart: text and bytes, not numbers (``1 == True``)."""
    if kind.name == "tuple":
        return all(equals_are_alike(k) for k in kind.args)
    return kind.name in ("str", "bytes")


def key_kind(fn: Function, inference: Inference, key: Node | None, element: Kind) -> Kind:
    """Kind of what a sort key makes of an element by reading it only; unknown where it could do more.

    Reading may raise, for every element alike however the elements are then compared.
    """
    match key:
        case None:
            return element
        case cst.Name(value="len") if fn.is_builtin("len"):
            return INT if element.name in ("str", "bytes", "tuple", "tuple*", "frozenset") else UNKNOWN
        case cst.Name(value="str") if fn.is_builtin("str"):
            return STR if element.name in ("str", "int", "bool", "bytes") else UNKNOWN
        case cst.Attribute(value=cst.Name(value="str"), attr=cst.Name(value=method)) if fn.is_builtin("str"):
            return STR if method in _TEXT_KEYS and element.name == "str" else UNKNOWN
        case cst.Name(value=name) if name not in fn.bound and name not in fn.enclosing:
            function = fn.module.function(name)
            returns = function.returns if function and is_pure(fn.module, name) else None
            return of_annotation(ast.unparse(returns), fn.module) if returns else UNKNOWN
        case cst.Call(func=getter, args=[cst.Arg(keyword=None, star="", value=argument)]):
            return _gotten(fn, inference, getter, argument, element)
        case cst.Lambda(params=cst.Parameters(params=[parameter]), body=body):
            plain = sum(1 for n in walk(key.params) if isinstance(n, cst.Param)) == 1
            if plain and parameter.default is None:
                return _read(inference, body, parameter.name.value, element)
    return UNKNOWN


def _gotten(
    fn: Function, inference: Inference, getter: cst.BaseExpression, argument: Node, element: Kind
) -> Kind:
    """``itemgetter(1)`` and ``attrgetter("name")`` of the element."""
    match dotted_name(fn, getter), argument:
        case "operator.itemgetter", index:
            return _item(element, index)
        case "operator.attrgetter", cst.SimpleString() as text if str(text.evaluated_value).isidentifier():
            return inference.field_kind(element.name, str(text.evaluated_value))
    return UNKNOWN


def _read(inference: Inference, body: Node, name: str, element: Kind) -> Kind:
    """Kind of a lambda's body: its parameter, fields and items of it, negations and tuples of those."""
    match body:
        case cst.Name(value=found):
            return element if found == name else UNKNOWN
        case cst.Attribute(value=value, attr=cst.Name(value=attribute)):
            return inference.field_kind(_read(inference, value, name, element).name, attribute)
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return _item(_read(inference, value, name, element), index)
        case cst.Tuple(elements=elements):
            if any(isinstance(e, cst.StarredElement) for e in elements):
                return UNKNOWN
            return Kind("tuple", tuple(_read(inference, e.value, name, element) for e in elements))
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            kind = _read(inference, inner, name, element)
            return INT if kind in (INT, BOOL) else UNKNOWN
        case cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=inner, keyword=None, star="")]):
            kind = _read(inference, inner, name, element)
            known = inference.fn.is_builtin("len") and name != "len"
            return INT if known and kind.name in ("str", "bytes", "tuple", "tuple*", "list") else UNKNOWN
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=method)), args=[]):
            kind = _read(inference, inner, name, element)
            return STR if method in _TEXT_KEYS and kind.name == "str" else UNKNOWN
    return UNKNOWN


def _item(base: Kind, index: Node) -> Kind:
    if base.name == "tuple" and isinstance(index, cst.Integer):
        position = index.evaluated_value
        return base.args[position] if position < len(base.args) else UNKNOWN
    if base.name == "dict" and isinstance(index, cst.SimpleString):
        return base.value
    return UNKNOWN
