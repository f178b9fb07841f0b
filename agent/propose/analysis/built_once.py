"""What can be built once at module level, in front of a definition, from constants."""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node, code

_DEEPEST = 5
"""Constants made of constants that are followed."""


def stands_before(fn: Function, *names: str) -> bool:
    """The file binds each name at top level before the statement that holds the definition."""
    own = fn.module.top_level_index(fn.qualname.split(".")[0])
    return all(0 <= fn.module.top_level_index(name) < own for name in names)


def label(fn: Function, otherwise: str) -> str:
    """``Parser._read_line`` -> ``READ_LINE``: what constants of a definition are named after."""
    return fn.qualname.split(".")[-1].strip("_").upper() or otherwise


def literal_text(fn: Function, node: Node) -> str | bytes | None:
    """The value of a text or bytes written out here, or in constants of the file that stand before."""
    try:
        tree = ast.parse(f"({code(node)}\n)", mode="eval")
    except SyntaxError:
        return None
    return _value(fn, tree.body, _DEEPEST)


def _value(fn: Function, node: ast.expr | None, depth: int) -> str | bytes | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(blob)):
            return blob
        case ast.Name(id=name) if name not in fn.bound and name not in fn.enclosing:
            # A name in capitals, assigned once: its writer vouches that it stays.
            known = depth and name.isupper() and stands_before(fn, name)
            return _value(fn, fn.module.constant(name), depth - 1) if known else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_value(fn, left, depth), _value(fn, right, depth)])
        case ast.JoinedStr(values=parts):
            return _joined(["", *(_value(fn, part, depth) for part in parts)])
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return _value(fn, value, depth)
    return None


def _joined(parts: list[str | bytes | None]) -> str | bytes | None:
    texts = [p for p in parts if isinstance(p, str)]
    blobs = [p for p in parts if isinstance(p, bytes)]
    if len(texts) == len(parts):
        return "".join(texts)
    return b"".join(blobs) if len(blobs) == len(parts) else None


def at_module_level(node: Node) -> str:
    """Source of the first argument of a call made at module level: pieces of text each on its own line."""
    if not isinstance(node, cst.ConcatenatedString):
        return code(node)
    lines = code(node.with_changes(lpar=[], rpar=[])).splitlines()
    if len(lines) == 1 or '"""' in code(node) or "'''" in code(node):
        return code(node)
    return "\n" + "".join(f"    {line.strip()}\n" for line in lines)


def has_comment(call: Node) -> bool:
    """A call over several lines that explains itself: left as it is."""
    text = code(call)
    return "\n" in text and "#" in text
