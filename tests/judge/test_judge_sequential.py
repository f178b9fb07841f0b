"""Stopping rules: chosen beforehand, within their level, and the same live as in hindsight."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.judge import sequential
from hasten.agent.judge.sequential import COUNTED, STANDARD, WIDE, conclude, look, reachable, rule_for
from hasten.agent.types import Rule

SHARES = st.floats(0.01, 1.0)


@given(SHARES, st.one_of(st.none(), st.floats(0, 0.5)), st.booleans())
def test_every_rule_can_be_met_and_spends_no_more_than_its_share(
    share: float, noise: float | None, large: bool
) -> None:
    rule = rule_for(share=share, noise=noise, large=large)
    assert sum(rule.levels) == pytest.approx(0.01 * share)
    assert rule.spent(rule.sizes[-1]) == pytest.approx(rule.level)
    assert rule.spent(1) == 0
    assert list(rule.sizes) == sorted(set(rule.sizes))
    for n, level in zip(rule.sizes, rule.levels, strict=True):
        assert 2.0**-n <= level, "pairs that all agree reach the level of every look"


def test_alone_it_is_the_standard_rule() -> None:
    assert rule_for() == STANDARD
    assert STANDARD.sizes[0] == 8
    assert rule_for(share=0.5).sizes[0] == 9, "eight pairs cannot reach half the level"


def test_noisy_machines_get_more_pairs() -> None:
    assert rule_for(noise=0.02).sizes == STANDARD.sizes
    wide = rule_for(noise=0.04)
    assert wide.sizes == WIDE.sizes
    assert wide.sizes[-1] > STANDARD.sizes[-1]
    assert rule_for(noise=0.04, min_effect=1.05).sizes == STANDARD.sizes


def test_sizes_that_levels_do_not_allow_are_enlarged() -> None:
    assert reachable((8, 12), (0.004, 0.001)) == (8, 12)
    assert reachable((8, 9), (0.0001, 0.0001)) == (14, 15)


def test_open_ended_looks_after_every_pair() -> None:
    rule = rule_for(open_ended=True)
    steady = [math.log(1.3) + 0.001 * i for i in range(40)]
    found = conclude(steady, rule)
    assert found is not None
    assert found.decision == "faster"
    assert found.pairs not in STANDARD.sizes or look(steady[: found.pairs - 1], rule) is not None


@pytest.mark.parametrize("rule", [STANDARD, WIDE, rule_for(share=0.3), rule_for(open_ended=True)])
@pytest.mark.parametrize("effect", [0.95, 1.0, 1.1])
def test_hindsight_says_what_was_said_live(rule: Rule, effect: float) -> None:
    rng = random.Random(3)
    d: list[float] = []
    step = None
    while step is None or step.decision is None:
        d.append(rng.gauss(math.log(effect), 0.03))
        step = look(d, rule)
    extended = [*d, 5.0, -5.0]
    assert conclude(d, rule) == step == conclude(extended, rule)
    assert conclude(d[:-1], rule) is None


def test_very_long_executions_get_an_early_look() -> None:
    clear, close = [0.5, 0.45, 0.6, 0.5], [0.5, 0.45, 0.6, 0.1]
    assert look(clear, Rule()) is None
    step = look(clear, rule_for(large=True))
    assert step is not None
    assert (step.decision, step.pairs) == ("faster", 4)
    assert look(close, rule_for(large=True)) is None


def test_counts_decide_at_three() -> None:
    assert look([0.2, 0.2], COUNTED) is None
    step = look([0.2, 0.2, 0.2], COUNTED)
    assert step is not None
    assert step.decision == "faster"


def test_stopping_early_decides_nothing() -> None:
    assert sequential.early([0.5] * 6, STANDARD).decision == "inconclusive"
