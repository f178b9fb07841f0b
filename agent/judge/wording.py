"""Verdicts and their sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

from hasten.agent.judge import holdout
from hasten.agent.judge.base import Outcomes, Refusal, Traits
from hasten.agent.types import Decision, Gate, Measurement, Verdict, Workload

STARTUP_SHARE = 0.3
"""Above this the interpreter's start hides part of every gain (research/measurement: warn above 30%)."""


def count(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sentence(clause: str) -> str:
    """A clause with a capital and a full stop."""
    text = clause[:1].upper() + clause[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def tests(outcomes: Outcomes, flaky: frozenset[str]) -> str:
    """``12 tests as before (1 not counted)``."""
    if not outcomes.structured:
        return "the test command succeeds"
    counted = len(outcomes.by_id.keys() - flaky)
    left_out = f" ({len(flaky)} not counted)" if flaky else ""
    return f"{count(counted, 'test')} as before{left_out}"


def speedup(measurement: Measurement) -> str:
    """``1.52x faster on report (at least 1.44x)``."""
    return f"{measurement.speedup:.2f}x faster on {measurement.workload} (at least {measurement.low:.2f}x)"


def slower(measurement: Measurement) -> str:
    """``report slower: it takes 1.31x as long``."""
    return f"{measurement.workload} slower: it takes {1 / measurement.speedup:.2f}x as long"


def refused(
    refusal: Refusal, gates: Mapping[str, str], measurements: Sequence[Measurement] = (), *, final: bool
) -> Verdict:
    """The verdict when a gate fails; ``final`` says that it was the confirmation."""
    taken = [*measurements, refusal.measurement] if refusal.measurement else measurements
    reason = sentence(refusal.reason)
    return Verdict(
        decision="rejected",
        gate="confirm" if final else refusal.gate,
        reason=reason,
        gates={**gates, refusal.gate: reason},
        measurements=tuple(taken),
        detail=refusal.detail,
    )


def held_out(workloads: Sequence[Workload]) -> set[str]:
    """Names of those that no gain may rest on: the held-out ones, where there are open ones beside them."""
    unseen = {w.name for w in workloads if w.holdout}
    return unseen if len(unseen) < len(workloads) else set()


def decided(
    measurements: Sequence[Measurement],
    workloads: Sequence[Workload],
    gates: Mapping[str, str],
    *,
    final: bool,
) -> Verdict:
    """The verdict of the speed gate when no workload was made slower. A gain counts on open workloads; the
    held-out ones among ``workloads`` have to bear it out."""
    unseen = held_out(workloads)
    gains = [m for m in measurements if m.decision == "faster" and m.workload not in unseen]
    gate: Gate = "confirm" if final else "speed"
    found = "; ".join(_figure(m) for m in measurements)
    taken = tuple(measurements)
    suite = suite_speedup(measurements, [w for w in workloads if w.name not in unseen])
    if gains and (doubt := holdout.doubt(gains, measurements, [w for w in workloads if w.name in unseen])):
        reason = f"{speedup(gains[0])}, {doubt.reason}"
        return Verdict(doubt.decision, gate, sentence(reason), {**gates, gate: found}, taken, reason, suite)
    if gains:
        reason = ", ".join(speedup(m) for m in gains)
        return Verdict("accepted", gate, sentence(reason), {**gates, gate: found}, taken, suite=suite)
    open_ones = [m for m in measurements if m.workload not in unseen]
    undecided = any(m.decision == "inconclusive" for m in open_ones)
    reason = sentence("; ".join(_why_not(m) for m in open_ones))
    decision: Decision = "inconclusive" if undecided else "rejected"
    return Verdict(decision, gate, reason, {**gates, gate: found}, taken, reason, suite)


def suite_speedup(measurements: Sequence[Measurement], workloads: Sequence[Workload]) -> float:
    """Geometric mean of the speedups, weighted as the workloads are; 0 when there are not several."""
    weights = {w.name: w.weight for w in workloads}
    counted = [m for m in measurements if m.workload in weights]
    if len(counted) < 2:
        return 0.0
    total = sum(weights[m.workload] for m in counted)
    return exp(sum(weights[m.workload] * log(m.speedup) for m in counted) / total)


def remarks(name: str, traits: Traits, min_effect: float) -> list[str]:
    """What a person should know before anything is judged: how well this workload can be measured here."""
    said = []
    seen = traits.calibration
    if traits.mode.metric == "instructions":
        said.append(f"{name} is compared by instructions, which know nothing of caches, waiting or threads")
    elif seen is None:
        said.append(f"{name} takes too long to be compared with itself; its noise is not known beforehand")
    elif seen.noise > log(min_effect):
        said.append(
            f"this machine is noisy: identical runs of {name} differ by {seen.noise:.1%}, so more pairs are "
            f"taken and gains below {seen.mde:.2f}x will mostly end inconclusive"
        )
    if traits.startup_s > STARTUP_SHARE * traits.seconds:
        share = min(1.0, traits.startup_s / traits.seconds)
        said.append(f"{share:.0%} of {name} is the start of the interpreter, which dilutes every gain")
    if traits.repeats > 1:
        said.append(f"{name} is short: {traits.repeats} runs make one sample")
    return said


def _figure(measurement: Measurement) -> str:
    return f"{measurement.workload} {measurement.speedup:.2f}x ({measurement.decision})"


def _why_not(measurement: Measurement) -> str:
    if measurement.decision == "slower":
        return f"it makes {slower(measurement)}"
    if measurement.decision == "same":
        return (
            f"no faster on {measurement.workload}: {measurement.speedup:.2f}x after {measurement.pairs} pairs"
        )
    return (
        f"{measurement.pairs} pairs on {measurement.workload} cannot tell: {measurement.speedup:.2f}x, "
        f"between {measurement.low:.2f}x and {measurement.high:.2f}x"
    )
