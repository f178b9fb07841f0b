"""Is the change faster? Paired fresh processes, an exact sequential test, and guards on what it costs.

The thin shell around ``sequential`` (decides), ``modes`` (how to time) and ``guards`` (what a gain must not
cost). Figures in the docstrings are measured ones, from hasten's own error-rate experiments.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import exp, isfinite
from pathlib import Path
from statistics import median

from hasten.agent.judge import conditions, guards, sequential, statistics, wording
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.sampling import Bench, Side, demand_healthy, pick_core, sample
from hasten.agent.judge.statistics import LARGE_EFFECT_PAIRS, Step
from hasten.agent.types import Conditions, Measurement, Pair

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
    core = pick_core() if settled.mode.pinned else None
    start = conditions.observe(core)
    pairs: list[Pair] = []
    step = _sequence(settled, before, after, pairs, deadline)
    if isinstance(step, Refusal):
        return step
    solo: list[Pair] = []
    if step.decision == "faster" and (settled.mode.name == "duet" or settled.counter):
        found = _solo_pairs(settled, before, after, guards.veto_pairs(step.speedup))
        if isinstance(found, Refusal):
            return found
        solo = found
    weather = conditions.between(start, conditions.observe(core), [a.cpu_s for a, _ in pairs])
    measurement = _measurement(settled, step, pairs, solo, weather, time.monotonic() - started)
    reason = guards.veto(measurement, bench.criteria)
    return Refusal("speed", reason, measurement=measurement) if reason else measurement


def settle(bench: Bench, before: Path, after: Path) -> Bench | Refusal:
    """One pair that is thrown away; it warms caches and tells whether the two can run side by side at all.

    They take turns only where the program cannot run beside itself either: a change that fails beside another
    program, or makes that fail, is refused for it.
    """
    old, new = sample(bench, [before, after])
    if bench.mode.name == "duet" and (old.fault or new.fault):
        if all(side.fault is None for side in sample(bench, [before, before])):
            return new.fault or disturbed(bench, before, old)
        bench = replace(bench, mode=COLLISION)
        old, new = sample(bench, [before, after])
    demand_healthy(old)
    return new.fault or bench


def disturbed(bench: Bench, before: Path, old: Side) -> Refusal:
    """The program as it was failed beside the change. Raises ``WorkloadError`` when it fails alone too."""
    [alone] = sample(bench, [before], solo=True)
    demand_healthy(alone)
    assert old.fault is not None
    return Refusal("speed", f"beside it the program as it was fails: {old.fault.reason}", old.fault.detail)


def _sequence(
    bench: Bench, before: Path, after: Path, pairs: list[Pair], deadline: float | None
) -> Step | Refusal:
    """Sample into ``pairs`` until a look decides; the last look always does."""
    while True:
        found = _pair(bench, before, after)
        if isinstance(found, Refusal):
            return found
        pairs.append(found)
        report_pair(bench, pairs)
        d = ratios(bench, pairs)
        step = sequential.look(d, bench.rule)
        if step is not None and step.decision is not None:
            return step
        late = deadline is not None and time.monotonic() > deadline
        if late and len(pairs) >= LARGE_EFFECT_PAIRS:
            return sequential.early(d, bench.rule)


def _pair(bench: Bench, before: Path, after: Path, *, solo: bool = False) -> Pair | Refusal:
    old, new = sample(bench, [before, after], solo=solo)
    if old.fault:
        return new.fault or disturbed(bench, before, old)
    return new.fault or (old.sample, new.sample)


def ratios(bench: Bench, pairs: Sequence[Pair]) -> list[float]:
    """Log-ratios of pairs on the bench's metric."""
    metric = bench.mode.metric
    return statistics.log_ratios((a.value(metric), b.value(metric)) for a, b in pairs)


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
        found = _pair(bench, before, after, solo=True)
        if isinstance(found, Refusal):
            return found
        pairs.append(found)
        bench.progress("solo", {"workload": bench.workload.name, "n": len(pairs)})
    return pairs


def _measurement(
    bench: Bench,
    step: Step,
    pairs: Sequence[Pair],
    solo: Sequence[Pair],
    weather: Conditions,
    seconds: float,
) -> Measurement:
    metric = bench.mode.metric
    alone = solo or pairs if bench.mode.name == "interleaved" else solo
    startup = median(bench.startup_s * bench.repeats / max(a.cpu_s, 1e-9) for a, _ in pairs)
    found = Measurement(
        workload=bench.workload.name,
        decision=step.decision or "inconclusive",
        speedup=step.speedup,
        low=step.low,
        high=step.high,
        pairs=step.pairs,
        metric=metric,
        mode=bench.mode.name,
        alpha=step.alpha,
        seconds=seconds,
        before_s=median(a.value(metric) for a, _ in pairs) / bench.repeats,
        after_s=median(b.value(metric) for _, b in pairs) / bench.repeats,
        p=step.p,
        wall_ratio=guards.ratio(alone, lambda s: s.wall_s) if alone else 0.0,
        cpu_ratio=guards.ratio(pairs, lambda s: s.cpu_s),
        rss_ratio=guards.memory_ratio(pairs),
        why=bench.mode.why,
        repeats=bench.repeats,
        startup_share=min(1.0, startup) if bench.startup_s else None,
        noise=bench.noise,
        rule=bench.rule,
        conditions=weather,
        raw=tuple(pairs),
        solo=tuple(solo),
    )
    return replace(found, note="; ".join(_notes(bench, found)))


def _notes(bench: Bench, found: Measurement) -> list[str]:
    notes = []
    if found.decision == "faster" and found.pairs == LARGE_EFFECT_PAIRS and bench.rule.test == "looks":
        notes.append("large-effect, n=4")
    if found.decision == "inconclusive" and found.pairs < bench.rule.sizes[-1]:
        notes.append("time for measuring ran out")
    if found.startup_share is not None and found.startup_share > wording.STARTUP_SHARE:
        notes.append(f"{found.startup_share:.0%} of it is the start of the interpreter")
    if found.repeats > 1:
        notes.append(f"{found.repeats} runs make one sample, as one alone is too short")
    if bench.mode == COLLISION:
        notes.append("two runs at the same time get in each other's way, so they took turns")
    return [*notes, *conditions.remarks(found.conditions)]
