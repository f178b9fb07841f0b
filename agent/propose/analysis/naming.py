"""Names for variables that a rewrite adds."""

from __future__ import annotations

import builtins
import keyword

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import walk


def local_name(fn: Function, base: str) -> str:
    """``base``, if neither this function nor the names it sees use it, else a fresh one.

    Other functions of the file may use it: for a variable of this one that does not matter.
    """
    used = {n.value for n in walk(fn.node) if isinstance(n, cst.Name)}
    taken = base in used or base in fn.enclosing or fn.module.binds(base) or hasattr(builtins, base)
    return fn.fresh(base) if taken else base


def singular(name: str) -> str:
    """A word for one element of ``name``."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    one = name[:-1]
    plural = (
        name.endswith("s") and not name.endswith("ss") and one.isidentifier() and not keyword.iskeyword(one)
    )
    return one if plural else f"{name}_item"
