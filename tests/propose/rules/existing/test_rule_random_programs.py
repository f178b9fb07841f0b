"""Random programs full of what the first rules look for: whatever a rule makes of one behaves the same."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest

from hasten.agent.propose.rules.rewriting import rewrite
from tests.propose.rules.equivalence import Make, assert_equivalent
from tests.propose.rules.programs import Programs

FIRST = (
    "loop-invariant", "list-membership", "seen-list", "nested-join", "count-loop", "index-in-loop",
    "pop-front", "list-concat", "str-concat", "regex-hoist", "memoize-pure",
)  # fmt: skip
SEEDS = range(16)


def calls(seed: int) -> list[tuple[Any, ...]]:
    """Arguments for ``f`` of ``Programs``: both lists are the same object now and then."""
    dice = Random(seed)

    def numbers() -> list[int]:
        return [dice.choice([-1, 0, 1, 2, 3, True]) for _ in range(dice.randint(0, 6))]

    def row(key: int) -> Make:
        return Make(lambda module: module["Row"](key, "a"))

    found: list[tuple[Any, ...]] = []
    for _ in range(8):
        xs = numbers()
        words = [dice.choice(["a", "b", "A", "1", "", "0"]) for _ in range(dice.randint(0, 4))]
        rows = [row(dice.randint(-1, 3)) for _ in range(dice.randint(0, 4))]
        ys = xs if dice.random() < 0.25 else numbers()
        found.append((xs, ys, words, rows, dice.randint(-1, 3), dice.choice(["", "a", "b", "1"])))
    return found


def meddle(given: tuple[Any, ...], turn: int) -> None:
    """The caller of a generator changes what it passed."""
    if turn % 2:
        given[0].append(1)
    elif given[1]:
        given[1].pop()


@cache
def fired(seed: int) -> tuple[str, tuple[str, ...]]:
    """The program and the rules that rewrite it."""
    source = Programs(seed).source()
    found = rewrite("m.py", source, "f", only=FIRST)
    return source, tuple(w.rules[0] for w in found if len(w.rules) == 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_rewritten_programs_behave_the_same(seed: int) -> None:
    source, rules = fired(seed)
    for rule in rules:
        assert assert_equivalent(source, "f", rule, calls(seed), meddle=meddle)


def test_programs_give_the_rules_something_to_do() -> None:
    assert len({rule for seed in SEEDS for rule in fired(seed)[1]}) >= 6


def test_programs_are_the_same_every_time() -> None:
    assert Programs(3).source() == Programs(3).source() != Programs(4).source()
