"""``# hasten: ignore``, for all rules or for those it names in brackets.

On a decorator's line or anywhere from ``def`` (or ``class``) to the colon of the signature it keeps rules
away from the definition and from what is defined in it; on a statement's line it keeps them from that
statement, with the block of a ``for`` or an ``if``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hasten.agent.languages.python import DefinitionNode, first_line
from hasten.agent.propose.analysis.module import ModuleScope, source_lines

_MARK = re.compile(r"#\s*hasten:\s*ignore\b(?:\[(?P<rules>[^\]]*)\])?")


def ignored(module: ModuleScope, qualname: str, rule: str) -> bool:
    """The definition, or one around it, asks to be left alone by ``rule``."""
    parts = qualname.split(".")
    around = [".".join(parts[: i + 1]) for i in range(len(parts))]
    nodes = [module.definitions[name] for name in around if name in module.definitions]
    return any(_head_marked(module.lines, node, rule) for node in nodes)


def spares_marked(before: str, after: str, rule: str) -> bool:
    """Whether every statement that asks ``rule`` to leave it alone is the same in both.

    ``before`` and ``after`` are texts of one definition.
    """
    if not _MARK.search(before):
        return True
    new = [line.strip() for line in source_lines(after)]
    return all(_holds(new, block) for block in _marked_blocks(before, rule))


def _head_marked(lines: list[str], node: DefinitionNode, rule: str) -> bool:
    end = max(node.lineno, node.body[0].lineno - 1)
    return any(_names(line, rule) for line in lines[first_line(node) - 1 : end])


def _names(line: str, rule: str) -> bool:
    match = _MARK.search(line)
    return match is not None and (
        match["rules"] is None or rule in {name.strip() for name in match["rules"].split(",")}
    )


def _marked_blocks(text: str, rule: str) -> Iterator[list[str]]:
    """Lines of the statements marked, without their indentation."""
    lines = source_lines(text)
    marked = {row for row, line in enumerate(lines, 1) if _names(line, rule)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            end = node.end_lineno or node.lineno
            head = _body_row(node) or end + 1
            if marked & {*range(node.lineno, max(head, node.lineno + 1))}:
                yield [line.strip() for line in lines[node.lineno - 1 : end]]


def _body_row(node: ast.stmt) -> int | None:
    """First row of what a compound statement holds."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    return (getattr(body[0], "lineno", None) or body[0].pattern.lineno) if body else None


def _holds(lines: list[str], block: list[str]) -> bool:
    return any(lines[at : at + len(block)] == block for at in range(len(lines) - len(block) + 1))
