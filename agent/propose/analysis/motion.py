"""Expressions that may be computed at another time: they can neither raise nor change anything, and what they
look at cannot change from within."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.still import SEQUENCES, TABLES
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Node, walk

_NUMBERS = frozenset(words("int bool float"))
_WHOLE = frozenset(words("int bool"))
_BARE_METHODS = frozenset(
    words(
        """lower upper casefold title capitalize swapcase strip lstrip rstrip split rsplit splitlines isdigit
        isalpha isalnum isspace islower isupper istitle isdecimal isnumeric isidentifier isascii"""
    )
)
_TEXT_METHODS = {
    **dict.fromkeys(words("strip lstrip rstrip startswith endswith count find rfind"), 1),
    **dict.fromkeys(words("removeprefix removesuffix"), 1),
    "replace": 2,
}
"""Methods of text that take this many texts and cannot fail."""
_CUTS = frozenset(words("split rsplit partition rpartition"))
_OPTIONS = {"sorted": {"reverse"}, "min": {"default"}, "max": {"default"}}


def settled(kind: Kind) -> bool:
    """A builtin value all the way down: what a container of this kind holds cannot change either."""
    if kind.hashable:
        return True
    return kind.name in SEQUENCES | TABLES and bool(kind.args) and all(a.hashable for a in kind.args)


def alternatives(kind: Kind) -> frozenset[str]:
    """Names of the kinds a value may have."""
    return frozenset(k.name for k in kind.args) if kind.name == "union" else frozenset([kind.name])


def ordered(kind: Kind) -> bool:
    """Values of which any two can be put in order."""
    names = alternatives(kind)
    return names <= _NUMBERS or names == {"str"} or names == {"bytes"}


@dataclass(frozen=True)
class Motion:
    """Judges expressions of one function, their variables taken to be bound."""

    fn: Function
    inference: Inference

    def allows(self, node: Node) -> bool:
        """``node`` may be computed wherever its variables have their values."""
        match node:
            case cst.Name():
                return self._name(node)
            case cst.Call():
                return self._call(node)
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                hashes = not isinstance(node, cst.SetComp) or self._kind(node.elt).hashable
                return hashes and self.allows(node.elt) and self._clauses(node)
            case cst.Tuple() | cst.List():
                return all(isinstance(e, cst.Element) and self.allows(e.value) for e in node.elements)
            case cst.FormattedString():
                return all(self._formatted(part) for part in node.parts)
        names = (n for n in walk(node) if isinstance(n, cst.Name) and self.fn.variable(n))
        return cannot_raise(self.fn, self.inference, node) and all(map(self._name, names))

    def _kind(self, node: Node) -> Kind:
        return self.inference.kind(node)

    def _name(self, node: cst.Name) -> bool:
        if node.value in ("True", "False", "None") or self.fn.variable(node) is not None:
            return settled(self._kind(node))
        return self._kind(node).name in IMMUTABLE and self.fn.module.constant(node.value) is not None

    def _walked(self, node: Node) -> bool:
        """Where a dict is only looped over, its values may be anything."""
        kind = self._kind(node)
        keys_only = isinstance(node, cst.Name) and kind.name == "dict" and kind.element.hashable
        return keys_only or self.allows(node)

    def _formatted(self, part: Node) -> bool:
        """Whole numbers of thousands of digits have no text."""
        if not isinstance(part, cst.FormattedStringExpression):
            return True
        plain = part.conversion is None and part.format_spec is None and part.equal is None
        names = alternatives(self._kind(part.expression))
        return plain and names <= {"str", "float", "bool", "None"} and self.allows(part.expression)

    def _call(self, call: cst.Call) -> bool:
        if any(a.star for a in call.args) or not all(self._walked(a.value) for a in call.args):
            return False
        match call.func:
            case cst.Name(value=name) if self.fn.is_builtin(name):
                return self._builtin(name, call.args)
            case cst.Attribute(value=receiver, attr=cst.Name(value=method)) if self._walked(receiver):
                return self._method(receiver, method, call.args)
        return False

    def _builtin(self, name: str, arguments: Sequence[cst.Arg]) -> bool:
        options = {a.keyword.value for a in arguments if a.keyword}
        plain = [a.value for a in arguments if not a.keyword]
        kinds = [self._kind(value) for value in plain]
        if not options <= _OPTIONS.get(name, set()):
            return False
        if name in ("min", "max") and len(plain) > 1:
            names = frozenset[str]().union(*map(alternatives, kinds))
            return not options and (names <= _NUMBERS or names in ({"str"}, {"bytes"}))
        if name in ("enumerate", "zip"):
            return all(k.element.known for k in kinds) and (name == "zip" or len(plain) == 1)
        if name == "range":
            return 1 <= len(plain) <= 2 and all(alternatives(k) <= _WHOLE for k in kinds)
        return len(plain) == 1 and self._of_one(name, kinds[0], "default" in options)

    def _of_one(self, name: str, kind: Kind, has_default: bool) -> bool:
        element = kind.element
        match name:
            case "len":
                return kind.name in SEQUENCES | TABLES | {"str", "bytes"}
            case "sorted":
                return ordered(element)
            case "min" | "max":
                return has_default and ordered(element)
            case "set" | "frozenset":
                return element.hashable
            case "list" | "tuple":
                return element.known
            case "reversed":
                return kind.name in SEQUENCES
            case "sum":
                return alternatives(element) <= _WHOLE or alternatives(element) == {"float"}
            case "any" | "all":
                return settled(element)
            case "bool":
                return settled(kind)
            case "abs":
                return alternatives(kind) <= _NUMBERS
            case "str" | "repr":
                return alternatives(kind) <= {"str", "float", "bool", "None"}
        return False

    def _method(self, receiver: Node, method: str, arguments: Sequence[cst.Arg]) -> bool:
        kind, values = self._kind(receiver), [a.value for a in arguments]
        if any(a.keyword for a in arguments):
            return False
        if kind.name == "dict":
            looked_into = settled(kind) or method == "keys"
            return method in ("keys", "values", "items") and not values and looked_into
        if kind.name != "str":
            return False
        if not values:
            return method in _BARE_METHODS
        if method == "join":
            return len(values) == 1 and self._kind(values[0]).element.name == "str"
        if method in _CUTS:
            return _is_separator(values[0]) and all(isinstance(v, cst.Integer) for v in values[1:])
        texts = [v for v in values if self._kind(v).name == "str"]
        return len(texts) == len(values) == _TEXT_METHODS.get(method)

    def _clauses(self, comp: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> bool:
        clause: cst.CompFor | None = comp.for_in
        while clause is not None:
            kind = self._kind(clause.iter)
            if clause.asynchronous is not None or not self._walked(clause.iter):
                return False
            if not _fits(clause.target, kind.element):
                return False
            if not all(self.allows(i.test) and settled(self._kind(i.test)) for i in clause.ifs):
                return False
            clause = clause.inner_for_in
        return True


def _is_separator(node: Node) -> bool:
    return isinstance(node, cst.SimpleString) and bool(node.evaluated_value)


def _fits(target: Node, element: Kind) -> bool:
    """Unpacking an element into ``target`` cannot fail."""
    if isinstance(target, cst.Name):
        return element.known
    if not isinstance(target, cst.Tuple) or element.name != "tuple":
        return False
    return len(target.elements) == len(element.args) and all(
        isinstance(e, cst.Element) and _fits(e.value, kind)
        for e, kind in zip(target.elements, element.args, strict=True)
    )
