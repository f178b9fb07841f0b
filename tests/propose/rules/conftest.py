"""Rewriting one definition of a file, and running both versions side by side."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from hasten.agent.facts import Facts
from hasten.agent.propose.edits import apply_edits
from hasten.agent.propose.rules.base import Rewrite
from hasten.agent.propose.rules.rewriting import rewrite
from hasten.agent.types import Edit

Runner = Callable[..., Any]


@cache
def spliced(source: str, edit: Edit) -> str:
    """``source`` after the edit, as the real splicer has it."""
    return apply_edits({edit.path: source}.get, [edit])[edit.path]


def _rewritten(source: str, only: tuple[str, ...], qualname: str, facts: Facts | None) -> tuple[Rewrite, ...]:
    """Remembered for the property tests, which ask for the same rewrite on every example."""
    key = (source, only, qualname, str(facts))
    if key not in _REMEMBERED:
        _REMEMBERED[key] = tuple(rewrite("m.py", source, qualname, facts, only or None))
    return _REMEMBERED[key]


_REMEMBERED: dict[tuple[object, ...], tuple[Rewrite, ...]] = {}


@pytest.fixture
def proposed() -> Callable[..., list[Rewrite]]:
    """What the rules named (all, if none) make of the last definition of a file, or of ``qualname``."""

    def run(source: str, *only: str, qualname: str = "f", facts: Facts | None = None) -> list[Rewrite]:
        return list(_rewritten(textwrap.dedent(source), only, qualname, facts))

    return run


@pytest.fixture
def silent(proposed: Callable[..., list[Rewrite]]) -> Callable[..., bool]:
    def run(source: str, *only: str, **options: Any) -> bool:
        return proposed(source, *only, **options) == []

    return run


@cache
def function(source: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {"__name__": "m"}
    exec(compile(source, "m.py", "exec", dont_inherit=True), space)
    found = space[name]
    assert callable(found)
    return found


def outcome(source: str, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Result, its type and order, exception type, arguments afterwards. Generators are run out."""
    given = copy.deepcopy(arguments)
    try:
        result = function(source, name)(*given)
        result = list(result) if hasattr(result, "__next__") else result
    except Exception as error:
        return type(error), given
    order = list(result) if isinstance(result, dict) else None
    return result, type(result), order, given


@pytest.fixture
def same_behaviour() -> Callable[..., None]:
    """Both versions of ``f`` agree on result, its type and order, exception and changed arguments."""

    def check(source: str, edit: Edit, *calls: tuple[Any, ...]) -> None:
        source = textwrap.dedent(source)
        after = spliced(source, edit)
        for arguments in calls:
            assert outcome(after, "f", arguments) == outcome(source, "f", arguments), (arguments, after)

    return check
