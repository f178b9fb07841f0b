"""Where code reads whole files, and whether anything around may write one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import is_harmless_call
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.opened import FILE
from hasten.agent.propose.analysis.tree import Node, code, walk

_OPTIONS = frozenset(words("mode encoding errors newline"))
_READ_MODES = frozenset(words("r rb rt br tr"))
_WAITING = frozenset(words("input next getattr open print"))
_READS = frozenset(words("read readline readlines"))
_NEVER_THE_SAME = ("/dev/", "/proc/", "/sys/")


@dataclass(frozen=True)
class WholeRead:
    """``call`` reads all of the file ``path``; ``opening`` is the ``open(...)`` or ``Path(...)`` in it."""

    call: cst.Call
    opening: cst.Call
    path: cst.BaseExpression
    is_list: bool
    """Lines in a list rather than one text."""


def whole_read(fn: Function, node: Node) -> WholeRead | None:
    """``open(path).read()``, ``open(path).readlines()``, ``Path(path).read_text()`` and ``read_bytes()``."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=cst.Call() as opening, attr=cst.Name(value="read" | "readlines" as how)),
            args=[],
        ):
            path = opened_for_reading(fn, opening)
            return WholeRead(node, opening, path, how == "readlines") if path else None
        case cst.Call(
            func=cst.Attribute(
                value=cst.Call(
                    func=cst.Name(value=name), args=[cst.Arg(keyword=None, star="", value=path)]
                ) as opening,
                attr=cst.Name(value="read_text" | "read_bytes" as how),
            ),
            args=options,
        ) if fn.imported(name) == "pathlib.Path":
            plain = all(a.keyword and a.keyword.value in ("encoding", "errors") for a in options)
            return WholeRead(node, opening, path, False) if plain and _are_literals(options) else None
    return None


def opened_for_reading(fn: Function, node: Node) -> cst.BaseExpression | None:
    """The path of ``open(path)`` with literal options that only read."""
    match node:
        case cst.Call(func=cst.Name(value="open"), args=[cst.Arg(keyword=None, star="") as first, *others]):
            path = first.value
            if not fn.is_builtin("open") or not _are_literals(others):
                return None
            named = [a.keyword.value if a.keyword else "mode" for a in others]
            if len(set(named)) < len(named) or not set(named) <= _OPTIONS:
                return None
            modes = [a.value for a, name in zip(others, named, strict=True) if name == "mode"]
            return path if all(_text(m) in _READ_MODES for m in modes) else None
    return None


def _are_literals(arguments: Collection[cst.Arg]) -> bool:
    return all(a.star == "" and (_text(a.value) is not None or code(a.value) == "None") for a in arguments)


def _text(node: Node) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def is_steady_path(fn: Function, inference: Inference, path: Node) -> bool:
    """A text or a ``pathlib.Path``: not the number of an open file, which remembers what was read."""
    text = _text(path)
    if text is not None:
        return not text.startswith(_NEVER_THE_SAME)
    if not isinstance(path, cst.Name):
        return False
    if inference.kind(path).name == "str":
        return True
    var = fn.variable(path)
    param = fn.params.get(path.value) if var and var[0] is fn.node else None
    annotation = code(param.annotation.annotation) if param and param.annotation else ""
    never_bound = var is not None and all(fn.role(use) not in ("store", "augstore") for use in fn.uses(var))
    return never_bound and fn.module.imported(annotation) == "pathlib.Path"


def may_write(fn: Function, inference: Inference, area: Node, own: Collection[Node]) -> bool:
    """Something in ``area``, the calls ``own`` aside, may write a file, wait, or run code of others."""
    return any(_may_write(fn, inference, node) for node in walk(area) if node not in own)


def _may_write(fn: Function, inference: Inference, node: Node) -> bool:
    match node:
        case cst.Call(func=cst.Name(value=name)) if name in _WAITING and fn.is_builtin(name):
            if name == "print":
                return any(a.star or (a.keyword and a.keyword.value == "file") for a in node.args)
            return name != "open" or opened_for_reading(fn, node) is None
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))) if method in _READS:
            return inference.kind(receiver).name != FILE
        case cst.Call():
            return not is_harmless_call(fn, inference, node)
        case cst.Await() | cst.Yield() | cst.From() | cst.Asynchronous() | cst.With() | cst.While():
            return True
    return False
