"""What surrounds a definition, without its neighbours' bodies."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence

from hasten.agent.languages.python import DefinitionNode

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_WIDTH = 110


def outline(source: str, shown: Collection[str]) -> str:
    """Imports, constants, class fields and signatures of a module, less the definitions in ``shown``.

    ``shown`` are qualnames. Empty when the source does not parse or nothing is left to tell.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    lines: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign):
            lines.append(_short(ast.unparse(statement)))
        elif isinstance(statement, ast.ClassDef):
            lines += _class(statement, shown, statement.name)
        elif isinstance(statement, FunctionNode) and statement.name not in shown:
            lines.append(_signature(statement))
        elif isinstance(statement, ast.If | ast.Try):
            lines += [
                _short(ast.unparse(s))
                for s in ast.walk(statement)
                if isinstance(s, ast.Import | ast.ImportFrom)
            ]
    return "\n".join(lines)


def _short(text: str) -> str:
    line = " ".join(text.split("\n"))
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."


def _signature(node: FunctionNode) -> str:
    prefix = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    decorators = "".join(f"@{ast.unparse(d)} " for d in node.decorator_list)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{decorators}{prefix} {node.name}({ast.unparse(node.args)}){returns}: ..."


def _class(node: ast.ClassDef, shown: Collection[str], qualname: str) -> list[str]:
    if qualname in shown:
        return []
    bases = ", ".join(ast.unparse(base) for base in (*node.bases, *node.keywords))
    lines = [f"@{ast.unparse(d)}" for d in node.decorator_list]
    lines += [f"class {node.name}{f'({bases})' if bases else ''}:"]
    for member in node.body:
        if isinstance(member, ast.Assign | ast.AnnAssign):
            lines.append("    " + _short(ast.unparse(member)))
        elif isinstance(member, ast.ClassDef):
            lines += ["    " + line for line in _class(member, shown, f"{qualname}.{member.name}")]
        elif isinstance(member, FunctionNode) and f"{qualname}.{member.name}" not in shown:
            lines.append("    " + _signature(member))
            if member.name == "__init__":
                lines += ["        " + _short(line) for line in _fields(member)]
    return lines if lines[-1].startswith(" ") else [*lines[:-1], f"{lines[-1]} ..."]


def _fields(init: FunctionNode) -> Iterator[str]:
    for node in ast.walk(init):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Attribute) for t in targets):
                yield ast.unparse(node)


def attributes(node: DefinitionNode) -> set[str]:
    """Attributes of ``self`` that a method reads or writes."""
    return {
        inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self"
    }


def third_party(sources: Sequence[str]) -> tuple[str, ...]:
    """Top-level packages imported absolutely that are not of the standard library, in order."""
    names: dict[str, None] = {}
    for source in sources:
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except (SyntaxError, ValueError):
            continue
        for node in nodes:
            if isinstance(node, ast.Import):
                names.update(dict.fromkeys(alias.name.partition(".")[0] for alias in node.names))
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names[node.module.partition(".")[0]] = None
    return tuple(name for name in names if name not in sys.stdlib_module_names)


def asserts(source: str) -> str:
    """A test's statements that check something, one a line; a test that cannot be parsed stays whole."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    checks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Expr) and ast.unparse(node).startswith(("self.assert", "np.testing.")))
        or (isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0]))
    ]
    return "\n".join(ast.unparse(node) for node in sorted(checks, key=lambda node: node.lineno))
