"""Deciding after every pair, for budgets without an end in sight: testing by betting. Pure.

A gambler who doubts that the gain is ``centre`` bets on the next log-ratio being above it. Where the truth is
symmetric about ``centre`` or lower, no way of betting makes money on average: the wealth is a nonnegative
(super)martingale that starts at 1, so the chance that it EVER reaches 1/level is at most ``level``, whenever
one looks and for whatever reason one stops (Ville's inequality).

The bet: a pair that comes out at ``d`` multiplies the wealth by 1 + stake * tanh(rate * (d - centre) / s),
where s is the spread of the pairs before it. For each size of the deviation the two signs cancel, which makes
the game fair for every symmetric noise; the factor only grows with d, which makes it unfavourable for
anything below; and the tanh is the likelihood ratio for normal noise, which makes it grow fast. The wealth is
the mean over a small grid of rates and stakes: a mean of martingales is one, so there is nothing to tune.

Sources: Shafer, Testing by betting (J. R. Stat. Soc. A, 2021); Waudby-Smith and Ramdas, Estimating means of
bounded random variables by betting (arXiv 2010.09686) for mixtures of bets and confidence sequences; Ramdas,
Ruf, Larsson and Koolen (arXiv 2009.03167) for symmetric distributions; Ramdas, Grünwald, Vovk and Shafer,
Game-theoretic statistics and safe anytime-valid inference (arXiv 2210.01948).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import copysign, exp, inf, isfinite, log, tanh

from hasten.agent.judge.statistics import REJECT_LEVEL, Step, StepDecision, hodges_lehmann
from hasten.agent.types import Rule

RATES = (0.25, 0.5, 1.0, 2.0)
"""How soon a bet reaches its stake, per spread: small effects are found by small rates."""
STAKES = (0.6, 0.95)
"""Fraction of the wealth at risk: the cautious survives outliers, the bold is quick when all pairs agree."""
GRID = tuple((rate, stake) for rate in range(len(RATES)) for stake in STAKES)
QUARTILES = 1.35
"""The middle half of normally distributed values spans so many standard deviations."""
PRECISION = 1e-6
"""Of the bounds, in natural logarithms; what remains is given away on the safe side."""
DOUBLINGS = 12


def spreads(d: Sequence[float]) -> list[float]:
    """For each value the spread of those before it, in standard deviations; 0 where that is unknown.

    From the quartiles, which outliers hardly move. A shift of all values leaves it as it is: this is why the
    wealth falls as the centre rises, and why bounds can be found by halving.
    """
    found: list[float] = []
    past: list[float] = []
    for x in d:
        n = len(past)
        found.append((past[n - 1 - n // 4] - past[n // 4]) / QUARTILES if n > 1 else 0.0)
        insort(past, x)
    return found


def wealth(d: Sequence[float], centre: float = 0.0) -> Iterator[float]:
    """After each pair: the e-value against the gain (a natural logarithm) being ``centre`` or less."""
    return _bet(zip(d, spreads(d), strict=True), centre)


def _bet(pairs: Iterable[tuple[float, float]], centre: float) -> Iterator[float]:
    """``wealth`` from values with their spreads. Written out flat: it is the inner loop of the bounds."""
    capitals = [1 / len(GRID)] * len(GRID)
    for x, spread in pairs:
        deviation = x - centre
        if spread > 0:
            leans = [tanh(rate * deviation / spread) for rate in RATES]
        else:  # not known yet, or none: only the sign counts
            leans = [copysign(1.0, deviation) if deviation else 0.0] * len(RATES)
        capitals = [
            capital * (1 + stake * leans[rate]) for capital, (rate, stake) in zip(capitals, GRID, strict=True)
        ]
        yield sum(capitals)


@dataclass(frozen=True)
class Wealth:
    """The largest e-value so far, after each pair, against three claims."""

    no_gain: list[float]
    """Against the gain being the null margin or less."""
    gain: list[float]
    """Against the gain being the minimum effect or more."""
    not_slower: list[float]

    @classmethod
    def of(cls, d: Sequence[float], rule: Rule) -> Wealth:
        mirrored = [-x for x in d]
        return cls(
            list(accumulate(wealth(d, log(rule.null_margin)), max)),
            list(accumulate(wealth(mirrored, -log(rule.min_effect)), max)),
            list(accumulate(wealth(mirrored), max)),
        )


def decide(d: Sequence[float], rule: Rule) -> Step:
    """What the data say now; may be asked after every pair.

    Faster: at any time so far the null margin was ruled out at ``rule.level``, and the estimate now reaches
    the minimum effect. Same or slower: a gain of the minimum effect was ruled out at .01. Inconclusive at
    the cap, ``rule.sizes[-1]``. ``p`` is 1 over the largest e-value and holds at any stopping time, as the
    bounds do.
    """
    return _step(d, Wealth.of(d, rule), rule)


def conclude(d: Sequence[float], rule: Rule) -> Step | None:
    """``decide`` after the first pair that decides, in one walk; None when none does."""
    found = Wealth.of(d, rule)
    for n in range(1, len(d) + 1):
        if _decision(d[:n], found, rule) is not None:
            return _step(d[:n], found, rule)
    return None


def _step(d: Sequence[float], found: Wealth, rule: Rule) -> Step:
    n, centre = len(d), hodges_lehmann(d)
    low, high = bounds(d, rule.level)
    if found.no_gain[n - 1] * rule.level >= 1:
        low = max(low, log(rule.null_margin))  # what decided is not lost to the bound's precision
    return Step(
        decision=_decision(d, found, rule),
        speedup=exp(centre),
        low=exp(min(low, centre)),
        high=exp(max(high, centre)),
        p=min(1.0, 1 / found.no_gain[n - 1]),
        alpha=rule.level,
        pairs=n,
    )


def _decision(d: Sequence[float], found: Wealth, rule: Rule) -> StepDecision | None:
    last = len(d) - 1
    if found.no_gain[last] * rule.level >= 1 and hodges_lehmann(d) >= log(rule.min_effect):
        return "faster"
    if found.gain[last] * REJECT_LEVEL >= 1:
        return "slower" if found.not_slower[last] * REJECT_LEVEL >= 1 else "same"
    return "inconclusive" if len(d) >= rule.sizes[-1] else None


def bounds(d: Sequence[float], level: float) -> tuple[float, float]:
    """Lower and upper confidence bound of the gain, each one-sided at ``level`` and at all times at once.

    The lower one is the highest centre that some prefix of ``d`` has ruled out; infinite where so few pairs
    could rule out nothing.
    """
    return _ruled_out(d, level), -_ruled_out([-x for x in d], level)


def _ruled_out(d: Sequence[float], level: float) -> float:
    """Highest centre at which the wealth has reached 1/level; minus infinity when there is none."""
    pairs = list(zip(d, spreads(d), strict=True))

    def holds(centre: float) -> bool:
        return any(value * level >= 1 for value in _bet(pairs, centre))

    above = max(d)  # no bet wins there
    width = max(max(d) - min(d), PRECISION)
    tries = (above - width * 2**i for i in range(DOUBLINGS))
    below = next((centre for centre in tries if holds(centre)), -inf)
    while above - below > PRECISION and isfinite(below):
        middle = (below + above) / 2
        below, above = (middle, above) if holds(middle) else (below, middle)
    return below
