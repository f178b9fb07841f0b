"""Kinds that an observed run of the workload vouches for: parameters, locals, attributes of ``self``."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.annotations import of_annotation, of_fact
from hasten.agent.propose.analysis.function import READS, Function, binding_context
from hasten.agent.propose.analysis.kinds import IMMUTABLE, NONE, STR, UNKNOWN, Kind, join
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.numeric import sharper
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.tree import Comprehension, Node, code, walk

_STAYS = IMMUTABLE | {"tuple", "tuple*", "frozenset", "union", "ndarray", "float64", "int64", "bool_"}
"""Kinds that are at the end what they were when bound: an array's dtype and shape do not change."""
_KEEPS = READS | frozenset(
    words("store return .append() .extend() .add() .appendleft() .keys() .values() .items() .get()")
)
"""Roles in which a container loses nothing, so that what it held at the end is all it ever held."""
_FRAME_KEEPS = READS | frozenset(words("store return .iterrows() .itertuples() .apply() .to_numpy()"))


def parameter_kind(fn: Function, param: cst.Param) -> Kind:
    """Kind of a parameter: its annotation, completed by what was observed."""
    if param.star:  # made anew for each call: an exact dict, an exact tuple
        written = written_kind(fn, param)
        return Kind("dict", (STR, written)) if param.star == "**" else Kind("tuple*", (written,))
    name = param.name.value
    kind = written_kind(fn, param)
    if fn.facts:
        observed = of_fact(fn.facts.arguments.get(name, "?"), fn.module)
        if not kind.known and _asked_for_none(fn, name):
            observed = join(observed, NONE)  # this workload never passed it; another may
        kind = sharper(kind, observed)
    if param.default is not None and code(param.default) == "None":
        return join(kind, NONE)  # an annotation that forgot to say so
    return kind


def written_kind(fn: Function, param: cst.Param) -> Kind:
    written = param.annotation
    return of_annotation(code(written.annotation), fn.module) if written else UNKNOWN


def stays_as_passed(fn: Function, param: cst.Param) -> bool:
    """The annotation promises what the argument holds, or no call observed changed it."""
    unchanged = fn.facts is not None and fn.facts.changed.get(param.name.value) == 0.0
    return unchanged or written_kind(fn, param).known


def _asked_for_none(fn: Function, name: str) -> bool:
    """The function itself compares the parameter with ``None``."""
    around = (fn.parent[use] for use in fn.uses((fn.node, name)) if fn.role(use) == "compare")
    return any(isinstance(n, cst.Name) and n.value == "None" for node in around for n in walk(node))


def local_kind(fn: Function, var: Var) -> Kind:
    """What a local was seen to hold when calls returned, if that is all it can have held before.

    It is bound once, outside loops, and where it is a container nothing leaves it again.
    """
    scope, name = var
    if fn.facts is None or scope is not fn.node or name in fn.params or name not in fn.facts.locals:
        return UNKNOWN
    kind = of_fact(fn.facts.locals[name], fn.module)
    binding = [use for use in fn.uses(var) if binding_context(fn, use)]
    loops = (cst.For, cst.While, Comprehension)
    if len(binding) != 1 or any(isinstance(a, loops) for a in fn.ancestors(binding[0])):
        return UNKNOWN
    keeps = _FRAME_KEEPS if kind.name in ("DataFrame", "Series") else _KEEPS
    if kind.name in _STAYS or all(fn.role(use) in keeps for use in fn.uses(var)):
        return kind
    return Kind(kind.name, (UNKNOWN,) * len(kind.args)) if kind.name in ("list", "set", "dict") else UNKNOWN


def attribute_kind(fn: Function, node: cst.Attribute) -> Kind:
    """Kind of ``self.name`` as seen when calls began, where the method neither binds nor changes it."""
    name = code(node)
    if fn.facts is None or name not in fn.facts.attributes or "self" not in fn.params:
        return UNKNOWN
    same = [n for n in fn.own if isinstance(n, cst.Attribute) and code(n) == name]
    if "self" in fn.captured or any(_is_bound(fn, n) for n in same):
        return UNKNOWN
    kind = of_fact(fn.facts.attributes[name], fn.module)
    looks = READS | frozenset(words(".keys() .values() .items() .get()"))
    return kind if kind.name in _STAYS or all(fn.role(n) in looks for n in same) else UNKNOWN


def _is_bound(fn: Function, node: Node) -> bool:
    return bool(binding_context(fn, node))
