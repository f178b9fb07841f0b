"""Fields that are plain values: no property, no attribute hook, there as soon as ``__init__`` is done."""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation, of_literal
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import UNKNOWN, Kind
from hasten.agent.propose.analysis.module import FunctionNode

_DEEPEST = 5
"""Generations of bases that are followed."""
_HOOKS = frozenset(["__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__slots__"])


def class_of(fn: Function, inference: Inference, owner: cst.Name) -> ast.ClassDef | None:
    """The class of a parameter that is never bound to anything else and unknown to nested functions: that of
    the method for ``self``, else as annotated. ``None`` unless it stands in the file, with its bases, and
    without hooks."""
    var, name = fn.variable(owner), owner.value
    if var is None or not fn.is_plain_local(var) or name not in fn.params or fn.params[name].star:
        return None
    if any(fn.role(use) in ("store", "augstore", "del") for use in fn.uses(var)):
        return None
    class_ = fn.module.class_(inference.kind(owner).name) or _class_of_self(fn, name)
    return class_ if class_ is not None and _is_transparent(fn, class_, _DEEPEST) else None


def _class_of_self(fn: Function, name: str) -> ast.ClassDef | None:
    """``__init__`` is left out: the fields may not be there yet."""
    class_name, _, method = fn.qualname.rpartition(".")
    first = fn.node.params.params[0].name.value if fn.node.params.params else ""
    if name != first or fn.node.decorators or method in ("__new__", "__init__", "__init_subclass__"):
        return None
    return fn.module.class_(class_name)


def _is_transparent(fn: Function, class_: ast.ClassDef, depth: int) -> bool:
    if class_.keywords or depth == 0 or (class_.decorator_list and not _is_dataclass(class_)):
        return False
    bound = {n for s in class_.body for n in _bound(s)}
    bases = [b.id if isinstance(b, ast.Name) else "" for b in class_.bases]
    known = [fn.module.class_(b) for b in bases if b != "object"]
    return not bound & _HOOKS and all(b is not None and _is_transparent(fn, b, depth - 1) for b in known)


def _is_dataclass(class_: ast.ClassDef) -> bool:
    """A dataclass whose fields may be set."""
    texts = [ast.unparse(d) for d in class_.decorator_list]
    plain = {"dataclass", "dataclasses.dataclass"}
    return len(texts) == 1 and texts[0].partition("(")[0] in plain and "frozen" not in texts[0]


def _is_set_by_dataclass(class_: ast.ClassDef, statement: ast.stmt) -> bool:
    """A field that the generated ``__init__`` gives to every instance."""
    if not isinstance(statement, ast.AnnAssign) or not _is_dataclass(class_):
        return False
    plain = statement.value is None or isinstance(statement.value, ast.Constant)
    return plain and not any(word in ast.unparse(statement.annotation) for word in ("ClassVar", "InitVar"))


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [t.id for t in targets if isinstance(t, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def field_kind(fn: Function, class_: ast.ClassDef, name: str) -> Kind:
    """Kind of the field where every instance has it and nothing but plain assignment sets it; else unknown.

    Its kind is what annotations say or, without one, what all assignments in the file have in common.
    """
    family = _family(fn, class_, _DEEPEST)
    bound = [s for one in family for s in one.body if name in _bound(s)]
    written = [s for s in bound if isinstance(s, (ast.Assign, ast.AnnAssign))]
    if len(written) < len(bound) or _is_deleted(fn, name):
        return UNKNOWN
    inits = [s for one in family for s in one.body if isinstance(s, FunctionNode) and s.name == "__init__"]
    always = bool(written) and all(_is_set_by_dataclass(class_, s) for s in written)
    set_first = [t for init in inits[:1] for t in init.body if _sets(t, name)]
    if not always and not set_first:
        return UNKNOWN
    for statement in (*written, *set_first):
        if isinstance(statement, ast.AnnAssign):
            return of_annotation(ast.unparse(statement.annotation), fn.module)
    return _common(fn, name, [s.value for s in written if isinstance(s, ast.Assign)])


def _family(fn: Function, class_: ast.ClassDef, depth: int) -> list[ast.ClassDef]:
    bases = [fn.module.class_(b.id) for b in class_.bases if isinstance(b, ast.Name)]
    return [class_, *(c for b in bases if b and depth for c in _family(fn, b, depth - 1))]


def _sets(statement: ast.stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return False
    own = [t for t in targets if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name)]
    return any(t.attr == name and t.value.id == "self" for t in own if isinstance(t.value, ast.Name))


def _is_deleted(fn: Function, name: str) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.ctx, ast.Del)
        for n in ast.walk(fn.module.tree)
    )


def _common(fn: Function, name: str, values: list[ast.expr]) -> Kind:
    """What every assignment to an attribute of this name gives it: literals of one kind."""
    found = list(values)
    for node in ast.walk(fn.module.tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                flat = [e for t in targets for e in ast.walk(t) if isinstance(e, ast.Attribute)]
                if any(e.attr == name and isinstance(e.ctx, ast.Store) for e in flat):
                    found.append(value)
            case ast.AnnAssign(target=ast.Attribute(attr=attr)) if attr == name:
                return UNKNOWN
            case (
                ast.For(target=target)
                | ast.comprehension(target=target)
                | ast.withitem(optional_vars=ast.expr() as target)
            ):
                if any(isinstance(e, ast.Attribute) and e.attr == name for e in ast.walk(target)):
                    return UNKNOWN
    kinds = {of_literal(value) if not isinstance(value, ast.JoinedStr) else Kind("str") for value in found}
    return kinds.pop() if len(kinds) == 1 else UNKNOWN


def is_field(node: cst.CSTNode, owner: str, name: str | None = None) -> bool:
    """``node`` is ``owner.name``."""
    match node:
        case cst.Attribute(value=cst.Name(value=found), attr=cst.Name(value=attribute)):
            return found == owner and name in (None, attribute)
    return False
