"""Verdicts and their sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hasten.agent.judge.base import Outcomes, Refusal
from hasten.agent.types import Decision, Gate, Measurement, Verdict, Workload


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


def decided(
    measurements: Sequence[Measurement],
    workloads: Sequence[Workload],
    gates: Mapping[str, str],
    *,
    final: bool,
) -> Verdict:
    """The verdict of the speed gate when no workload was made slower."""
    held_out = {w.name for w in workloads if w.holdout and final}
    gains = [m for m in measurements if m.decision == "faster" and m.workload not in held_out]
    gate: Gate = "confirm" if final else "speed"
    found = "; ".join(_figure(m) for m in measurements)
    taken = tuple(measurements)
    unconfirmed = [m for m in measurements if m.workload in held_out and m.decision in ("same", "slower")]
    if gains and held_out and len(unconfirmed) == len(held_out):
        reason = (
            f"{speedup(gains[0])}, but not on the held-out {' and '.join(m.workload for m in unconfirmed)}: "
            "the gain does not carry over to other inputs."
        )
        return Verdict("rejected", gate, sentence(reason), {**gates, gate: found}, taken, reason)
    if gains:
        reason = ", ".join(speedup(m) for m in gains)
        return Verdict("accepted", gate, sentence(reason), {**gates, gate: found}, taken)
    open_ones = [m for m in measurements if m.workload not in held_out]
    undecided = any(m.decision == "inconclusive" for m in open_ones)
    reason = sentence("; ".join(_why_not(m) for m in open_ones))
    decision: Decision = "inconclusive" if undecided else "rejected"
    return Verdict(decision, gate, reason, {**gates, gate: found}, taken, reason)


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
