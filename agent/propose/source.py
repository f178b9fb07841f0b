"""Source text as lines and spans that remember every byte: line ends, indentation, encoding."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

BOM = "\ufeff"

# Python ends lines at these three only, unlike str.splitlines (form feed, U+2028, ...).
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# From 3.12 on an f-string is several tokens, before that it is one STRING.
_OPENING = {getattr(tokenize, n) for n in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, n)}
_CLOSING = {getattr(tokenize, n) for n in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, n)}


def declared_encoding(text: str) -> str:
    """The encoding that the first two lines of a Python file declare, normalised; ``utf-8`` by default."""
    for line in split_lines(text.removeprefix(BOM)[:400])[:2]:
        if cookie := _COOKIE.match(line):
            return cookie.group(1).lower().replace("_", "-")
        if line.strip() and not line.lstrip().startswith("#"):
            break
    return "utf-8"


def split_lines(text: str) -> list[str]:
    """The lines with their ends, counted as Python counts them; joined they are ``text`` again."""
    return _LINE.findall(text)


def bare(line: str) -> str:
    """A line without its end."""
    return line.rstrip("\r\n")


def normal(text: str) -> str:
    """Text with every line end as ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def newline_of(lines: Sequence[str]) -> str:
    """The line end most of ``lines`` have; ``\\n`` when none has one."""
    ends = Counter(line[len(bare(line)) :] for line in lines)
    del ends[""]
    return ends.most_common(1)[0][0] if ends else "\n"


def indent_of(line: str) -> str:
    """The blanks a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


@dataclass(frozen=True)
class Text:
    """A file's text with the offset of each line. The byte-order mark belongs to no line."""

    text: str
    lines: tuple[str, ...]
    offsets: tuple[int, ...]
    """Offset of each line in ``text``, and after the last one the length of ``text``."""

    @classmethod
    def of(cls, text: str) -> Text:
        mark = 1 if text.startswith(BOM) else 0
        lines = split_lines(text[mark:])
        offsets = [mark]
        for line in lines:
            offsets.append(offsets[-1] + len(line))
        return cls(text, tuple(lines), tuple(offsets))

    @property
    def code(self) -> str:
        """What Python parses: the text without its byte-order mark."""
        return self.text.removeprefix(BOM)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets of the lines ``start``..``end`` (1-based, inclusive) without the last line's end."""
        last = self.lines[end - 1]
        return self.offsets[start - 1], self.offsets[end - 1] + len(bare(last))


def string_blocks(code: str) -> list[range]:
    """For each string literal over several lines, the rows (0-based) that begin inside it.

    Blanks at the start of those rows are content. Empty when ``code`` cannot be tokenized.
    """
    blocks: list[range] = []
    depth = start = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.STRING and not depth:
                blocks.append(range(token.start[0], token.end[0]))
            elif token.type in _OPENING:
                start = start if depth else token.start[0]
                depth += 1
            elif token.type in _CLOSING:
                depth -= 1
                if not depth:
                    blocks.append(range(start, token.end[0]))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [block for block in blocks if block]


def string_rows(code: str) -> set[int]:
    """The rows of ``string_blocks`` together."""
    return {row for block in string_blocks(code) for row in block}


def shift(lines: Sequence[str], old: str, new: str, keep: Collection[int] = ()) -> list[str]:
    """``lines`` moved from indentation ``old`` to ``new``; blank lines and the rows in ``keep`` untouched."""
    if old == new:
        return list(lines)
    return [
        line if row in keep or not line.strip() else new + _without(line, old)
        for row, line in enumerate(lines)
    ]


def flattened(code: str) -> list[str]:
    """The lines of ``code`` with the first one's indentation taken away, strings as they are."""
    lines = code.split("\n")
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return shift(lines, indent_of(first), "", string_rows(code))


def pieces(code: str, body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement of ``body`` with its text in ``code``, the comments above it included."""
    lines = code.split("\n")
    row = body[0].lineno - 1 if body else 0
    for statement in body:
        row = min(
            row, *(d.lineno - 1 for d in getattr(statement, "decorator_list", [])), statement.lineno - 1
        )
        if statement is body[0]:
            while row > 0 and lines[row - 1].lstrip().startswith("#"):
                row -= 1
        end = statement.end_lineno or statement.lineno
        yield statement, "\n".join(lines[row:end]).strip("\n")
        row = end


def _without(line: str, indent: str) -> str:
    # A comment or a bracketed line may stand further left than the code around it.
    return line[len(indent) :] if line.startswith(indent) else line.lstrip(" \t")
