"""Before a confirmation: which of many candidates is worth one, and how noisy is it here and now?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from pathlib import Path

from hasten import PlatformError, WorkloadError
from hasten.agent.judge import conditions, sequential, statistics
from hasten.agent.judge.base import Calibration, Refusal
from hasten.agent.judge.sampling import Bench, demand_healthy, sample
from hasten.agent.judge.speed import ratios, report_pair, settle
from hasten.agent.types import Pair

RACE_ROUNDS = 8
FEWEST_ROUNDS = 3
RACE_SIZE = 6
"""Candidates that run next to each other and the program as it was; memory is needed for all of them."""
WORTH_CONFIRMING = 1.005
"""A race's winner below this is not worth a confirmation."""
CALIBRATION_PAIRS = 20
FEWEST_PAIRS = 8
"""No spread worth the name can be taken from fewer."""
PATIENCE = 4.0
"""How far the fewest pairs may go beyond the budget for a calibration before it is left out."""


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
    return [speedup(taken) for taken in side_by_side(bench, before, afters, rounds=rounds)]


def speedup(taken: Sequence[float]) -> float:
    """The centre of log-ratios as a ratio; 0 without any."""
    return exp(statistics.hodges_lehmann(taken)) if taken else 0.0


def side_by_side(
    bench: Bench, before: Path, afters: Sequence[Path], *, rounds: int = RACE_ROUNDS
) -> list[list[float]]:
    """Log-ratio of each candidate to the program as it was, round by round; none where it misbehaved."""
    if len(afters) > RACE_SIZE:
        raise ValueError(f"at most {RACE_SIZE} candidates race at a time")
    found: dict[int, list[float]] = {i: [] for i in range(len(afters))}
    for number in range(1 + rounds):
        running = sorted(found)
        old, *new = sample(bench, [before, *(afters[i] for i in running)])
        before_sample = demand_healthy(old)
        for i, side in zip(running, new, strict=True):
            if side.fault:
                del found[i]
            elif number > 0:
                found[i] += ratios(bench, [(before_sample, side.sample)])
        bench.progress("race", {"workload": bench.workload.name, "round": number, "running": len(found)})
        if not found:
            break
    return [found.get(i, []) for i in range(len(afters))]


@dataclass(frozen=True)
class Screened:
    """Candidates by index after a race."""

    worth: list[int]
    """Worth a measurement, most promising first."""
    broken: list[int] = field(default_factory=list)
    """Those that misbehaved: their verdict says what is wrong with them."""


def screened(ratios: Sequence[float]) -> Screened:
    """What a race is good for."""
    worth = [i for i, ratio in enumerate(ratios) if ratio > WORTH_CONFIRMING]
    broken = [i for i, ratio in enumerate(ratios) if ratio == 0.0]
    return Screened(sorted(worth, key=lambda i: -ratios[i]), broken)


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
        taken.append((demand_healthy(old), demand_healthy(new)))
        report_pair(settled, taken)
    d = ratios(settled, taken)
    sigma = statistics.noise_floor(d)
    last = sequential.conclude(d, settled.rule)
    return Calibration(
        noise=sigma,
        mde=statistics.minimum_detectable_effect(sigma),
        seconds_per_pair=(time.monotonic() - started) / pairs,
        accepted=last is not None and last.decision == "faster",
        pairs=pairs,
        load=conditions.observe(None).load,
    )


def calibrated(bench: Bench, tree: Path, other: Path, budget_s: float, sample_s: float) -> Calibration | None:
    """A calibration within ``budget_s`` wall seconds, or None where that is too little for samples that take
    ``sample_s`` each.

    Raises ``PlatformError`` when a program is twice found faster than itself: once happens by chance, in at
    most one of a hundred sessions.
    """
    pairs = affordable_pairs(2 * sample_s, budget_s)
    if not pairs:
        return None
    found = calibrate(bench, tree, other, pairs=pairs)
    if found.accepted:
        found = calibrate(bench, tree, other, pairs=pairs)
    if found.accepted:
        raise PlatformError(
            f"On this machine {bench.workload.name} is measured as faster than itself, twice in a row.",
            "Something disturbs one run and not the other: close other programs and look at 'hasten doctor'.",
        )
    return found


def affordable_pairs(seconds_per_pair: float, budget_s: float) -> int:
    """A/A pairs that a calibration can afford: up to 20, at least 8 or, where those take too long, none."""
    if budget_s <= 0 or FEWEST_PAIRS * seconds_per_pair > PATIENCE * budget_s:
        return 0
    return max(FEWEST_PAIRS, min(CALIBRATION_PAIRS, int(budget_s / max(seconds_per_pair, 1e-9))))
