"""A pure call repeated in a loop on something the loop leaves alone is made once, before it.

What: ``sorted(xs)``, ``set(xs)``, ``sum(xs)``, ``min(xs)``, ``max(xs)`` and methods such as ``text.lower()``
move in front of the loop that repeats them.

Why: the call walks the whole list (or text) on every turn; the loop is quadratic.

Precondition: the argument is a list, tuple or text of builtin values for which the call cannot raise, and
nothing in the loop changes or rebinds it, nor calls code that could reach it; a new container is only looked
at, never changed or kept; ``min`` and ``max`` only where the loop runs over the very list (an empty list then
runs no turn); the builtin is not rebound.

Before::

    def normalise(values: list[float]) -> list[float]:
        result = []
        for value in values:
            result.append(value / sum(values))
        return result

After::

    def normalise(values: list[float]) -> list[float]:
        result = []
        values_sum = sum(values)
        for value in values:
            result.append(value / values_sum)
        return result

Tier: facts
Source: loop-invariant code motion, applied to calls proven free of effects and exceptions
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import READS, Function
from hasten.agent.propose.analysis.hoisting import hoisted
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import Region, loops_around
from hasten.agent.propose.analysis.still import unchanged_region
from hasten.agent.propose.analysis.tree import Comprehension, Node, code, walk
from hasten.agent.propose.rules.base import Change, Rule

_CONTAINERS = frozenset(["sorted", "set", "list", "tuple", "frozenset"])
_AGGREGATES = frozenset(["sum", "min", "max"])
_TEXT = frozenset(["lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "swapcase", "split"])
_STRIPS = frozenset(["strip", "lstrip", "rstrip"])
_NUMBERS = frozenset(["int", "float", "bool"])


@dataclass(frozen=True)
class _Call:
    """A call that can be made once: ``text`` is what to write in front, ``label`` names its result."""

    node: cst.Call
    argument: cst.Name
    label: str
    text: str


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    calls = [c for node in fn.own if isinstance(node, cst.Call) if (c := _candidate(fn, inference, node))]
    for call in calls:
        var = fn.variable(call.argument)
        region = _region(fn, inference, call, var) if var else None
        if var is None or region is None:
            continue
        same = [c for c in calls if _alike(fn, c, call, region)]
        text = hoisted(fn, [c.node for c in same], _once(call), f"{var[1]}_{call.label}", region)
        return Change(text, f"Compute `{code(call.node)}` once before the loop")
    return None


def _once(call: _Call) -> str:
    """``min`` and ``max`` in front of the loop must not raise where the loop would not have run."""
    return f"{call.text[:-1]}, default=None)" if call.label in ("min", "max") else call.text


def _alike(fn: Function, one: _Call, other: _Call, region: Region) -> bool:
    return (
        one.text == other.text
        and fn.inside(one.node, region.loop)
        and (fn.variable(one.argument) == fn.variable(other.argument))
    )


def _region(fn: Function, inference: Inference, call: _Call, var: Var) -> Region | None:
    region = unchanged_region(fn, inference, call.node, var, inference.kind(call.argument))
    if region is None or call.label not in ("min", "max"):
        return region
    inner = (loop for loop in loops_around(fn, call.node) if fn.inside(loop, region.loop))
    return region if any(_runs_over(fn, loop, var) for loop in inner) else None


def _runs_over(fn: Function, loop: Node, var: Var) -> bool:
    """A loop's iterable is the list itself, or ``enumerate`` of it."""
    source = loop.iter if isinstance(loop, cst.For) else None
    if isinstance(loop, Comprehension):
        source = loop.for_in.iter
    match source:
        case cst.Call(func=cst.Name(value="enumerate"), args=[cst.Arg(value=inner)]) if fn.is_builtin(
            "enumerate"
        ):
            source = inner
    return source is not None and fn.variable(source) == var


def _candidate(fn: Function, inference: Inference, node: cst.Call) -> _Call | None:
    match node:
        case cst.Call(
            func=cst.Name(value=name),
            args=[cst.Arg(keyword=None, star="", value=cst.Name() as argument), *others],
        ) if name in _CONTAINERS | _AGGREGATES and fn.is_builtin(name):
            kind = inference.kind(argument)
            if not _never_raises(name, kind) or not _plain_options(name, others):
                return None
            if name in _CONTAINERS and not _only_looked_at(fn, node):
                return None
            return _Call(node, argument, name, code(node))
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as argument, attr=cst.Name(value=method)), args=arguments
        ) if method in _TEXT and inference.kind(argument).name == "str":
            if arguments and not _strips_text(method, arguments):
                return None
            if method == "split" and not _only_looked_at(fn, node):
                return None
            return _Call(node, argument, method, code(node))
    return None


def _strips_text(method: str, arguments: Sequence[cst.Arg]) -> bool:
    """``strip(" ")`` and its kin: other methods take nothing they could not stumble over."""
    match list(arguments):
        case [cst.Arg(keyword=None, star="", value=cst.SimpleString(prefix=prefix))]:
            return method in _STRIPS and "b" not in prefix.lower()
    return False


def _never_raises(name: str, kind: Kind) -> bool:
    """A list of values the call cannot stumble over."""
    if not kind.is_array:
        return False
    element = kind.element
    names = {k.name for k in (element.args if element.name == "union" else (element,))}
    ordered = names <= _NUMBERS or names == {"str"} or names == {"bytes"}
    match name:
        case "sum":
            return names <= {"int", "bool"} or names == {"float"}  # a float cannot hold every whole number
        case "sorted" | "min" | "max":
            return ordered
        case "set" | "frozenset":
            return element.hashable
    return element.name in IMMUTABLE


def _plain_options(name: str, others: Sequence[cst.Arg]) -> bool:
    """Nothing, or ``sorted(..., reverse=True)``."""
    match list(others):
        case []:
            return True
        case [cst.Arg(keyword=cst.Name(value="reverse"), value=cst.Name(value="True" | "False"))]:
            return name == "sorted"
    return False


def _only_looked_at(fn: Function, node: cst.Call) -> bool:
    """The new container is read where it stands and dropped; ``iter`` of the loop itself runs once anyway."""
    role = fn.role(node)
    lazy = ("iter()", "enumerate()", "zip()", "reversed()", "map()", "filter()", "id()", ".copy()")
    return role in READS - set(lazy) and not any(isinstance(n, cst.NamedExpr) for n in walk(node))


RULE = Rule(
    "loop-invariant",
    "facts",
    tuple(f"{name}(" for name in sorted(_CONTAINERS | _AGGREGATES)) + tuple(f".{m}(" for m in sorted(_TEXT)),
    apply,
    __doc__ or "",
)
