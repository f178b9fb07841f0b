"""Lambdas that do with one element what their body does with a whole array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from hasten.agent.propose.analysis.elementwise import BINDING, Elementwise, substituted
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import FLOAT
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.tree import Node, walk


def on_arrays(
    fn: Function, inference: Inference, body: cst.BaseExpression, elements: Mapping[str, str], *, plain: bool
) -> str | None:
    """``body`` with every name of ``elements`` replaced by its array; ``None`` if that may differ.

    The elements are floats (``plain``: Python's). Other names must be parameters of the function that are
    floats and stay what they are.
    """
    names = {n.value for n in walk(body) if isinstance(n, cst.Name)}
    numbers = [n for n in sorted(names - elements.keys()) if n in fn.bound]
    if not all(_is_number(fn, inference, n) for n in numbers):
        return None
    text = substituted(body, {})
    signature = ", ".join([*elements, *(f"{n}: float" for n in numbers)])
    tree = cst.parse_module(f"def {fn.node.name.value}({signature}):\n    return ({text})\n")
    inner = Function(tree, fn.qualname, fn.module, fn.enclosing)
    returned = next(n for n in inner.own if isinstance(n, cst.Return))
    stands: dict[Var, object] = {(inner.node, name): array for name, array in elements.items()}
    reader = Elementwise(inner, Inference(inner), inner.node.body, elements=stands, plain=plain)
    if returned.value is None or reader.sort(returned.value) != "elements" or reader.choices or reader.reads:
        return None
    return substituted(body, {n: elements[n.value] for n in _loads(body) if n.value in elements})


def _loads(body: Node) -> Sequence[cst.Name]:
    return [n for n in walk(body) if isinstance(n, cst.Name)]


def _is_number(fn: Function, inference: Inference, name: str) -> bool:
    if name not in fn.params or any(fn.role(u) in BINDING for u in fn.uses((fn.node, name))):
        return False
    return inference.parameter(fn.params[name]) == FLOAT


def plain_parameters(node: Node) -> list[str] | None:
    """Names of a lambda's parameters, when they are nothing but names."""
    if not isinstance(node, cst.Lambda):
        return None
    params = node.params
    others = [params.star_arg, params.star_kwarg, *params.kwonly_params, *params.posonly_params]
    if any(isinstance(o, cst.Param) for o in others) or any(p.default for p in params.params):
        return None
    return [p.name.value for p in params.params]
