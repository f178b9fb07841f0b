"""Imports and helpers that an edit brings into a module."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Sequence

from hasten.agent.languages.python import DefinitionNode, first_line
from hasten.agent.propose.refusals import EditRefused
from hasten.agent.propose.source import Text, newline_of, normal, pieces
from hasten.agent.propose.splice import Change, describe
from hasten.agent.types import Edit

Binding = tuple[str, str, str]
"""(module with leading dots, imported name or "" for the module itself, name it is bound to)."""


def add_imports(text: Text, tree: ast.Module, edits: Sequence[Edit]) -> list[Change]:
    """Insertion of the imports the file lacks, after those it has. Raises ``EditRefused``."""
    present = set(_bindings(_runtime_statements(tree.body)))
    taken = _bound(tree.body) | {name for _, _, name in present}
    lines: list[str] = []
    for statement in (s for edit in edits for block in edit.imports for s in _imports(edit, block)):
        missing = [alias for alias in statement.names if _binding(statement, alias) not in present]
        for alias in missing:
            binding = _binding(statement, alias)
            _refuse_bad_import(edits[0].path, statement, binding, taken, present)
            present.add(binding)
            taken.add(binding[2])
        if missing:
            statement.names = missing
            lines.append(ast.unparse(statement))
    return _import_blocks(text, tree, lines) if lines else []


def _imports(edit: Edit, block: str) -> Iterator[ast.Import | ast.ImportFrom]:
    for statement in _parse(edit, block, "import"):
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            raise EditRefused(f"`{ast.unparse(statement)}` among the imports for {edit.path} is no import.")
        yield statement


def _refuse_bad_import(
    path: str,
    statement: ast.Import | ast.ImportFrom,
    binding: Binding,
    taken: set[str],
    present: set[Binding],
) -> None:
    module, name, bound = binding
    if module == "__future__" or name == "*":
        raise EditRefused(f"`{ast.unparse(statement)}` may not be added to {path}.")
    same_package = not name and any(not other and bound == b for _, other, b in present)
    if (bound in taken or hasattr(builtins, bound)) and not same_package:
        raise EditRefused(
            f"`{ast.unparse(statement)}` would rebind `{bound}`, which already has a meaning in {path}; "
            "import it under another name."
        )


def _binding(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Binding:
    if isinstance(statement, ast.Import):
        return alias.name, "", alias.asname or alias.name.partition(".")[0]
    return "." * statement.level + (statement.module or ""), alias.name, alias.asname or alias.name


def _bindings(statements: Iterable[ast.stmt]) -> Iterator[Binding]:
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (_binding(statement, alias) for alias in statement.names)


def _runtime_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported, those under ``if`` and ``try`` included."""
    for statement in body:
        yield statement
        if isinstance(statement, DefinitionNode):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _runtime_statements(statement.orelse)
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _runtime_statements(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _runtime_statements(handler.body)


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """Names the module binds other than by import."""
    names: set[str] = set()
    for statement in _runtime_statements(body):
        if isinstance(statement, DefinitionNode):
            names.add(statement.name)
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            names.update(
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )
    return names


def _import_blocks(text: Text, tree: ast.Module, lines: list[str]) -> list[Change]:
    newline = newline_of(text.lines)
    body = tree.body
    leading = next((i for i, s in enumerate(body) if isinstance(s, DefinitionNode)), len(body))
    imports = [i for i, s in enumerate(body[:leading]) if isinstance(s, ast.Import | ast.ImportFrom)]
    if imports:
        return _among_imports(text, body, imports, lines)
    if body and _is_docstring(body[0]):
        at = text.span(1, _last_row(body, 0))[1]
        return [Change(at, at, newline * 2 + newline.join(lines))]
    row = _start_row(text, body[0]) if body else 1
    while row <= min(2, len(text.lines)) and _is_header(text.lines[row - 1], row):
        row += 1
    gap = newline * (3 if body and isinstance(body[0], DefinitionNode) else 2)
    at = text.offsets[row - 1]
    return [Change(at, at, newline.join(lines) + gap)]


def _among_imports(
    text: Text, body: Sequence[ast.stmt], imports: Sequence[int], lines: list[str]
) -> list[Change]:
    """Standard-library imports go where their section has them sorted, others after the last import."""
    newline = newline_of(text.lines)
    standard = [i for i in imports if _is_standard(body[i])]
    first = next((i for i in imports if not _is_future(body[i])), None)
    above, below = list[str](), dict[int, list[str]]()
    for line in sorted(lines, key=lambda line: _order(ast.parse(line).body[0])):
        new = ast.parse(line).body[0]
        smaller = [i for i in standard if _order(body[i]) <= _order(new)]
        if _is_standard(new) and not smaller and first is not None:
            above.append(line)
        else:
            below.setdefault(smaller[-1] if _is_standard(new) and smaller else imports[-1], []).append(line)
    changes = []
    if above and first is not None:
        at = text.offsets[body[first].lineno - 1]
        changes.append(Change(at, at, newline.join(above) + newline * (1 if standard else 2)))
    for index, group in below.items():
        at = text.span(1, _last_row(body, index))[1]
        # A new group only after __future__, which stands by itself.
        gap = newline if _is_future(body[index]) else ""
        changes.append(Change(at, at, newline + gap + newline.join(group)))
    return changes


def _is_standard(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in statement.names)
    if not isinstance(statement, ast.ImportFrom) or statement.level or _is_future(statement):
        return False
    return (statement.module or "").partition(".")[0] in sys.stdlib_module_names


def _order(statement: ast.stmt) -> tuple[bool, str]:
    """Where isort's default puts an import in its section: plain ones first, then by module."""
    if isinstance(statement, ast.ImportFrom):
        return True, statement.module or ""
    return False, statement.names[0].name if isinstance(statement, ast.Import) else ""


def _last_row(body: Sequence[ast.stmt], index: int) -> int:
    """Last row of a statement and of those that begin on that row (``import os; x = 1``)."""
    row = body[index].end_lineno or body[index].lineno
    for statement in body[index + 1 :]:
        if statement.lineno == row and not isinstance(statement, DefinitionNode):
            row = statement.end_lineno or row
    return row


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_header(line: str, row: int) -> bool:
    return line.startswith("#!") if row == 1 else line.startswith("#") and "coding" in line


def _start_row(text: Text, statement: ast.stmt) -> int:
    """First row of a top-level statement, decorators and the comment lines directly above included."""
    row = first_line(statement) if isinstance(statement, DefinitionNode) else statement.lineno
    while row > 1 and text.lines[row - 2].startswith(("#", "@")):
        row -= 1
    return row


def add_helpers(text: Text, tree: ast.Module, edits: Sequence[tuple[Edit, int]]) -> list[Change]:
    """Insertions of new top-level definitions before the statement that holds each edit's row (1-based).

    Raises ``EditRefused`` when a helper takes a name that is in use.
    """
    taken = _bound(tree.body) | {bound for _, _, bound in _bindings(_runtime_statements(tree.body))}
    seen: dict[str, str] = {}
    at: dict[int, list[ast.stmt]] = {}
    sources: dict[ast.stmt, str] = {}
    for edit, row in sorted(edits, key=lambda pair: pair[1]):
        holder = next((s for s in tree.body if (s.end_lineno or s.lineno) >= row), None)
        place = _start_row(text, holder) if holder else len(text.lines) + 1
        for block in edit.helpers:
            for statement, source in _helpers(edit, block):
                if _is_new(edit, statement, source, taken, seen):
                    at.setdefault(place, []).append(statement)
                    sources[statement] = source
    return [_helper_block(text, place, group, sources) for place, group in at.items()]


def _helpers(edit: Edit, block: str) -> Iterator[tuple[ast.stmt, str]]:
    code = normal(block)
    for statement, source in pieces(code, _parse(edit, code, "helper")):
        if not isinstance(statement, DefinitionNode | ast.Assign | ast.AnnAssign):
            raise EditRefused(
                f"A helper for {edit.path} must be a function, a class or a constant, "
                f"not `{ast.unparse(statement)[:80]}`."
            )
        yield statement, source


def _is_new(edit: Edit, statement: ast.stmt, source: str, taken: set[str], seen: dict[str, str]) -> bool:
    names = _bound([statement])
    if any(seen.get(name) == source for name in names):
        return False  # two edits brought the same helper
    for name in names:
        if name in taken or name in seen or hasattr(builtins, name):
            raise EditRefused(
                f"The helper `{name}` would take a name that is already in use in {edit.path}; "
                "give it another name."
            )
        seen[name] = source
    return True


def _helper_block(text: Text, place: int, group: list[ast.stmt], sources: dict[ast.stmt, str]) -> Change:
    newline = newline_of(text.lines)
    blank_above = 0
    while blank_above < place - 1 and not text.lines[place - 2 - blank_above].strip():
        blank_above += 1
    wanted = 2 if isinstance(group[0], DefinitionNode) else 1
    parts = [newline * max(0, wanted - blank_above) if place - 1 > blank_above else ""]
    for statement, following in zip(group, [*group[1:], None], strict=True):
        parts.append(sources[statement].replace("\n", newline))
        constants = isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(
            following, ast.Assign | ast.AnnAssign
        )
        parts.append(newline if constants else newline * 3)
    at = text.offsets[min(place, len(text.lines) + 1) - 1]
    return Change(at, at, "".join(parts))


def _parse(edit: Edit, block: str, what: str) -> list[ast.stmt]:
    code = normal(block)
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError) as error:
        reason = describe(error, code.split("\n"))
        raise EditRefused(f"The {what} block for {edit.path} does not parse: {reason}") from error
