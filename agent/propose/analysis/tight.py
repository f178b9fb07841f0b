"""Loops so small that a lookup or a short call shows in their time."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.motion import settled
from hasten.agent.propose.analysis.purity import PURE_BUILTINS
from hasten.agent.propose.analysis.regions import loops_around
from hasten.agent.propose.analysis.still import SEQUENCES, TABLES
from hasten.agent.propose.analysis.tree import Comprehension, Node, walk

_WALKING = frozenset(words("sorted list tuple set frozenset sum min max any all map filter zip"))
"""Builtins that take longer the more they are given."""


def in_tight_loop(fn: Function, inference: Inference, site: Node) -> bool:
    """The loop around ``site`` holds no other loop, and calls only what is written in C and quick."""
    loop = next(loops_around(fn, site), None)
    if loop is None:
        return False
    for node in walk(loop):
        if node is not loop and isinstance(node, (cst.For, cst.While, Comprehension, cst.Lambda)):
            return False
        if isinstance(node, cst.Call) and not _is_swift(fn, inference, node):
            return False
    return True


def _is_swift(fn: Function, inference: Inference, call: cst.Call) -> bool:
    match call.func:
        case cst.Name(value=name):
            return fn.is_builtin(name) and name in PURE_BUILTINS - _WALKING
        case cst.Attribute(value=cst.Name(value=name)) if fn.imported(name) == "math":
            return True
        case cst.Attribute(value=receiver):
            kind = inference.kind(receiver)
            return settled(kind) or kind.name in SEQUENCES | TABLES | {"deque"}
    return False
