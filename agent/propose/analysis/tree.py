"""Walking and editing libcst trees: children, text of a definition, replacement and insertion."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import cast

import libcst as cst

from hasten.agent.languages.python import DefinitionNode, first_line
from hasten.agent.propose.analysis.module import ModuleScope, source_lines

Node = cst.CSTNode
Comprehension = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
Loop = cst.For | cst.While | Comprehension

# Fields that hold only layout, and annotations, which are read separately and never evaluated as values.
_LAYOUT = (
    "whitespace",
    "leading_lines",
    "lines_after",
    "trailing_whitespace",
    "header",
    "footer",
    "indent",
    "lpar",
    "rpar",
    "lbracket",
    "rbracket",
    "lbrace",
    "rbrace",
    "comma",
    "semicolon",
    "equal",
    "dot",
    "annotation",
    "returns",
    "type_parameters",
)


@cache
def _fields(kind: type[Node]) -> tuple[str, ...]:
    return tuple(f for f in kind.__dataclass_fields__ if not f.startswith(_LAYOUT))


def children(node: Node) -> Iterator[Node]:
    """Direct children that carry meaning, in source order as far as libcst's fields have it."""
    for name in _fields(type(node)):
        if isinstance(node, cst.AnnAssign) and name == "annotation":
            continue
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, outer before inner."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def definition_text(module: ModuleScope, node: DefinitionNode) -> str:
    """The definition as it stands in the file, moved to column 0; comments and strings untouched."""
    lines = module.lines[first_line(node) - 1 : node.end_lineno]
    text = "".join(lines)
    if not lines[0][:1].isspace():
        return text if text.endswith("\n") else text + "\n"
    # A block of its own, whatever the indentation: libcst then writes the function back at column 0.
    wrapped = cst.parse_module("if 1:\n" + text)
    block = cst.ensure_type(cst.ensure_type(wrapped.body[0], cst.If).body, cst.IndentedBlock)
    return trimmed(wrapped.code_for_node(block.body[0]))


def trimmed(text: str) -> str:
    """``text`` of one definition without the comment and blank lines around it."""
    tree = ast.parse(text).body[0]
    start = min([tree.lineno, *(d.lineno for d in getattr(tree, "decorator_list", []))])
    lines = source_lines(text)[start - 1 : tree.end_lineno]
    return "".join(lines).rstrip("\r\n") + "\n"


def code(node: Node) -> str:
    """Source of an expression or statement."""
    return cst.Module(body=[]).code_for_node(node)


def argument(value: cst.BaseExpression) -> str:
    """Source of an expression as the only argument of a call, without parentheses that add nothing."""
    own = isinstance(value, (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield))
    return code(value if own else value.with_changes(lpar=[], rpar=[]))


def operator_name(operator: Node) -> str:
    """``Add`` for both ``+`` and ``+=``."""
    return type(operator).__name__.removesuffix("Assign")


def expression(text: str) -> cst.BaseExpression:
    """The node for an expression we wrote ourselves."""
    return cst.parse_expression(text)


class _Editor(cst.CSTTransformer):
    """Applies replacements and insertions in one pass; inner nodes are edited before outer ones."""

    def __init__(
        self,
        replace: Mapping[Node, Node | None],
        before: Mapping[Node, Sequence[cst.BaseStatement]],
        after: Mapping[Node, Sequence[cst.BaseStatement]],
    ) -> None:
        super().__init__()
        self.replace, self.before, self.after = replace, before, after

    def on_leave(self, original_node: Node, updated_node: Node) -> Node:  # type: ignore[override]
        node = self._replaced(original_node, updated_node)
        before = list(self.before.get(original_node, ()))
        after = self.after.get(original_node, ())
        if not before and not after:
            return node
        statement = cast("cst.SimpleStatementLine", node)
        if before:
            before[0], statement = _with_blank_lines_first(before[0], statement)
        return cast("Node", cst.FlattenSentinel([*before, statement, *after]))

    def _replaced(self, original: Node, updated: Node) -> Node:
        if original not in self.replace:
            return updated
        new = self.replace[original]
        if new is None:
            return cast("Node", cst.RemoveFromParent())
        if isinstance(original, cst.Tuple) or not isinstance(original, cst.BaseExpression):
            return new  # the parentheses of a tuple are its own
        if isinstance(new, cst.BaseExpression) and not new.lpar:
            # ``return(x)`` has no space to lose: the parentheses stay.
            return new.with_changes(lpar=original.lpar, rpar=original.rpar)
        return new


def _with_blank_lines_first(
    inserted: cst.BaseStatement, statement: cst.SimpleStatementLine
) -> tuple[cst.BaseStatement, cst.SimpleStatementLine]:
    """Blank lines stay above the inserted statement, comments above the one they speak of."""
    lines = list(statement.leading_lines)
    blank = next((i for i, line in enumerate(lines) if line.comment), len(lines))
    return (
        inserted.with_changes(leading_lines=[*lines[:blank], *getattr(inserted, "leading_lines", ())]),
        statement.with_changes(leading_lines=lines[blank:]),
    )


def edited(
    tree: cst.Module,
    replace: Mapping[Node, Node | None],
    before: Mapping[Node, Sequence[str]] | None = None,
    after: Mapping[Node, Sequence[str]] | None = None,
) -> str:
    """Text of the definition ``tree`` holds after the edits; statements are given as source."""

    def parsed(table: Mapping[Node, Sequence[str]] | None) -> dict[Node, list[cst.BaseStatement]]:
        return {
            node: [
                cast("cst.BaseStatement", cst.parse_statement(text, tree.config_for_parsing))
                for text in texts
            ]
            for node, texts in (table or {}).items()
        }

    new = tree.visit(_Editor(replace, parsed(before), parsed(after)))
    return trimmed(new.code)
