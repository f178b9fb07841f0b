"""Kinds that calls return: builtins, methods of builtin types, functions and classes of the file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import libcst as cst

from hasten.agent.propose.analysis import numeric
from hasten.agent.propose.analysis.annotations import of_annotation
from hasten.agent.propose.analysis.function import Function
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
    own_class,
)  # fmt: skip
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.opened import FILE, file_method, open_kind
from hasten.agent.propose.analysis.tree import Node

KindOf = Callable[[Node], Kind]

_STR_METHODS = {
    **dict.fromkeys(
        words("""lower upper casefold strip lstrip rstrip title capitalize swapcase replace join format zfill
        center ljust rjust expandtabs translate removeprefix removesuffix"""), STR),
    **dict.fromkeys(words("split rsplit splitlines"), Kind("list", (STR,))),
    **dict.fromkeys(words("partition rpartition"), Kind("tuple", (STR, STR, STR))),
    **dict.fromkeys(words("find rfind index rindex count"), INT),
    **dict.fromkeys(
        words("""startswith endswith isdigit isalpha isalnum isspace islower isupper istitle isdecimal
        isnumeric isidentifier isascii isprintable"""), BOOL),
    "encode": BYTES,
}  # fmt: skip
STR_METHODS = frozenset(_STR_METHODS)
_SIMPLE_CALLS = {
    **dict.fromkeys(words("str repr input chr hex bin oct ascii format"), STR),
    **dict.fromkeys(words("len int ord id"), INT),
    **dict.fromkeys(words("bool any all isinstance callable hasattr issubclass"), BOOL),
    "float": FLOAT,
    "bytes": BYTES,
    "range": Kind("iterable", (INT,)),
    "print": NONE,
}


def call_kind(fn: Function, kind: KindOf, call: cst.Call) -> Kind:
    """What ``call`` returns; arguments are asked for through ``kind``."""
    if (found := numeric.call_kind(fn, kind, call)) is not None:
        return found
    match call.func:
        case cst.Name(value=name) if fn.is_builtin(name):
            return _builtin(name, kind, call)
        case cst.Name(value=name) if name not in fn.bound and name not in fn.enclosing:
            return _own_function(fn, kind, name, call)
        case cst.Attribute(value=cst.Name(value="re")) if fn.imported("re") == "re":
            return _regex(call)
        case cst.Attribute(value=receiver, attr=cst.Name(value=method)):
            return _method(kind(receiver), method, kind, call)
    return UNKNOWN


def _builtin(name: str, kind: KindOf, call: cst.Call) -> Kind:
    if name in _SIMPLE_CALLS:
        return _SIMPLE_CALLS[name]
    kinds = [kind(a.value) for a in call.args if not a.star and not a.keyword]
    if any(a.star for a in call.args):
        return UNKNOWN
    if name == "open":
        return open_kind(call)
    first = kinds[0] if kinds else None
    element = item(first.element) if first else NOTHING
    match name:
        case "list" | "sorted":
            return Kind("list", (element,))
        case "tuple":
            return Kind("tuple*", (element,)) if first else Kind("tuple")
        case "set" | "frozenset":
            return Kind(name, (element,))
        case "iter" | "reversed":
            return Kind("iterable", (element,))
        case "enumerate":
            return Kind("iterable", (Kind("tuple", (INT, element)),))
        case "zip":
            return Kind("iterable", (Kind("tuple", tuple(item(k.element) for k in kinds)),))
        case "dict":
            return Kind("dict", (NOTHING, NOTHING)) if not call.args else UNKNOWN
        case "min" | "max" if len(kinds) == len(call.args):
            return join(*kinds) if len(kinds) > 1 else element
        case "sum" if len(call.args) == 1 and element.name in ("int", "bool", "float"):
            return join(INT, FLOAT) if element.name == "float" else INT
        case "abs" if first in (INT, FLOAT):
            return first
        case "round" if first and first.name in ("int", "float"):
            return INT if len(kinds) == 1 else first
        case "next" if len(kinds) == 1 and first:
            return element
    return UNKNOWN


def _own_function(fn: Function, kind: KindOf, name: str, call: cst.Call) -> Kind:
    """A function of the file by its annotation, a class of the file, a container of ``collections``."""
    if (function := fn.module.function(name)) is not None:
        plain = isinstance(function, ast.FunctionDef) and not function.decorator_list
        if plain and function.returns is not None:
            return of_annotation(ast.unparse(function.returns), fn.module)
        return UNKNOWN
    if fn.module.class_(name):
        return own_class(name)
    first = kind(call.args[0].value) if len(call.args) == 1 and not call.args[0].star else None
    match fn.module.imported(name):
        case "collections.deque":
            return (
                Kind("deque", (item(first.element) if first else NOTHING,))
                if call.args[1:] == ()
                else UNKNOWN
            )
        case "collections.Counter" if first or not call.args:
            return Kind("dict", (first.element if first else NOTHING, INT))
    return UNKNOWN


def _regex(call: cst.Call) -> Kind:
    """``re.findall`` and ``re.split`` of a literal pattern on text."""
    name = cst.ensure_type(call.func, cst.Attribute).attr.value
    if not call.args or not isinstance(pattern := call.args[0].value, cst.SimpleString):
        return UNKNOWN
    text = pattern.evaluated_value
    if not isinstance(text, str):
        return UNKNOWN
    try:
        groups = re.compile(text).groups
    except re.error:
        return UNKNOWN
    if name == "findall":
        return Kind("list", (STR if groups < 2 else Kind("tuple*", (STR,)),))
    if name == "split":
        return Kind("list", (STR if groups == 0 else join(STR, NONE),))
    return STR if name == "sub" else UNKNOWN


def _method(receiver: Kind, method: str, kind: KindOf, call: cst.Call) -> Kind:
    arguments = [kind(a.value) for a in call.args]
    if receiver.name == "str":
        return _STR_METHODS.get(method, UNKNOWN)
    if receiver.name == FILE:
        return file_method(receiver, method)
    if receiver.name == "bytes":
        return STR if method == "decode" else UNKNOWN
    if receiver.name in ("list", "tuple", "tuple*", "deque"):
        match method:
            case "pop" | "popleft":
                return receiver.element
            case "copy":
                return receiver
            case "index" | "count":
                return INT
    if receiver.name in ("dict", "mapping"):
        return _dict_method(receiver, method, arguments)
    if receiver.name in ("set", "frozenset"):
        if method in ("copy", "union", "intersection", "difference"):
            return receiver if method != "union" else UNKNOWN
        return receiver.element if method == "pop" else UNKNOWN
    return UNKNOWN


def _dict_method(receiver: Kind, method: str, arguments: list[Kind]) -> Kind:
    key, value = receiver.element, receiver.value
    match method:
        case "keys":
            return Kind("iterable", (key,))
        case "values":
            return Kind("iterable", (value,))
        case "items":
            return Kind("iterable", (Kind("tuple", (key, value)),))
        case "get" | "pop" | "setdefault":
            default = arguments[1] if len(arguments) > 1 else NOTHING if method == "pop" else NONE
            return join(value, default)
    return UNKNOWN
