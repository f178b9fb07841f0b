"""Kinds from what people and traces write down: annotations, observed summaries, module-level literals."""

from __future__ import annotations

import ast

from hasten.agent.propose.analysis import numeric
from hasten.agent.propose.analysis.kinds import (
    BOOL,
    BYTES,
    FLOAT,
    IMMUTABLE,
    INT,
    NONE,
    STR,
    UNKNOWN,
    Kind,
    item,
    join,
    own_class,
)  # fmt: skip
from hasten.agent.propose.analysis.module import ModuleScope

_CONTAINERS = {
    "list": "list", "List": "list", "set": "set", "Set": "set", "frozenset": "frozenset",
    "FrozenSet": "frozenset", "dict": "dict", "Dict": "dict", "deque": "deque", "Deque": "deque",
    "Counter": "dict", "defaultdict": "dict", "DefaultDict": "dict", "OrderedDict": "dict",
    "Iterable": "iterable", "Iterator": "iterable", "Sequence": "iterable", "Collection": "iterable",
    "Generator": "iterable", "Mapping": "mapping", "MutableMapping": "mapping",
}  # fmt: skip
_PACKAGES = ("typing", "typing_extensions", "collections", "collections.abc", "builtins")


def of_annotation(text: str, module: ModuleScope) -> Kind:
    """The kind an annotation, or the type at the start of an observed summary, stands for."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return UNKNOWN
    return _of(node, module)


def of_fact(summary: str, module: ModuleScope) -> Kind:
    """``list[str], length p50 40`` -> list of str."""
    depth = 0
    for position, char in enumerate(summary):
        depth += (char == "[") - (char == "]")
        if depth == 0 and char in ",;(":
            summary = summary[:position]
            break
    return numeric.of_summary(summary) or of_annotation(summary, module)


def _of(node: ast.expr, module: ModuleScope) -> Kind:
    if (found := numeric.of_node(node, module)) is not None:
        return found
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            return of_annotation(text, module)
        case ast.Name(id=name) if module.class_(name):
            return own_class(name)
        case ast.Name() | ast.Attribute():
            return _bare(_generic(node, module))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return join(_of(left, module), _of(right, module))
        case ast.Subscript(value=base, slice=arguments):
            return _subscripted(base, arguments, module)
    return UNKNOWN


def _bare(name: str) -> Kind:
    if name in ("tuple", "Tuple"):
        return Kind("tuple*", (UNKNOWN,))
    if name in IMMUTABLE:
        return Kind(name)
    return Kind(_CONTAINERS[name], _unknowns(name)) if name in _CONTAINERS else UNKNOWN


def _generic(node: ast.expr, module: ModuleScope) -> str:
    """``List`` where a name or attribute means typing's, ``list`` the builtin; empty for any other.

    The ``Set`` of ``collections.abc`` is what looks like a set, not one.
    """
    text = ast.unparse(node)
    if isinstance(node, ast.Name) and not module.binds(text):
        return text
    origin = numeric.of_import(node, module) or (text if isinstance(node, ast.Attribute) else "")
    package, _, name = origin.rpartition(".")
    return name if package in _PACKAGES and origin != "collections.abc.Set" else ""


def _unknowns(name: str) -> tuple[Kind, ...]:
    return (UNKNOWN,) * (2 if _CONTAINERS[name] in ("dict", "mapping") else 1)


def _subscripted(base: ast.expr, arguments: ast.expr, module: ModuleScope) -> Kind:
    name = _generic(base, module)
    parts = list(arguments.elts) if isinstance(arguments, ast.Tuple) else [arguments]
    if name in ("Final", "Annotated", "Required", "NotRequired", "ReadOnly", "ClassVar"):
        return _of(parts[0], module)
    if name == "Literal":
        known = {str: STR, bool: BOOL, int: INT, bytes: BYTES, type(None): NONE}
        return join(*(known.get(type(getattr(p, "value", p)), UNKNOWN) for p in parts))
    if name in ("tuple", "Tuple"):
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is Ellipsis:
            return Kind("tuple*", (_of(parts[0], module),))
        return Kind("tuple", tuple(_of(p, module) for p in parts))
    kinds = tuple(_of(p, module) for p in parts)
    if name == "Optional":
        return join(*kinds, NONE)
    if name == "Union":
        return join(*kinds)
    if name == "Counter":
        return Kind("dict", (*kinds, INT))
    if name not in _CONTAINERS:
        return UNKNOWN
    return Kind(_CONTAINERS[name], kinds[: len(_unknowns(name))])


def of_literal(value: ast.expr | None) -> Kind:
    """Kind of a literal assigned at module level."""
    names = {"str": STR, "int": INT, "float": FLOAT, "bool": BOOL, "bytes": BYTES, "NoneType": NONE}
    match value:
        case ast.Constant(value=literal):
            return names.get(type(literal).__name__, UNKNOWN)
        case ast.List(elts=elements) | ast.Set(elts=elements) if elements:
            kind = join(*(item(of_literal(e)) for e in elements))
            return Kind("list" if isinstance(value, ast.List) else "set", (kind,))
        case ast.Tuple(elts=elements):
            return Kind("tuple", tuple(item(of_literal(e)) for e in elements))
        case ast.Dict(keys=keys, values=values) if keys:
            return Kind("dict", (join(*map(of_literal, keys)), join(*(item(of_literal(v)) for v in values))))
    return UNKNOWN
