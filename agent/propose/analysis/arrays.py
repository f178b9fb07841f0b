"""Rules that answer questions about an unchanging list from a table built once before the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import is_private
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import Region
from hasten.agent.propose.analysis.still import unchanged_region
from hasten.agent.propose.analysis.tree import Node, edited, expression


@dataclass(frozen=True)
class Question:
    """``node`` asks ``array`` about ``probe``: ``probe in array``, ``array.count(probe)``."""

    node: Node
    array: cst.Name
    probe: Node


@dataclass(frozen=True)
class Answerable:
    """Questions about one list that a table built before ``region`` can answer."""

    var: Var
    region: Region
    questions: tuple[Question, ...]


def answerable(fn: Function, inference: Inference, questions: Sequence[Question]) -> Answerable | None:
    """The first list asked again and again whose elements and probes hash as they compare."""
    regions = {q.node: region for q in questions if (region := _region(fn, inference, q))}
    for question in questions:
        if question.node not in regions:
            continue
        region, var = regions[question.node], fn.variable(question.array)
        same = tuple(
            q
            for q in questions
            if fn.variable(q.array) == var and q.node in regions and regions[q.node].loop is region.loop
        )
        if var is not None:
            return Answerable(var, region, same)
    return None


def _region(fn: Function, inference: Inference, question: Question) -> Region | None:
    var, kind = fn.variable(question.array), inference.kind(question.array)
    if var is None or not kind.is_array or not kind.element.hashable:
        return None
    if not inference.kind(question.probe).hashable:
        return None
    return unchanged_region(fn, inference, question.node, var, kind)


def method_questions(fn: Function, method: str) -> list[Question]:
    """Calls ``name.method(probe)`` with exactly one plain argument."""
    found: list[Question] = []
    for node in fn.own:
        match node:
            case cst.Call(
                func=cst.Attribute(value=cst.Name() as array, attr=cst.Name(value=called)),
                args=[cst.Arg(keyword=None, star="", value=probe)],
            ) if called == method:
                found.append(Question(node, array, probe))
    return found


def table_text(
    fn: Function,
    found: Answerable,
    table: str,
    build: str,
    answer: Callable[[Question], str],
) -> str:
    """The definition with ``table = build`` before the region and every question answered from it."""
    return edited(
        fn.tree,
        {q.node: expression(answer(q)) for q in found.questions},
        before={found.region.anchor: [f"{table} = {build}"]},
    )


def builtins_intact(fn: Function, *names: str) -> bool:
    return all(fn.is_builtin(name) for name in names)


def owned(fn: Function, inference: Inference, var: Var) -> bool:
    """A list made by this function and kept to itself until the end."""
    return is_private(fn, inference, var)
