"""Python: definitions and their source spans, from the standard library's parser."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from hasten.agent.types import Definition

DefinitionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def walk_definitions(source: str) -> Iterator[tuple[str, DefinitionNode]]:
    """(qualname, node) of every function and class, outer before inner. Raises ``SyntaxError``."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, DefinitionNode]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DefinitionNode):
                qualname = f"{prefix}{child.name}"
                yield qualname, child
                yield from visit(child, f"{qualname}.")
            else:
                yield from visit(child, prefix)

    return visit(ast.parse(source), "")


def first_line(node: DefinitionNode) -> int:
    """Line of the first decorator, or of the definition itself."""
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def definitions(path: str, source: str) -> list[Definition]:
    """Every function and class of a file, outer before inner; empty when it does not parse."""
    try:
        return [
            Definition(path, qualname, first_line(node), node.end_lineno or node.lineno)
            for qualname, node in walk_definitions(source)
        ]
    except SyntaxError:
        return []


def functions(path: str, source: str) -> list[Definition]:
    """Every function and method of a file, outer before inner; empty when it does not parse."""
    try:
        return [
            Definition(path, qualname, first_line(node), node.end_lineno or node.lineno)
            for qualname, node in walk_definitions(source)
            if not isinstance(node, ast.ClassDef)
        ]
    except (SyntaxError, ValueError):
        return []


def locate(path: str, source: str, line: int) -> Definition | None:
    """The innermost function that holds ``line``; ``None`` for module-level code and class bodies."""
    return innermost(functions(path, source), line)


def innermost(found: Sequence[Definition], line: int) -> Definition | None:
    """The last of ``functions`` that holds ``line``."""
    return next((d for d in reversed(found) if d.start <= line <= d.end), None)


def named(found: Sequence[Definition], qualname: str) -> Definition | None:
    """The function whose code object is called ``qualname``, or the nearest one around it.

    Comprehensions and lambdas have no definition of their own. Of several the last, as Python binds it.
    """
    parts = [part for part in qualname.split(".") if not part.startswith("<")]
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if match := next((d for d in reversed(found) if d.qualname == name), None):
            return match
    return None


def outermost(found: Sequence[Definition], inner: Definition) -> Definition:
    """The function that encloses ``inner`` and is itself in no other; ``inner`` when there is none."""
    return next(d for d in found if d.start <= inner.start and inner.end <= d.end)


def find(path: str, source: str, qualname: str) -> Definition | None:
    """The definition called ``qualname``; the last one when a name is defined twice, as Python binds it."""
    found = [d for d in definitions(path, source) if d.qualname == qualname]
    return found[-1] if found else None


def check(path: str, source: str) -> str | None:
    """Why ``source`` does not compile, or ``None`` when it does."""
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return f"{path}: {error}"
    return None
