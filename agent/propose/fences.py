"""Fenced code blocks in a model's text, with what was written about each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hasten.agent.propose.refusals import AnswerRefused
from hasten.agent.propose.source import flattened, normal

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*([^`]*)$")
_LABEL = re.compile(r"(?:[\w.+-]+/)*[\w+-]+\.pyi?::[\w.]+")
_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>\s*", re.DOTALL)
_OPEN_THINKING = re.compile(r"^\s*<(think|thinking|reasoning)>(?!.*</\1>)", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """``label`` is ``path::Qualname`` when one was found, ``heading`` the line before the fence."""

    label: str
    heading: str
    code: str


def without_thinking(text: str) -> str:
    """The answer proper of a model that thinks aloud. Raises ``AnswerRefused`` when there is none."""
    if _OPEN_THINKING.match(text):
        raise AnswerRefused("The answer ended before the thinking did; give the code blocks directly.")
    return _THINKING.sub("", normal(text))


def split_blocks(text: str) -> tuple[str, list[Block]]:
    """The prose before the first block, and the blocks. Raises ``AnswerRefused`` when one stays open."""
    lines = text.split("\n")
    blocks: list[Block] = []
    first = row = 0
    while row < len(lines):
        fence = _FENCE.match(lines[row])
        if not fence:
            row += 1
            continue
        end = _closing(lines, row, fence.group(1))
        heading_row = _heading_row(lines, row)
        heading = lines[heading_row].strip() if heading_row is not None else ""
        if not blocks:
            named = heading_row is not None and (_LABEL.search(heading) or heading.startswith(("#", "**")))
            first = heading_row if named and heading_row is not None else row
        blocks.append(_block(fence.group(2), heading, lines[row + 1 : end]))
        row = end + 1
    return "\n".join(lines[:first] if blocks else lines), blocks


def _closing(lines: Sequence[str], row: int, fence: str) -> int:
    """Row of the fence that closes the one at ``row``: the first after which the code parses, if any does.

    A docstring may hold a fence of its own, at the start of a line.
    """
    closing = re.compile(rf"^\s{{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    ends = [at for at in range(row + 1, len(lines)) if closing.match(lines[at])]
    if not ends:
        raise AnswerRefused("The last code block is not closed: the answer was cut off.")
    for end in ends[:4]:
        if _parses(lines[row + 1 : end]):
            return end
    return ends[0]


def _parses(lines: Sequence[str]) -> bool:
    try:
        return bool(ast.parse("\n".join(flattened("\n".join(lines)))).body)
    except (SyntaxError, ValueError):
        return False


def _heading_row(lines: Sequence[str], row: int) -> int | None:
    for above in range(row - 1, max(-1, row - 3), -1):
        if lines[above].strip():
            return None if _FENCE.match(lines[above]) else above
    return None


def _block(info: str, heading: str, lines: Sequence[str]) -> Block:
    for place in (info, heading):
        if label := _LABEL.search(place):
            return Block(label.group().rstrip("."), heading, "\n".join(lines))
    head = next((line for line in lines if line.strip()), "")
    if head.lstrip().startswith("#") and (label := _LABEL.search(head)):
        rest = lines[list(lines).index(head) + 1 :]
        return Block(label.group().rstrip("."), heading, "\n".join(rest))
    return Block("", heading, "\n".join(lines))


def snippets(code: str) -> Iterator[tuple[str, str]]:
    """(old, new) of every search and replace in a block; none when it is ordinary code."""
    pattern = re.compile(
        r"^<{5,9} ?SEARCH[^\n]*\n(.*?)^={5,9}[^\n]*\n(.*?)^>{5,9} ?REPLACE[^\n]*$", re.DOTALL | re.MULTILINE
    )
    for match in pattern.finditer(code):
        yield match.group(1), match.group(2)
