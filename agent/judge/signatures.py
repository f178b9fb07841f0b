"""Whether a change keeps what other code relies on: names, signatures, decorators, kinds of definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hasten.agent.judge.bans import imported_names
from hasten.agent.judge.scopes import FunctionNode

CACHES = {"cache", "functools.cache", "lru_cache", "functools.lru_cache"}
COMPILERS = {"numba.njit", "numba.jit"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What callers and importers see of a definition."""

    kind: str
    """``function``, ``coroutine``, ``generator``, ``async generator`` or ``class``."""
    signature: str
    """Parameters with defaults, or the bases of a class; annotations do not count."""
    decorators: tuple[str, ...]
    method: bool


def broken_promise(old: ast.Module, new: ast.Module, *, allow_cache: bool = True) -> str | None:
    """The first definition of ``old`` that ``new`` lost or shows differently; None when all are kept.

    Functions inside functions are nobody else's business. A plain function may gain numba's compiler where
    the file imports it already and, with ``allow_cache``, ``functools.cache`` or ``lru_cache``.
    """
    before, after, names = shapes(old), shapes(new), imported_names(old)

    def may_be_gained(decorator: str) -> bool:
        name = decorator.partition("(")[0]
        first, dot, rest = name.partition(".")
        return (allow_cache and name in CACHES) or names.get(first, "") + dot + rest in COMPILERS

    for qualname, had in before.items():
        has = after.get(qualname)
        if has is None:
            return f"it removes or renames {qualname}, which other code may use"
        if len(had) != len(has):
            return f"it defines {qualname} {len(has)} times instead of {len(had)}"
        for one, other in zip(had, has, strict=True):
            if difference := _difference(one, other, may_be_gained):
                return f"it changes {difference} of {qualname}"
    rebound = (_assigned(new) - _assigned(old)) & set(before)
    if rebound:
        return f"it assigns something else to {min(rebound)}"
    return None


def shapes(module: ast.Module) -> Mapping[str, list[Shape]]:
    """Every definition that can be reached from outside by its dotted name."""
    found: dict[str, list[Shape]] = {}
    for qualname, node, method in _reachable(module, ""):
        found.setdefault(qualname, []).append(_shape(node, method))
    return found


def _reachable(
    node: ast.AST, prefix: str, method: bool = False
) -> Iterator[tuple[str, FunctionNode | ast.ClassDef, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode | ast.ClassDef):
            yield f"{prefix}{child.name}", child, method
            if isinstance(child, ast.ClassDef):
                yield from _reachable(child, f"{prefix}{child.name}.", True)
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _reachable(child, prefix, method)


def _shape(node: FunctionNode | ast.ClassDef, method: bool) -> Shape:
    decorators = tuple(ast.unparse(d) for d in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        bases = [ast.unparse(base) for base in node.bases]
        keywords = [ast.unparse(keyword) for keyword in node.keywords]
        return Shape("class", ", ".join([*bases, *keywords]), decorators, method)
    generator = _yields(node)
    if isinstance(node, ast.AsyncFunctionDef):
        kind = "async generator" if generator else "coroutine"
    else:
        kind = "generator" if generator else "function"
    return Shape(kind, _parameters(node.args), decorators, method)


def _parameters(arguments: ast.arguments) -> str:
    bare = ast.parse(f"lambda {ast.unparse(_without_annotations(arguments))}: 0", mode="eval")
    return ast.unparse(bare)


def _without_annotations(arguments: ast.arguments) -> ast.arguments:
    def strip(argument: ast.arg) -> ast.arg:
        return ast.arg(arg=argument.arg)

    return ast.arguments(
        posonlyargs=[strip(a) for a in arguments.posonlyargs],
        args=[strip(a) for a in arguments.args],
        vararg=strip(arguments.vararg) if arguments.vararg else None,
        kwonlyargs=[strip(a) for a in arguments.kwonlyargs],
        kw_defaults=arguments.kw_defaults,
        kwarg=strip(arguments.kwarg) if arguments.kwarg else None,
        defaults=arguments.defaults,
    )


def _yields(node: ast.AST) -> bool:
    """Whether the function itself yields, not one defined inside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        inner = isinstance(child, FunctionNode | ast.ClassDef | ast.Lambda)
        if not inner and _yields(child):
            return True
    return False


def _difference(old: Shape, new: Shape, may_be_gained: Callable[[str], bool]) -> str | None:
    if old.kind != new.kind:
        return f"the kind ({old.kind} to {new.kind})"
    if old.signature != new.signature:
        return "the bases" if old.kind == "class" else "the signature"
    if old.decorators == new.decorators:
        return None
    kept = tuple(d for d in new.decorators if not may_be_gained(d))
    gained = old.kind == "function" and not old.method and old.decorators == kept
    return None if gained else "the decorators"


def _assigned(module: ast.Module) -> set[str]:
    """Names bound by assignment at the top level."""
    names: set[str] = set()
    for statement in module.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            targets = [statement.target]
        names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names
