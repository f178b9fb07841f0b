"""Kinds of files opened with ``open`` and of what is read from them."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.kinds import BYTES, INT, NONE, STR, UNKNOWN, Kind
from hasten.agent.propose.analysis.tree import Node

FILE = "open file"
"""Name of the kind; its argument is what iteration yields: lines of text or of bytes."""


def open_kind(call: cst.Call) -> Kind:
    """What the builtin ``open`` returns: text unless a literal mode says ``b``."""
    mode: Node | None = next((a.value for a in call.args if a.keyword and a.keyword.value == "mode"), None)
    if mode is None and len(call.args) > 1 and call.args[1].keyword is None:
        mode = call.args[1].value
    named = {a.keyword.value for a in call.args if a.keyword}
    if any(a.star for a in call.args) or "opener" in named:
        return UNKNOWN
    if mode is None:
        return Kind(FILE, (STR,))
    if not isinstance(mode, cst.SimpleString):
        return UNKNOWN
    return Kind(FILE, (BYTES if "b" in str(mode.evaluated_value) else STR,))


def file_method(file: Kind, method: str) -> Kind:
    """What a method of an open file returns."""
    match method:
        case "read" | "readline":
            return file.args[0]
        case "readlines":
            return Kind("list", file.args)
        case "write" | "tell" | "seek" | "fileno":
            return INT
        case "close" | "flush" | "writelines":
            return NONE
    return UNKNOWN


def managed_kind(fn: Function, kind: Callable[[Node], Kind], binder: Node) -> Kind:
    """What ``with ... as name`` binds: an open file is its own context manager."""
    item = fn.parent.get(binder)
    if isinstance(binder, cst.AsName) and isinstance(item, cst.WithItem):
        opened = kind(item.item)
        return opened if opened.name == FILE else UNKNOWN
    return UNKNOWN
