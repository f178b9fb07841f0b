"""Before a confirmation: which of many candidates is worth one, and how noisy is it here and now?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from hasten import WorkloadError
from hasten.agent.judge import statistics
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.guards import Pair
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.sampling import Bench, demand_healthy, fault, sample
from hasten.agent.judge.speed import ratios, report_pair, settle

RACE_ROUNDS = 8
FEWEST_ROUNDS = 3
RACE_SIZE = 6
"""Candidates that run next to each other and the program as it was; memory is needed for all of them."""
WORTH_CONFIRMING = 1.005
"""A race's winner below this is not worth a confirmation."""
CALIBRATION_PAIRS = 8


@dataclass(frozen=True)
class Calibration:
    """What identical programs look like on this machine, on this workload."""

    mode: Mode
    noise: float
    """Spread of the log-ratio of a pair (1.4826 times the median absolute deviation)."""
    mde: float
    """Smallest speedup found four times out of five."""
    seconds_per_pair: float
    accepted: bool
    """The program was called faster than itself: nothing measured here and now can be trusted."""
    pairs: int


def affordable_rounds(seconds_per_round: float, budget_s: float | None) -> int:
    """Rounds of a race: eight, fewer where executions are so long that eight would not fit the budget."""
    if budget_s is None:
        return RACE_ROUNDS
    return max(FEWEST_ROUNDS, min(RACE_ROUNDS, int(budget_s / max(seconds_per_round, 1e-9)) - 1))


def race(bench: Bench, before: Path, afters: Sequence[Path], *, rounds: int = RACE_ROUNDS) -> list[float]:
    """Rough speedup of each candidate from common rounds, to pick the one worth confirming.

    Screening only: these timings chose the winner, so they prove nothing about it and are thrown away.
    0 for a candidate that misbehaved. At most ``RACE_SIZE`` candidates.
    """
    if len(afters) > RACE_SIZE:
        raise ValueError(f"at most {RACE_SIZE} candidates race at a time")
    found: dict[int, list[float]] = {i: [] for i in range(len(afters))}
    for number in range(1 + rounds):
        running = sorted(found)
        old, *new = sample(bench, [before, *(afters[i] for i in running)])
        demand_healthy(bench, old)
        for i, execution in zip(running, new, strict=True):
            if fault(bench, execution):
                del found[i]
            elif number > 0:
                value = bench.mode.value
                found[i] += statistics.log_ratios([(value(old), value(execution))])
        bench.progress("race", {"workload": bench.workload.name, "round": number, "running": len(found)})
        if not found:
            break
    return [exp(statistics.hodges_lehmann(found[i])) if i in found else 0.0 for i in range(len(afters))]


def calibrate(bench: Bench, tree: Path, other: Path, *, pairs: int = CALIBRATION_PAIRS) -> Calibration:
    """Compare the program with itself over ``pairs`` pairs (at least 8 for a word on false acceptance).

    ``other`` is a second copy of ``tree``, or ``tree`` itself. Raises ``WorkloadError`` when it misbehaves.
    """
    settled = settle(bench, tree, other)
    if isinstance(settled, Refusal):
        raise WorkloadError(f"Without any change, {settled.reason}.", "Make the workload repeatable.")
    taken: list[Pair] = []
    started = time.monotonic()
    for _ in range(pairs):
        old, new = sample(settled, [tree, other])
        for execution in (old, new):
            demand_healthy(settled, execution)
        taken.append((old, new))
        report_pair(settled, taken)
    d = ratios(settled, taken)
    sigma = statistics.noise_floor(d)
    return Calibration(
        mode=settled.mode,
        noise=sigma,
        mde=statistics.minimum_detectable_effect(sigma),
        seconds_per_pair=(time.monotonic() - started) / pairs,
        accepted=statistics.decide(d, 0).decision == "faster",
        pairs=pairs,
    )
