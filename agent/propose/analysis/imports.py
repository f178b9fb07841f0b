"""How a definition can refer to something from a module without disturbing a name the file already uses."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node


@dataclass(frozen=True)
class Reference:
    """``text`` is the expression to write; ``imports`` the statements it needs."""

    text: str
    imports: tuple[str, ...] = ()


def reference(fn: Function, module: str, name: str) -> Reference | None:
    """``deque``, or ``collections.deque`` where that name is taken; ``None`` where both are."""
    if fn.imported(name) == f"{module}.{name}":
        return Reference(name)
    if fn.imported(module) == module:
        return Reference(f"{module}.{name}")
    if _free(fn, name):
        return Reference(name, (f"from {module} import {name}",))
    if _free(fn, module):
        return Reference(f"{module}.{name}", (f"import {module}",))
    return None


def module_import(fn: Function, module: str) -> tuple[str, ...] | None:
    """The imports that make ``module.name`` usable at module level; ``None`` where the name is taken."""
    if fn.module.imported(module) == module:
        return ()
    return None if fn.module.binds(module) else (f"import {module}",)


def dotted_name(fn: Function, node: Node) -> str:
    """``operator.itemgetter`` for a name or attribute that an import of the file leads to, else empty."""
    match node:
        case cst.Name(value=name):
            return fn.imported(name) or ""
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=attribute)):
            module = fn.imported(name)
            return f"{module}.{attribute}" if module else ""
    return ""


def _free(fn: Function, name: str) -> bool:
    here = name in fn.bound or name in fn.captured or bool(fn.uses((fn.node, name)))
    return not (here or fn.module.binds(name) or name in fn.enclosing)
