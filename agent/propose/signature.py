"""How a definition looks to its callers, and what an edit changed of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hasten.agent.languages.python import DefinitionNode, walk_definitions
from hasten.agent.propose.source import BOM

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_CACHES = {"cache", "lru_cache"}


def signature_changes(
    old_source: str, new_source: str, qualname: str, allow_decorators: bool = False
) -> str | None:
    """What callers of ``qualname`` would notice, as one sentence; ``None`` when nothing.

    Both sources are whole files. Compared are name, parameters (names, kinds, defaults), decorators,
    async-ness and whether it is a generator; of a class its bases, decorators and methods.
    ``allow_decorators`` lets ``functools.cache`` and ``lru_cache`` be added. Annotations do not count.
    """
    try:
        old, new = (_named(source, qualname) for source in (old_source, new_source))
    except SyntaxError as error:
        return f"`{qualname}` cannot be compared: {error}"
    if len(new) < len(old):
        return f"`{qualname}` was removed."
    if len(new) > len(old):
        return f"`{qualname}` is defined more often than before."
    for before, after in zip(old, new, strict=True):
        if difference := _difference(before, after, allow_decorators):
            return f"`{qualname}`: {difference}."
    return None


def _named(source: str, qualname: str) -> list[DefinitionNode]:
    return [node for name, node in walk_definitions(source.removeprefix(BOM)) if name == qualname]


def _difference(old: DefinitionNode, new: DefinitionNode, allow_decorators: bool) -> str | None:
    if isinstance(old, ast.ClassDef) or isinstance(new, ast.ClassDef):
        if not (isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef)):
            return "a class became a function or the other way round"
        return _class_difference(old, new, allow_decorators)
    if type(old) is not type(new):
        return "it became async" if isinstance(new, ast.AsyncFunctionDef) else "it is no longer async"
    if _is_generator(old) != _is_generator(new):
        return "it became a generator" if _is_generator(new) else "it is no longer a generator"
    if before_after := _decorator_difference(old, new, allow_decorators):
        return before_after
    return _parameter_difference(old, new)


def _class_difference(old: ast.ClassDef, new: ast.ClassDef, allow_decorators: bool) -> str | None:
    if [ast.dump(b) for b in (*old.bases, *old.keywords)] != [
        ast.dump(b) for b in (*new.bases, *new.keywords)
    ]:
        return "its bases changed"
    if difference := _decorator_difference(old, new, allow_decorators):
        return difference
    old_methods, new_methods = (_members(side) for side in (old, new))
    for name, befores in old_methods.items():
        afters = new_methods.get(name, [])
        if not afters:
            return f"its `{name}` was removed"
        if len(afters) != len(befores):
            return f"its `{name}` is defined {len(afters)} times instead of {len(befores)}"
        for before, after in zip(befores, afters, strict=True):
            if difference := _difference(before, after, allow_decorators):
                return f"in `{name}`, {difference}"
    return None


def _members(node: ast.ClassDef) -> dict[str, list[DefinitionNode]]:
    members: dict[str, list[DefinitionNode]] = {}
    for child in node.body:
        if isinstance(child, DefinitionNode):
            members.setdefault(child.name, []).append(child)
    return members


def _decorator_difference(old: DefinitionNode, new: DefinitionNode, allow_caches: bool) -> str | None:
    before = [ast.unparse(d) for d in old.decorator_list]
    after = [ast.unparse(d) for d in new.decorator_list]
    if allow_caches:
        added = [
            d
            for d, text in zip(new.decorator_list, after, strict=True)
            if text not in before and _is_cache(d)
        ]
        after = [text for d, text in zip(new.decorator_list, after, strict=True) if d not in added]
    if before == after:
        return None
    return f"its decorators changed from [{', '.join(before)}] to [{', '.join(after)}]"


def _is_cache(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Attribute):
        return (
            target.attr in _CACHES and isinstance(target.value, ast.Name) and target.value.id == "functools"
        )
    return isinstance(target, ast.Name) and target.id in _CACHES


def _is_generator(node: FunctionNode) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own(node))


def _own(node: FunctionNode) -> Iterator[ast.AST]:
    """Nodes of the body that run as part of the function itself, not of a function inside it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop()
        if isinstance(inner, FunctionNode | ast.ClassDef):
            pending += inner.decorator_list
            continue
        if not isinstance(inner, ast.Lambda):
            yield inner
            pending += ast.iter_child_nodes(inner)


Parameter = tuple[str, str, str | None]
"""Kind, name, default."""


def _parameters(arguments: ast.arguments) -> list[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(
        map(ast.unparse, arguments.defaults)
    )
    found: list[Parameter] = []
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        kind = "positional-only" if index < len(arguments.posonlyargs) else "ordinary"
        found.append((kind, argument.arg, default))
    if arguments.vararg:
        found.append(("*", arguments.vararg.arg, None))
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(("keyword-only", argument.arg, None if value is None else ast.unparse(value)))
    if arguments.kwarg:
        found.append(("**", arguments.kwarg.arg, None))
    return found


def _parameter_difference(old: FunctionNode, new: FunctionNode) -> str | None:
    before, after = _parameters(old.args), _parameters(new.args)
    if before == after:
        return None
    if [p[:2] for p in before] == [p[:2] for p in after]:
        names = ", ".join(f"`{b[1]}`" for b, a in zip(before, after, strict=True) if b != a)
        return f"the default of {names} changed"
    return f"its parameters changed from ({ast.unparse(old.args)}) to ({ast.unparse(new.args)})"
