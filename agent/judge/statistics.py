"""Deciding from paired log-ratios whether one program is faster: exact, sequential and pure.

Everything works on ``d``, the natural logarithms of before/after of each pair: above 0 the change is faster.
The launch order of a pair is a fair coin, so ``d`` of two identical programs is symmetric about 0 whatever
the noise looks like; the signed-rank test needs nothing more to be exact.

Looks and levels come from hasten's own measurements: they add up to .01 and gave a simulated rate of
.007 false acceptances per identical candidate, counting the minimum effect that is asked for on top.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import exp, inf, log
from statistics import median
from typing import Literal

from hasten.agent.types import LARGE_EFFECT_LEVEL, Rule

REJECT_LEVEL = 0.01
MIN_EFFECT = 1.03
NULL_MARGIN = 1.01
"""Code layout alone moves programs by up to 1%: a gain has to be proven beyond that."""
LARGE_EFFECT = 1.2
LARGE_EFFECT_PAIRS = 4
STOPPED_LEVEL = 0.0625
"""Of the bounds of a measurement that ran out of time, which decides nothing: four pairs have some."""

StepDecision = Literal["faster", "slower", "same", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one look says. ``decision`` is None to go on; the rest are ratios old/new."""

    decision: StepDecision | None
    speedup: float
    low: float
    high: float
    p: float
    """Against the null margin: the chance of such data if the gain were 1.01x or less."""
    alpha: float
    pairs: int


@lru_cache(maxsize=64)
def _sign_sums(doubled_ranks: tuple[int, ...]) -> int:
    """Of all 2**n ways to give signs to the ranks, how many have the positive sum ``w``, for every ``w``.

    One long number with n+2 bits for each ``w``: the product of (1 + x**rank) at x = 2**(n+2).
    """
    width, counts = len(doubled_ranks) + 2, 1
    for rank in doubled_ranks:
        counts += counts << (rank * width)
    return counts


def _tail_count(doubled_ranks: tuple[int, ...], positive: int) -> int:
    """Of all 2**n ways to give signs to the ranks, how many reach a positive sum of at least ``positive``.

    Shifting drops the smaller sums; a number modulo (base - 1) is the sum of its digits, here the counts.
    """
    width = len(doubled_ranks) + 2
    return (_sign_sums(doubled_ranks) >> (positive * width)) % ((1 << width) - 1)


def _doubled_ranks(sizes: Sequence[float]) -> tuple[int, ...]:
    """Twice the mid-ranks of ``sizes`` (sorted): whole numbers even where values are tied."""
    ranks: list[int] = []
    for _, group in groupby(sizes):
        tied = len(list(group))
        ranks += [2 * len(ranks) + tied + 1] * tied
    return tuple(ranks)


def signed_rank_p(d: Iterable[float]) -> float:
    """Exact one-sided p of Wilcoxon's signed-rank test that the centre of ``d`` is above 0.

    Tied sizes share their mean rank and the distribution is taken over exactly these ranks. Zeros keep their
    (lowest) ranks and count as evidence against, which can only make the test more conservative.
    """
    values = sorted(d, key=abs)
    ranks = _doubled_ranks([abs(value) for value in values])
    positive = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    return _tail_count(ranks, positive) / (1 << len(ranks))


def walsh_averages(d: Sequence[float]) -> list[float]:
    """Means of all pairs of values, each with itself included, sorted."""
    halves = sorted(x / 2 for x in d)
    averages: list[float] = []
    for i, half in enumerate(halves):
        averages += [half + other for other in halves[i:]]  # ascending runs, which sort fast
    averages.sort()
    return averages


def hodges_lehmann(d: Sequence[float]) -> float:
    """Median of the Walsh averages: the centre of ``d``, robust against outliers."""
    return median(walsh_averages(d))


@lru_cache(maxsize=256)
def _critical_value(n: int, alpha: float) -> int | None:
    """Smallest positive rank sum with a tail of at most ``alpha``; None when ``n`` is too small for it."""
    ranks = tuple(range(1, n + 1))
    above = bisect_left(range(sum(ranks) + 1), -alpha * 2**n, key=lambda w: -_tail_count(ranks, w))
    return above if above <= sum(ranks) else None


def bounds(d: Sequence[float], alpha: float) -> tuple[float, float]:
    """Lower and upper confidence bound of the centre of ``d``, each one-sided at level ``alpha``.

    They invert the signed-rank test: the rank sum is the number of Walsh averages above the tested centre.
    Infinite where no result of so few pairs could reach the level.
    """
    averages = walsh_averages(d)
    critical = _critical_value(len(d), alpha)
    if critical is None:
        return -inf, inf
    return averages[len(averages) - critical], averages[critical - 1]


def decide(d: Sequence[float], rule: Rule) -> Step:
    """What the data say at a look, when there are as many pairs as one of ``rule.sizes``.

    Faster: the gain is beyond ``null_margin`` at the level of this look and its estimate reaches
    ``min_effect``. Same or slower: a gain of ``min_effect`` is ruled out at .01.
    """
    alpha = rule.levels[rule.sizes.index(len(d))]
    centre = hodges_lehmann(d)
    p = signed_rank_p(x - log(rule.null_margin) for x in d)
    decision: StepDecision | None = None
    if p <= alpha and centre >= log(rule.min_effect):
        decision = "faster"
    elif signed_rank_p(log(rule.min_effect) - x for x in d) <= REJECT_LEVEL:
        decision = "slower" if slower_p(d) <= REJECT_LEVEL else "same"
    elif len(d) == rule.sizes[-1]:
        decision = "inconclusive"
    return _step(d, decision, p, alpha)


def decide_large(d: Sequence[float], rule: Rule) -> Step:
    """The early look at slow workloads: four pairs, every one of them above 1.2x.

    So few pairs have no signed-rank bound. For symmetric noise with one peak the smallest of n values exceeds
    the centre by k times their range with probability of at most 2**-n / (1+k)**(n-1), uniform noise being
    the worst; p and the bounds come from there.
    """
    n, width = len(d), max(d) - min(d)
    above = min(d) - log(rule.null_margin)
    p = 2.0**-n * (width / (width + above)) ** (n - 1) if above > 0 else 1.0
    reach = width * max(0.0, (2.0**-n / LARGE_EFFECT_LEVEL) ** (1 / max(1, n - 1)) - 1)
    large = n >= LARGE_EFFECT_PAIRS and min(d) > log(LARGE_EFFECT) and p <= LARGE_EFFECT_LEVEL
    decision: StepDecision | None = "faster" if large else None
    low, high = exp(min(d) - reach), exp(max(d) + reach)
    return Step(decision, exp(hodges_lehmann(d)), low, high, p, LARGE_EFFECT_LEVEL, n)


def stop(d: Sequence[float], *, null_margin: float = NULL_MARGIN) -> Step:
    """The figures when time ran out between two looks: no decision may be taken there, so inconclusive."""
    p = signed_rank_p(x - log(null_margin) for x in d)
    return _step(d, "inconclusive", p, STOPPED_LEVEL)


def _step(d: Sequence[float], decision: StepDecision | None, p: float, alpha: float) -> Step:
    low, high = bounds(d, alpha)
    return Step(decision, exp(hodges_lehmann(d)), exp(low), exp(high), p, alpha, len(d))


def slower_p(d: Iterable[float]) -> float:
    """One-sided p that the change made things slower."""
    return signed_rank_p(-x for x in d)


def log_ratios(pairs: Iterable[tuple[float, float]]) -> list[float]:
    """``ln(before/after)`` of each pair; a clock that reads 0 counts as a tenth of a microsecond."""
    floor = 1e-7
    return [log(max(before, floor) / max(after, floor)) for before, after in pairs]


def noise_floor(d: Sequence[float]) -> float:
    """Spread of the log-ratios of identical programs: 1.4826 times the median absolute deviation."""
    centre = median(d)
    return 1.4826 * median(abs(x - centre) for x in d)


def minimum_detectable_effect(sigma: float) -> float:
    """The smallest speedup that is found four times out of five at noise ``sigma``: 1.01 + 0.54 sigma."""
    return NULL_MARGIN + 0.54 * sigma
