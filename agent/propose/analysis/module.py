"""What the file around a definition binds at module level, from the standard library's parser."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hasten.agent.languages.python import DefinitionNode, walk_definitions

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def words(text: str) -> list[str]:
    """A table written as one string."""
    return text.split()


def source_lines(text: str) -> list[str]:
    """Lines with their ends as Python's parser counts them: form feeds and the like end none."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def target_names(node: ast.AST) -> Iterator[str]:
    """Names a statement, target or pattern binds in its own scope."""
    for child in ast.walk(node):
        match child:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.split(".")[0]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case ast.arg(arg=name):
                yield name


def _module_bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """(name, statement) for every binding at module level, conditional ones included."""
    for statement in body:
        if isinstance(statement, _SCOPES):
            yield statement.name, statement
            continue
        blocks = [
            block
            for field in ("body", "orelse", "finalbody")
            if isinstance(block := getattr(statement, field, None), list)
        ]
        blocks += [h.body for h in getattr(statement, "handlers", [])]
        blocks += [c.body for c in getattr(statement, "cases", [])]
        if not blocks:
            yield from ((name, statement) for name in target_names(statement))
            continue
        for block in blocks:
            yield from _module_bindings(block)
        heads = [getattr(statement, f, None) for f in ("target", "test", "iter", "subject")]
        heads += getattr(statement, "items", []) + getattr(statement, "handlers", [])
        heads += [c.pattern for c in getattr(statement, "cases", [])]
        for head in heads:
            if isinstance(head, ast.AST):
                yield from ((name, statement) for name in target_names(head))


@dataclass(frozen=True)
class ModuleScope:
    """Module-level names of one file. Built from source that parses.

    With ``base``, ``source`` holds statements added to that file: only they are read.
    """

    source: str
    base: ModuleScope | None = None

    @cached_property
    def tree(self) -> ast.Module:
        added = ast.parse(self.source)
        return ast.Module([*self.base.tree.body, *added.body], []) if self.base else added

    @cached_property
    def _new_statements(self) -> ast.Module:
        return ast.Module(self.tree.body[len(self.base.tree.body) :], []) if self.base else self.tree

    @cached_property
    def definitions(self) -> dict[str, DefinitionNode]:
        """Qualified name -> definition; the last one where a name is defined twice."""
        return dict(walk_definitions(self.source))

    @cached_property
    def lines(self) -> list[str]:
        return source_lines(self.source)

    def enclosing_names(self, qualname: str) -> frozenset[str]:
        """Names bound in the functions around a nested definition; empty for functions and methods."""
        parts = qualname.split(".")
        outer = (self.definitions.get(".".join(parts[:i])) for i in range(1, len(parts)))
        return frozenset(n for node in outer if isinstance(node, FunctionNode) for n in target_names(node))

    @cached_property
    def bindings(self) -> dict[str, list[ast.stmt]]:
        """Name -> the statements that bind it; ``global`` assignments in functions count too."""
        found = {k: list(v) for k, v in self.base.bindings.items()} if self.base else {}
        for name, statement in _module_bindings(self._new_statements.body):
            found.setdefault(name, []).append(statement)
        for node in ast.walk(self._new_statements):
            if isinstance(node, ast.Global):
                for name in node.names:
                    found.setdefault(name, []).append(node)
        return found

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier the file spells anywhere: what a new name must avoid."""
        names = set(self.bindings) | (self.base.identifiers if self.base else set(dir(builtins)))
        for node in ast.walk(self._new_statements):
            names.update(target_names(node) if isinstance(node, (ast.alias, ast.arg)) else ())
            if isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
        return frozenset(names)

    @cached_property
    def has_star_import(self) -> bool:
        return (self.base is not None and self.base.has_star_import) or any(
            isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
            for node in ast.walk(self._new_statements)
        )

    def binds(self, name: str) -> bool:
        return self.has_star_import or name in self.bindings

    def only_binding(self, name: str) -> ast.stmt | None:
        """The one top-level statement that binds ``name``; ``None`` if there are several or none."""
        found = self.bindings.get(name, [])
        if len(found) != 1 or self.has_star_import or found[0] not in self.tree.body:
            return None
        return found[0]

    def imported(self, name: str) -> str | None:
        """``re`` or ``itertools.chain``: what ``name`` was imported as, if nothing else binds it."""
        statement = self.only_binding(name)
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    if (alias.asname or alias.name) == name:
                        return alias.name
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                for alias in aliases:
                    if (alias.asname or alias.name) == name:
                        return f"{module}.{alias.name}"
        return None

    def constant(self, name: str) -> ast.expr | None:
        """Value of a name assigned once at module level and never again."""
        match self.only_binding(name):
            case (
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
            ):
                return value
        return None

    def only_read(self, name: str) -> bool:
        """A module-level container that no code of this file changes or hands on."""
        parents = self._parents
        return all(
            _only_looks(parents.get(node), parents, node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        )

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def function(self, name: str) -> FunctionNode | None:
        statement = self.only_binding(name)
        return statement if isinstance(statement, FunctionNode) else None

    def class_(self, name: str) -> ast.ClassDef | None:
        statement = self.only_binding(name)
        return statement if isinstance(statement, ast.ClassDef) else None

    def top_level_index(self, name: str) -> int:
        """Position of the top-level statement that holds ``name`` (a definition's first part)."""
        for index in range(len(self.tree.body) - 1, -1, -1):
            if name in {n for n, _ in _module_bindings([self.tree.body[index]])}:
                return index
        return -1


@lru_cache(maxsize=4)
def module_scope(source: str) -> ModuleScope | None:
    """The names of a file; ``None`` if it does not parse. Files have many definitions: a few are kept."""
    scope = ModuleScope(source)
    try:
        return scope if scope.tree else None
    except (SyntaxError, ValueError):
        return None


_LOOKING_CALLS = frozenset(words("len set frozenset list tuple sorted enumerate min max sum any all iter"))
_LOOKING_METHODS = frozenset(words("get items keys values index count copy"))


def _only_looks(parent: ast.AST | None, parents: dict[ast.AST, ast.AST], node: ast.AST) -> bool:
    match parent:
        case ast.Compare(ops=ops):
            return all(isinstance(op, (ast.In, ast.NotIn)) for op in ops)
        case ast.For(iter=source) | ast.comprehension(iter=source):
            return source is node
        case ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Call(func=ast.Name(id=called)):
            return called in _LOOKING_CALLS
        case ast.Attribute(attr=attribute):
            return attribute in _LOOKING_METHODS and isinstance(parents.get(parent), ast.Call)
    return False
