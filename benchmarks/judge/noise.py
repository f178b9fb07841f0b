"""Simulated pairs: the noise under which the judge's error rates are checked.

Symmetric noise is what the signed-rank test assumes and what the coin that orders each pair brings about for
identical programs. The others break that on purpose.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import Random

Source = Callable[[Random, float], Iterator[float]]
"""Endless log-ratios of pairs whose true speedup is the second argument."""


def independent(noise: Callable[[Random], float]) -> Source:
    def source(rng: Random, effect: float) -> Iterator[float]:
        while True:
            yield math.log(effect) + noise(rng)

    return source


def in_turn(speed: Callable[[Random], Iterator[float]]) -> Source:
    """One after the other, by a fair coin, on a machine whose slowness (a logarithm) changes."""

    def source(rng: Random, effect: float) -> Iterator[float]:
        slowness = speed(rng)
        while True:
            first, second = next(slowness), next(slowness)
            before, after = (first, second) if rng.random() < 0.5 else (second, first)
            yield math.log(effect) + before - after

    return source


def heavy(rng: Random) -> float:
    """Student's t with 2 degrees of freedom: now and then a pair is off by a factor."""
    return 0.02 * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1, 1))


def spikes(rng: Random) -> float:
    """Quiet, but one pair in five hits one of the two sides by up to 3x."""
    return rng.gauss(0, 0.02) + (rng.random() < 0.2) * rng.uniform(-1.1, 1.1)


def proportional(rng: Random) -> float:
    """Other processes cost each side a share of its time: exponential, a fifth on average."""
    return math.log1p(rng.expovariate(5)) - math.log1p(rng.expovariate(5))


def drifting(rng: Random) -> Iterator[float]:
    """Autocorrelation .9 from run to run, and it gets hotter: a tenth of a percent with each run."""
    state, n = rng.gauss(0, 0.12), 0
    while True:
        yield state + 0.001 * n + rng.gauss(0, 0.02)
        state, n = 0.9 * state + rng.gauss(0, 0.12 * math.sqrt(1 - 0.81)), n + 1


def step(rng: Random) -> Iterator[float]:
    """After some of the runs another heavy process starts: a third slower and four times as noisy."""
    start, n = rng.randrange(1, 60), 0
    while True:
        yield rng.gauss(0, 0.03) if n < start else 0.3 + rng.gauss(0, 0.12)
        n += 1


def ticks(rng: Random, effect: float) -> Iterator[float]:
    """50 ms read on a clock of 4 ms that stands anywhere when a run starts; 3% jitter. Ties abound."""
    while True:
        a, b = (math.floor(12.5 * side + rng.random()) for side in sides(rng, effect, 0.03))
        yield math.log(a / b)


def sides(rng: Random, effect: float, jitter: float) -> tuple[float, float]:
    return effect * (1 + rng.gauss(0, jitter)), 1 + rng.gauss(0, jitter)


def absolute(rng: Random, effect: float) -> Iterator[float]:
    """Contention that costs both sides the same, whatever they take: exponential, a tenth of a run."""
    while True:
        a, b = sides(rng, effect, 0.02)
        yield math.log((a + rng.expovariate(10)) / (b + rng.expovariate(10)))


def survivor(rng: Random, effect: float) -> Iterator[float]:
    """Side by side on one core each costs the other 5%; what is left of the longer one runs undisturbed."""
    while True:
        a, b = sides(rng, effect, 0.03)
        yield math.log((a + 0.05 * min(a, b)) / (b + 0.05 * min(a, b)))


def hit(rng: Random, effect: float) -> Iterator[float]:
    """The worst case: only the longer one of each pair is ever disturbed, by 5% of its time on average."""
    while True:
        a, b = sides(rng, effect, 0.03)
        yield math.log(a / b) + math.copysign(math.log1p(rng.expovariate(20)), a - b)


SYMMETRIC: dict[str, Source] = {
    "normal, sd .03": independent(lambda rng: rng.gauss(0, 0.03)),
    "normal, sd .12": independent(lambda rng: rng.gauss(0, 0.12)),
    "heavy tails (Student t, 2)": independent(heavy),
    "spikes: 1 pair in 5 off by up to 3x": independent(spikes),
    "drift: autocorrelation .9 and heating up": in_turn(drifting),
    "a heavy process starts in the middle": in_turn(step),
    "contention in proportion to time": independent(proportional),
}
ASYMMETRIC: dict[str, Source] = {
    "clock ticks of 4 ms": ticks,
    "contention, the same seconds on both": absolute,
    "survivor's tail undisturbed": survivor,
    "only the longer one disturbed": hit,
}
SCENARIOS = SYMMETRIC | ASYMMETRIC
