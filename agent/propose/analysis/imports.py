"""How a definition can refer to something from a module without disturbing a name the file already uses."""

from __future__ import annotations

from dataclasses import dataclass

from hasten.agent.propose.analysis.function import Function


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


def _free(fn: Function, name: str) -> bool:
    here = name in fn.bound or name in fn.captured or bool(fn.uses((fn.node, name)))
    return not (here or fn.module.binds(name) or name in fn.enclosing)
