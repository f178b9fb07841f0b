"""A model's answer, parsed into edits.

The format the prompts ask for; see ``prompts/system.j2``::

    TITLE: one line
    WHY: one or two sentences

    ### shop/report.py::Report.totals
    ```python
    def totals(self): ...
    ```

    ### shop/report.py::imports
    ### shop/report.py::helpers

Parsing is lenient about where the name stands (heading, info string, first comment) and about imports and
helpers in the same block as a definition, and strict about what may be edited.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from hasten.agent.languages.python import DefinitionNode
from hasten.agent.propose.fences import Block, snippets, split_blocks, without_thinking
from hasten.agent.propose.refusals import AnswerRefused, NothingToGain
from hasten.agent.propose.source import flattened, pieces
from hasten.agent.types import Edit

__all__ = ["Answer", "AnswerRefused", "NothingToGain", "parse_answer"]

TITLE_LENGTH = 72
"""Characters; git's own advice for a commit subject."""

NOTHING = "NOTHING TO GAIN"
_ELIDED = re.compile(
    r"^\s*#\s*(\.\.\.|…).*\b(rest|existing|unchanged|same|remain|omitted|before)", re.M | re.I
)


@dataclass(frozen=True)
class Answer:
    """What a model proposes: one line for a commit, its reason, and the edits."""

    title: str
    hypothesis: str
    edits: tuple[Edit, ...]


@dataclass
class _Found:
    """What the blocks hold so far, by path where it belongs to a file."""

    editable: Collection[str]
    known: Collection[str]
    definitions: dict[str, str] = field(default_factory=dict)
    replacements: list[Edit] = field(default_factory=list)
    imports: dict[str, list[str]] = field(default_factory=dict)
    helpers: dict[str, list[str]] = field(default_factory=dict)


def parse_answer(text: str, editable: Collection[str], known: Collection[str] = ()) -> Answer:
    """The edits in ``text``, all of them to definitions in ``editable`` (``path::Qualname``).

    ``known`` are all definitions of the files shown, so that an edit out of scope is told from a new
    helper. Raises ``NothingToGain`` when the model says so, else ``AnswerRefused`` with a reason fit for a
    repair round.
    """
    prose, blocks = split_blocks(without_thinking(text))
    if not blocks:
        if NOTHING in text.upper():
            raise NothingToGain(" ".join(text.split())[:300])
        raise AnswerRefused(f"The answer has no fenced code block. {_wanted(editable)}")
    found = _Found(editable, frozenset(known) | frozenset(editable))
    for block in blocks:
        _take(block, found)
    edits = _edits(found)
    title, hypothesis = _headline(prose, edits)
    return Answer(title, hypothesis, edits)


def _wanted(editable: Collection[str]) -> str:
    names = ", ".join(f"`{key}`" for key in editable)
    return (
        f"Give each changed definition whole, in a block headed by its name; these may be changed: {names}."
    )


def _take(block: Block, found: _Found) -> None:
    if _ELIDED.search(block.code):
        raise AnswerRefused("A block leaves code out (`# ...`); every definition must be given whole.")
    path, part = _resolve(block, found)
    if not path:
        return
    key = f"{path}::{part}"
    replacements = [
        Edit(path=path, kind="replace", qualname=part, old=old, new=new) for old, new in snippets(block.code)
    ]
    if replacements and key in found.editable:
        found.replacements += replacements
    else:
        _take_statements(block.code, path, part, found)


def _resolve(block: Block, found: _Found) -> tuple[str, str]:
    """(path, what it is about) of a block; ``("", "")`` for one that is only an illustration."""
    path, _, part = block.label.partition("::")
    paths = dict.fromkeys(key.partition("::")[0] for key in found.editable)
    if not path:
        heading = block.heading.strip("#*`: ").removesuffix("()").lower()
        if heading in ("imports", "helpers") and len(paths) == 1:
            return next(iter(paths)), heading
        return _by_content(block.code, found)
    if path not in paths:
        alike = [known for known in paths if known.endswith(f"/{path}") or path.endswith(f"/{known}")]
        if len(alike) != 1:
            raise AnswerRefused(f"`{block.label}` may not be changed. {_wanted(found.editable)}")
        path = alike[0]
    return path, part


def _by_content(code: str, found: _Found) -> tuple[str, str]:
    """A block nobody named belongs to the one editable definition that it defines."""
    body = _parse(code)
    names = {name for statement in body or [] for name in _names_in(statement)}
    keys = [key for key in found.editable if key.partition("::")[2] in names]
    if not keys:  # a method without its class around it
        keys = [key for key in found.editable if re.split(r"::|\.", key)[-1] in names]
    if len(keys) > 1 and len({key.partition("::")[0] for key in keys}) == 1:
        keys = keys[:1]  # several definitions of one file; each finds its own name
    if len(keys) != 1:
        return "", ""
    path, _, part = keys[0].partition("::")
    return path, part


def _names_in(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, DefinitionNode):
        yield statement.name
        if isinstance(statement, ast.ClassDef):
            yield from (f"{statement.name}.{n}" for inner in statement.body for n in _names_in(inner))


def _parse(code: str) -> list[ast.stmt] | None:
    try:
        return ast.parse("\n".join(flattened(code))).body
    except (SyntaxError, ValueError):
        return None


def _take_statements(code: str, path: str, part: str, found: _Found) -> None:
    body = _parse(code)
    if body is None:
        if f"{path}::{part}" not in found.editable:
            raise AnswerRefused(f"The block `{path}::{part}` does not parse.")
        found.definitions[f"{path}::{part}"] = code  # applying it says where it does not parse
        return
    for statement, source in pieces(code, body):
        _take_statement(statement, source, path, part, found)


def _take_statement(statement: ast.stmt, source: str, path: str, part: str, found: _Found) -> None:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        found.imports.setdefault(path, []).append(ast.unparse(statement))
    elif isinstance(statement, DefinitionNode):
        _take_definition(statement, source, path, part, found)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        _take_helper(source, path, found)
    elif not _says_nothing(statement):
        shown = ast.unparse(statement).splitlines()[0][:80]
        raise AnswerRefused(
            f"`{shown}` in the block `{path}::{part}` is neither a definition, an import nor a constant."
        )


def _take_definition(node: DefinitionNode, source: str, path: str, part: str, found: _Found) -> None:
    own, plain = f"{path}::{part}", f"{path}::{node.name}"
    if own in found.editable and part.rpartition(".")[2] == node.name:
        found.definitions[own] = source
    elif plain in found.editable:
        found.definitions[plain] = source
    elif isinstance(node, ast.ClassDef) and any(key.startswith(f"{plain}.") for key in found.known):
        _take_members(node, source, path, node.name, found)
    elif plain in found.known:
        raise AnswerRefused(f"`{plain}` may not be changed. {_wanted(found.editable)}")
    elif key := _sole_method(path, node.name, found):
        found.definitions[key] = source
    elif own in found.known and own not in found.editable:
        raise AnswerRefused(f"`{own}` may not be changed. {_wanted(found.editable)}")
    elif _is_method(node):
        raise AnswerRefused(
            f"`{node.name}` would be a new method; make it a top-level helper and pass it what it needs."
        )
    else:
        _take_helper(source, path, found)


def _is_method(node: DefinitionNode) -> bool:
    return not isinstance(node, ast.ClassDef) and [a.arg for a in node.args.args[:1]] == ["self"]


def _take_helper(source: str, path: str, found: _Found) -> None:
    found.helpers.setdefault(path, []).append("\n".join(flattened(source)))


def _sole_method(path: str, name: str, found: _Found) -> str:
    keys = [key for key in found.editable if key.startswith(f"{path}::") and key.endswith(f".{name}")]
    return keys[0] if len(keys) == 1 else ""


def _take_members(node: ast.ClassDef, source: str, path: str, prefix: str, found: _Found) -> None:
    """Methods that arrived inside their class."""
    inner = _parse(source)
    assert inner and isinstance(inner[-1], ast.ClassDef)
    for member, text in pieces(source, inner[-1].body):
        key = f"{path}::{prefix}.{getattr(member, 'name', '')}"
        if isinstance(member, DefinitionNode) and key in found.editable:
            found.definitions[key] = text
        elif isinstance(member, ast.ClassDef):
            _take_members(member, text, path, f"{prefix}.{member.name}", found)
        elif not _says_nothing(member):
            shown = getattr(member, "name", ast.unparse(member).splitlines()[0][:60])
            raise AnswerRefused(
                f"`{shown}` of the class `{prefix}` may not be changed. {_wanted(found.editable)}"
            )


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _edits(found: _Found) -> tuple[Edit, ...]:
    edits = [_definition(key, source) for key, source in found.definitions.items()] + found.replacements
    if not edits:
        raise AnswerRefused(f"No block changes a definition that may be changed. {_wanted(found.editable)}")
    paths = {edit.path for edit in edits}
    if stray := sorted(set(found.helpers) - paths):
        raise AnswerRefused(f"There are helpers for {stray[0]}, but no definition there is changed.")
    done: set[str] = set()
    whole: list[Edit] = []
    for edit in edits:
        if edit.path not in done:
            done.add(edit.path)
            extra = (found.imports.get(edit.path, ()), found.helpers.get(edit.path, ()))
            edit = replace(edit, imports=tuple(extra[0]), helpers=tuple(extra[1]))
        whole.append(edit)
    return tuple(whole)


def _definition(key: str, source: str) -> Edit:
    path, _, qualname = key.partition("::")
    return Edit(path=path, qualname=qualname, new=source + "\n")


def _headline(prose: str, edits: tuple[Edit, ...]) -> tuple[str, str]:
    lines = [line.strip().strip("#*").strip() for line in prose.split("\n")]
    lines = [line for line in lines if line]
    titles = [line for line in lines if line.lower().startswith("title:")] or lines[:1]
    title = re.sub(r"(?i)^title:[\s*]*", "", titles[0]).rstrip(".*") if titles else ""
    rest = " ".join(line for line in lines if line not in titles[:1])
    hypothesis = re.sub(r"(?i)^why:[\s*]*", "", rest)
    return _shortened(title) or f"Speed up {edits[0].qualname}", hypothesis[:600]


def _shortened(title: str) -> str:
    if len(title) <= TITLE_LENGTH:
        return title
    return title[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
