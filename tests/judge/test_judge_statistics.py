"""The statistics against brute force, and their error rates on simulated noise with fixed seeds."""

import math
import random
from collections.abc import Callable
from itertools import product

import pytest

from hasten.agent.judge import statistics as st
from hasten.agent.types import Rule

Noise = Callable[[random.Random], float]


def enumerated_p(d: list[float]) -> float:
    """All sign assignments, mid-ranks from counting; zeros can only be negative."""
    sizes = [abs(x) for x in d]
    ranks = [sum(s < size for s in sizes) + (sizes.count(size) + 1) / 2 for size in sizes]
    observed = sum(r for r, x in zip(ranks, d, strict=True) if x > 0)
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign)
        for signs in product((0, 1), repeat=len(d))
    ]
    return sum(s >= observed for s in sums) / len(sums)


@pytest.mark.parametrize("n", range(1, 10))
@pytest.mark.parametrize("values", [None, (-2, -1, 0, 1, 2, 3)])
def test_p_equals_brute_force(n: int, values: tuple[int, ...] | None) -> None:
    rng = random.Random(n)
    for _ in range(12):
        d = [rng.gauss(0.3, 1) if values is None else float(rng.choice(values)) for _ in range(n)]
        assert st.signed_rank_p(d) == pytest.approx(enumerated_p(d), abs=1e-12)


def test_p_at_the_ends() -> None:
    assert st.signed_rank_p([0.1 * i for i in range(1, 9)]) == 2**-8
    assert st.signed_rank_p([-0.1 * i for i in range(1, 9)]) == 1.0
    assert st.signed_rank_p([0.0] * 8) == 1.0
    assert st.signed_rank_p([0.1 * i for i in range(1, 61)]) == 2**-60


def test_published_critical_values() -> None:
    """Tables of the test, n=10 and n=20 one-sided: at .05 the smaller sum is at most 10 and 60."""
    assert st._critical_value(10, 0.05) == 55 - 10
    assert st._critical_value(20, 0.05) == 210 - 60
    assert st._critical_value(5, 0.01) is None


@pytest.mark.parametrize("n", [1, 2, 5, 8, 13])
def test_hodges_lehmann_is_the_median_of_walsh_averages(n: int) -> None:
    rng = random.Random(n)
    d = [rng.uniform(-1, 1) for _ in range(n)]
    averages = sorted((d[i] + d[j]) / 2 for i in range(n) for j in range(i, n))
    middle = len(averages) // 2
    expected = averages[middle] if len(averages) % 2 else (averages[middle - 1] + averages[middle]) / 2
    assert st.hodges_lehmann(d) == pytest.approx(expected)
    assert st.hodges_lehmann([x + 1 for x in d]) == pytest.approx(expected + 1)


@pytest.mark.parametrize("alpha", [0.05, 0.004])
def test_bounds_invert_the_test(alpha: float) -> None:
    rng = random.Random(7)
    for _ in range(20):
        d = [rng.gauss(0.1, 0.2) for _ in range(10)]
        low, high = st.bounds(d, alpha)
        assert st.signed_rank_p(x - (low - 1e-9) for x in d) <= alpha
        assert st.signed_rank_p(x - (low + 1e-9) for x in d) > alpha
        assert st.signed_rank_p((high + 1e-9) - x for x in d) <= alpha
        assert st.signed_rank_p((high - 1e-9) - x for x in d) > alpha


def test_bounds_of_too_few_pairs_are_infinite() -> None:
    assert st.bounds([0.1, 0.2, 0.3], 0.004) == (-math.inf, math.inf)


def test_levels_add_up_to_one_percent() -> None:
    assert Rule().level == pytest.approx(0.01)
    assert len(Rule().sizes) == len(Rule().levels)


def run(rng: random.Random, effect: float, noise: Noise) -> st.Step:
    """One sequential decision on simulated pairs."""
    d: list[float] = []
    for n in Rule().sizes:
        d += [math.log(effect) + noise(rng) for _ in range(n - len(d))]
        step = st.decide(d, Rule())
        if step.decision:
            return step
    raise AssertionError("no decision at the last look")


def gauss(sd: float) -> Noise:
    return lambda rng: rng.gauss(0, sd)


def heavy(rng: random.Random) -> float:
    """Student's t with 2 degrees of freedom: now and then a pair is off by a factor."""
    return 0.02 * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1, 1))


def spikes(rng: random.Random) -> float:
    """Quiet, but one pair in five hits one of the two sides by up to 3x."""
    return rng.gauss(0, 0.02) + (rng.random() < 0.2) * rng.uniform(-1.1, 1.1)


def ticks(rng: random.Random) -> float:
    """A coarse clock: 50 ms read in steps of 4 ms, so ties and zeros abound."""
    a, b = (round(rng.gauss(12, 1)) for _ in range(2))
    return math.log(a / b)


@pytest.mark.parametrize(
    ("noise", "runs"), [(gauss(0.02), 400), (gauss(0.12), 300), (heavy, 400), (spikes, 400), (ticks, 60)]
)
def test_identical_programs_are_hardly_ever_accepted(noise: Noise, runs: int) -> None:
    rng = random.Random(1)
    accepted = sum(run(rng, 1.0, noise).decision == "faster" for _ in range(runs))
    assert accepted <= 4, "more than 1% of identical programs called faster"


@pytest.mark.parametrize("noise", [gauss(0.02), gauss(0.1), heavy, spikes])
def test_programs_at_the_margin_keep_the_level(noise: Noise) -> None:
    """1.01x is the null hypothesis' edge: the test must hold its level there, at most .01."""
    rng = random.Random(2)
    accepted = sum(run(rng, 1.01, noise).decision == "faster" for _ in range(300))
    assert accepted <= 9, "binomial bound: P(more than 9 of 300 at .01) is .001"


@pytest.mark.parametrize(("effect", "at_least"), [(1.05, 0.95), (1.10, 0.99), (1.3, 1.0)])
def test_real_gains_are_found(effect: float, at_least: float) -> None:
    rng = random.Random(3)
    steps = [run(rng, effect, gauss(0.03)) for _ in range(200)]
    assert sum(s.decision == "faster" for s in steps) >= at_least * 200


@pytest.mark.parametrize("noise", [gauss(0.05), heavy])
def test_slower_programs_are_never_kept_and_named(noise: Noise) -> None:
    rng = random.Random(4)
    steps = [run(rng, 1 / 1.05, noise) for _ in range(200)]
    assert not any(s.decision == "faster" for s in steps)
    assert sum(s.decision == "slower" for s in steps) > 20
    assert all(run(rng, 1 / 1.5, noise).decision == "slower" for _ in range(20))


def test_identical_programs_are_recognised_soon() -> None:
    rng = random.Random(5)
    steps = [run(rng, 1.0, gauss(0.02)) for _ in range(100)]
    assert sum(s.decision == "same" for s in steps) >= 90
    assert sum(s.pairs for s in steps) / 100 < 20


def test_lower_bound_covers() -> None:
    rng = random.Random(6)
    missed = 0
    for _ in range(1500):
        d = [rng.gauss(0.2, 0.1) + (rng.random() < 0.1) * rng.choice((-1, 1)) for _ in range(12)]
        missed += st.bounds(d, 0.05)[0] > 0.2
    assert missed / 1500 <= 0.065
    assert missed / 1500 >= 0.03, "a bound this loose would waste what was measured"


def test_minimum_effect_and_margin_are_honoured() -> None:
    d = [math.log(1.06) + 0.0001 * i for i in range(8)]
    assert st.decide(d, Rule()).decision == "faster"
    assert st.decide(d, Rule(min_effect=1.2)).decision == "same"
    assert st.decide(d, Rule(min_effect=1.05, null_margin=1.061)).decision is None


def test_large_effects_need_every_pair() -> None:
    rule = Rule(large=True)
    assert st.decide_large([0.6, 0.55, 0.7, 0.61], rule).decision == "faster"
    assert st.decide_large([0.6, 0.55, 0.7, 0.18], rule).decision is None
    assert st.decide_large([0.6, 0.55, 0.7], rule).decision is None
    assert st.decide_large([0.2, 0.9, 1.5, 0.4], rule).decision is None, "above 1.2x, but all over the place"
    step = st.decide_large([0.6, 0.55, 0.7, 0.61], rule)
    assert step.low == pytest.approx(math.exp(0.55 - 1.5 * 0.15))
    assert step.p < step.alpha
    assert step.pairs == 4


@pytest.mark.parametrize("noise", [lambda rng: rng.uniform(-1, 1), gauss(0.5), heavy])
def test_the_bound_of_four_pairs_covers(noise: Noise) -> None:
    """Uniform noise is the worst there is; its rate of misses is the level itself, .004."""
    rng = random.Random(9)
    missed = 0
    for _ in range(4000):
        step = st.decide_large([math.log(2) + noise(rng) for _ in range(4)], Rule(large=True))
        missed += step.low > 2
    assert missed <= 32, "binomial bound: P(more than 32 of 4000 at .004) is below .0003"


def test_stopping_between_looks_decides_nothing() -> None:
    assert st.stop([0.5] * 10).decision == "inconclusive"


def test_noise_floor_and_what_can_be_detected() -> None:
    rng = random.Random(8)
    sigma = st.noise_floor([rng.gauss(0, 0.05) for _ in range(4000)])
    assert sigma == pytest.approx(0.05, rel=0.06)
    assert st.minimum_detectable_effect(0.05) == pytest.approx(1.037)


def test_a_clock_that_reads_nothing_is_no_infinite_gain() -> None:
    assert st.log_ratios([(0.0, 0.0), (1.0, 0.5)]) == pytest.approx([0.0, math.log(2)])
