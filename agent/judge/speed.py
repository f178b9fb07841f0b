"""Is the change faster? Paired fresh processes, an exact sequential test, and guards on what it costs.

The thin shell around ``statistics`` (decides), ``modes`` (how to time) and ``guards`` (what a gain must not
cost). Figures in the docstrings are measured ones, from hasten's own error-rate experiments.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import exp, isfinite
from pathlib import Path
from statistics import median

from hasten.agent.judge import guards, statistics
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.guards import Pair
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.sampling import Bench, demand_healthy, fault, in_turn, sample
from hasten.agent.judge.statistics import LOOKS, Step, StepDecision
from hasten.agent.types import Measurement

SLOW_S = 10.0
"""Executions longer than this may be decided by four pairs, all above 1.2x."""
SHORT_S = 0.020
"""Executions shorter than this are mostly start-up; said in the note."""
COLLISION = Mode("interleaved", "wall", False, "Two runs at the same time get in each other's way.")


def measure(
    bench: Bench, before: Path, after: Path, *, max_seconds: float | None = None
) -> Measurement | Refusal:
    """Compare two trees on one workload; a misbehaving sample or a broken guard is a ``Refusal``.

    Takes 8 pairs where the answer is clear (1.2x and up, in the median), 13 on average at 1.05x, 60 at most.
    Past ``max_seconds`` it stops, inconclusive. Raises ``WorkloadError`` when the tree ``before`` misbehaves.
    """
    started = time.monotonic()
    deadline = None if max_seconds is None else started + max_seconds
    settled = settle(bench, before, after)
    if isinstance(settled, Refusal):
        return settled
    pairs: list[Pair] = []
    step = _sequence(settled, before, after, pairs, deadline)
    if isinstance(step, Refusal):
        return step
    solo = pairs
    if step.decision == "faster" and settled.mode.name == "duet":
        found = _solo_pairs(settled, before, after, guards.veto_pairs(step.speedup))
        if isinstance(found, Refusal):
            return found
        solo = found
    measurement = _measurement(settled, step, pairs, solo, time.monotonic() - started)
    return _guarded(settled, measurement, pairs, solo)


def settle(bench: Bench, before: Path, after: Path) -> Bench | Refusal:
    """One pair that is thrown away; it warms caches and tells whether the two can run side by side at all."""
    old, new = sample(bench, [before, after])
    if bench.mode.name == "duet" and (fault(bench, old) or fault(bench, new)):
        bench = replace(bench, mode=COLLISION)
        old, new = sample(bench, [before, after])
    demand_healthy(bench, old)
    return fault(bench, new) or bench


def _sequence(
    bench: Bench, before: Path, after: Path, pairs: list[Pair], deadline: float | None
) -> Step | Refusal:
    """Sample into ``pairs`` until a look decides; the last look always does."""
    for look, size in enumerate(LOOKS):
        while len(pairs) < size:
            found = _pair(bench, before, after)
            if isinstance(found, Refusal):
                return found
            pairs.append(found)
            report_pair(bench, pairs)
            early = _between_looks(bench, pairs, deadline)
            if early is not None:
                return early
        step = _decide(bench, pairs, look)
        if step.decision is not None:
            return step
    raise AssertionError("the last look always decides")


def _pair(bench: Bench, before: Path, after: Path) -> Pair | Refusal:
    old, new = sample(bench, [before, after])
    demand_healthy(bench, old)
    return fault(bench, new) or (old, new)


def _decide(bench: Bench, pairs: Sequence[Pair], look: int) -> Step:
    criteria = bench.criteria
    return statistics.decide(
        ratios(bench, pairs), look, min_effect=criteria.min_effect, null_margin=criteria.null_margin
    )


def _between_looks(bench: Bench, pairs: Sequence[Pair], deadline: float | None) -> Step | None:
    d = ratios(bench, pairs)
    if len(pairs) == statistics.LARGE_EFFECT_PAIRS and median(bench.mode.value(a) for a, _ in pairs) > SLOW_S:
        step = statistics.decide_large(d, null_margin=bench.criteria.null_margin)
        if step.decision is not None:
            return step
    late = deadline is not None and time.monotonic() > deadline
    if late and len(pairs) >= statistics.LARGE_EFFECT_PAIRS and len(pairs) not in LOOKS:
        return statistics.stop(d)
    return None


def ratios(bench: Bench, pairs: Sequence[Pair]) -> list[float]:
    """Log-ratios of pairs on the bench's metric."""
    value = bench.mode.value
    return statistics.log_ratios((value(a), value(b)) for a, b in pairs)


def report_pair(bench: Bench, pairs: Sequence[Pair]) -> None:
    """Tell whoever watches how it stands after another pair; bounds are at .05, for the eye only."""
    d = ratios(bench, pairs)
    low, high = statistics.bounds(d, 0.05)
    facts: dict[str, object] = {
        "workload": bench.workload.name,
        "n": len(pairs),
        "speedup": exp(statistics.hodges_lehmann(d)),
        "low": exp(low) if isfinite(low) else None,
        "high": exp(high) if isfinite(high) else None,
    }
    bench.progress("pair", facts)


def _solo_pairs(bench: Bench, before: Path, after: Path, count: int) -> list[Pair] | Refusal:
    """Pairs run one after the other on one core: what someone who waits for the program would see."""
    pairs: list[Pair] = []
    for _ in range(count):
        old, new = in_turn(bench, [before, after], pinned=True)
        demand_healthy(bench, old)
        if found := fault(bench, new):
            return found
        pairs.append((old, new))
        bench.progress("solo", {"workload": bench.workload.name, "n": len(pairs)})
    return pairs


def _measurement(
    bench: Bench, step: Step, pairs: Sequence[Pair], solo: Sequence[Pair], seconds: float
) -> Measurement:
    value = bench.mode.value
    samples = tuple((value(a), value(b)) for a, b in pairs)
    alone = bench.mode.name == "interleaved" or solo is not pairs
    decision: StepDecision = step.decision or "inconclusive"
    return Measurement(
        workload=bench.workload.name,
        decision=decision,
        speedup=step.speedup,
        low=step.low,
        high=step.high,
        pairs=step.pairs,
        metric=bench.mode.metric,
        mode=bench.mode.name,
        alpha=step.alpha,
        seconds=seconds,
        before_s=median(a for a, _ in samples),
        after_s=median(b for _, b in samples),
        wall_ratio=guards.ratio(solo, lambda e: e.wall_s) if alone else 0.0,
        cpu_ratio=guards.ratio(pairs, lambda e: e.cpu_s),
        rss_ratio=guards.memory_ratio(pairs),
        note=_note(bench, step, samples),
        samples=samples,
    )


def _note(bench: Bench, step: Step, samples: Sequence[tuple[float, float]]) -> str:
    notes = []
    if step.decision == "faster" and step.pairs == statistics.LARGE_EFFECT_PAIRS:
        notes.append("large-effect, n=4")
    if step.decision == "inconclusive" and step.pairs < LOOKS[-1]:
        notes.append("time for measuring ran out")
    if median(a for a, _ in samples) < SHORT_S:
        notes.append("runs this short are mostly start-up")
    if bench.mode == COLLISION:
        notes.append("two runs at the same time get in each other's way, so they took turns")
    return "; ".join(notes)


def _guarded(
    bench: Bench, measurement: Measurement, pairs: Sequence[Pair], solo: Sequence[Pair]
) -> Measurement | Refusal:
    if measurement.decision != "faster":
        return measurement
    reason = guards.resource_veto(pairs, bench.criteria)
    if reason is None and bench.mode.name == "duet":
        reason = guards.wall_veto(solo, measurement.speedup, bench.criteria)
    if reason is None:
        return measurement
    reason = f"{measurement.speedup:.2f}x faster on {measurement.workload}, but {reason}"
    return Refusal("speed", reason, measurement=measurement)
