"""Statements on a line of their own, their neighbours and their comments."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node, code


def own_line(fn: Function, node: Node) -> cst.SimpleStatementLine | None:
    """The line on which the expression or small statement ``node`` stands alone, in an indented block."""
    statement = node if isinstance(node, cst.BaseSmallStatement) else fn.parent.get(node)
    line = fn.parent.get(statement) if isinstance(statement, cst.BaseSmallStatement) else None
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    alone = statement is node or (isinstance(statement, cst.Expr) and statement.value is node)
    return line if alone and isinstance(fn.parent.get(line), cst.IndentedBlock) else None


def following(fn: Function, statement: Node) -> Sequence[Node]:
    """Statements after this one in its block."""
    block = fn.parent.get(statement)
    if not isinstance(block, cst.IndentedBlock):
        return ()
    position = next(i for i, s in enumerate(block.body) if s is statement)
    return block.body[position + 1 :]


def comments_of(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    """Every comment of the line, as lines to stand above another."""
    found = [above for above in line.leading_lines if above.comment]
    if line.trailing_whitespace.comment:
        found.append(cst.EmptyLine(comment=line.trailing_whitespace.comment))
    return found


def has_comment(node: Node) -> bool:
    """A comment, or text that looks like one, stands inside: writing ``node`` anew would lose it."""
    return "#" in code(node)


def assignment(text: str) -> cst.BaseSmallStatement:
    """The node of a small statement we wrote ourselves."""
    return cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine).body[0]
