"""The peers' decisions on windows of a pool's series. Pure.

A change of speed is made by scaling the times of the second side, which keeps the noise exactly as it was and
so is kinder than a real change. Windows overlap; the figures are good to a few points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.judge.peers import PEERS, Peer, codeflash
from benchmarks.judge.pool import Loops, Pool, Series

EFFECTS = (1.0, 1.03, 1.05, 1.10, 1.30, 1 / 1.05)
"""True speedups; the last is a program that takes 5% longer."""
WINDOWS = 250
"""Decisions per series and effect, at most."""
REUSED = 8
"""Candidates that are compared with one timing of the baseline, in codeflash's own regime."""


@dataclass(frozen=True)
class Window:
    """One decision's samples, and what they cost."""

    a: Sequence[float]
    b: Sequence[float]
    runs: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """How a rule did under one condition: accepted share by effect, and what a decision costs."""

    name: str
    accepted: dict[float, float]
    decisions: int
    runs: float
    seconds: float


def window(peer: Peer, series: Series, start: int, speedup: float) -> Window | None:
    """The samples a rule would have taken from ``start`` on; ``None`` when the series ends before."""
    taken = alternating if peer.design == "ABBA" else phased
    found = taken(peer, series.wall, start, speedup)
    if found is None:
        return None
    a, b, end = found
    seconds = series.starts[end - 1] + series.wall[end - 1] - series.starts[start]
    return Window(a, b, end - start, seconds)


def phased(
    peer: Peer, wall: Sequence[float], start: int, speedup: float
) -> tuple[list[float], list[float], int] | None:
    """All runs before the change, then all after it."""
    begin = start + peer.warmups
    count = peer.block(wall[begin:])
    if count is None:
        return None
    a = list(wall[begin : begin + count])
    begin += count + peer.warmups
    after = [t / speedup for t in wall[begin:]]
    count = peer.block(after)
    if count is None:
        return None
    return a, after[:count], begin + count


def alternating(
    peer: Peer, wall: Sequence[float], start: int, speedup: float
) -> tuple[list[float], list[float], int] | None:
    """Pairs in the order A B B A."""
    pairs = peer.block(wall[start:])
    end = start + 2 * (pairs or 0)
    if pairs is None or end > len(wall):
        return None
    a, b = [], []
    for i in range(start, end, 2):
        first, second = wall[i : i + 2] if (i - start) % 4 == 0 else wall[i : i + 2][::-1]
        a.append(first)
        b.append(second / speedup)
    return a, b, end


def windows(peer: Peer, series: Series, speedup: float) -> Iterator[Window]:
    """Decisions spread evenly over a series."""
    stride = max(1, len(series.wall) // WINDOWS)
    for start in range(0, len(series.wall), stride):
        found = window(peer, series, start, speedup)
        if found is None:
            return
        yield found


def rate(peer: Peer, pool: Pool) -> Row | None:
    """How a rule does on a pool; ``None`` when its series are too short for a single decision."""
    accepted: dict[float, float] = {}
    taken: list[Window] = []
    for effect in EFFECTS:
        found = [w for series in pool.series for w in windows(peer, series, effect)]
        if not found:
            return None
        accepted[effect] = fmean(peer.decide(w.a, w.b) for w in found)
        taken = taken or found
    return Row(peer.name, accepted, len(taken), fmean(w.runs for w in taken), fmean(w.seconds for w in taken))


def rate_loops(pool: Pool) -> Row | None:
    """codeflash at home: calls of a millisecond in a loop inside one process, its baseline timed once."""
    pairs = [
        (loops.best[i], loops.best[j], loops.calls[i] + loops.calls[j], loops.seconds[i] + loops.seconds[j])
        for loops in pool.loops
        for i, j in reused(loops)
    ]
    if not pairs:
        return None
    accepted = {
        effect: fmean(codeflash([a], [b / effect], floor=0.05) for a, b, *_ in pairs) for effect in EFFECTS
    }
    calls, seconds = fmean(p[2] for p in pairs), fmean(p[3] for p in pairs)
    return Row("codeflash > 5%, 1 ms calls in one process", accepted, len(pairs), calls, seconds)


def reused(loops: Loops) -> Iterator[tuple[int, int]]:
    """A timing of the baseline and each of the candidates' timings that follow it."""
    for i in range(len(loops.best)):
        for j in range(i + 1, min(i + 1 + REUSED, len(loops.best))):
            yield i, j


def rows(pool: Pool) -> list[Row]:
    """Every rule that the pool is long enough for."""
    found = [rate_loops(pool), *(rate(peer, pool) for peer in PEERS)]
    return [row for row in found if row is not None]
