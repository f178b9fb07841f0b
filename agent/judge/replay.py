"""The decision again, from the samples alone: does what a file says follow from what it holds? Pure.

The claims are recomputed by the very functions that decide while measuring. What the samples cannot show
(that the tests pass, that nothing else changed) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isclose, isfinite
from statistics import median

from hasten.agent.judge import conditions, guards, sequential, statistics, wording
from hasten.agent.judge.base import Criteria, Refusal
from hasten.agent.types import Decision, Measurement, Rule, Sample, Verdict, Workload

TIMED = ("speed", "confirm")
"""Gates that decide by samples; the others end it before anything is timed, or in the middle."""
TOTAL_LEVEL = 0.01
"""What all workloads together may spend: the chance that identical programs are called faster."""
ROUNDING = 1e-6
"""Relative; other machines round the last digits of logarithms differently, and nobody gains by this much."""
NAMES = {
    "decision": "the decision",
    "pairs": "the number of pairs that decided",
    "speedup": "the speedup",
    "low": "the lower bound",
    "high": "the upper bound",
    "p": "p",
    "alpha": "the level of the deciding look",
    "before_s": "the median before",
    "after_s": "the median after",
    "wall_ratio": "the ratio of wall times run alone",
    "cpu_ratio": "the ratio of CPU times",
    "rss_ratio": "the ratio of peak memory",
}
"""The figures of a measurement that follow from its samples."""


@dataclass(frozen=True)
class Redecision:
    """What the samples of one workload say."""

    measurement: Measurement
    """With every figure computed from the samples; as it was where they cannot be used."""
    veto: str | None
    """Why a gain is refused for what it costs."""
    faults: tuple[str, ...]
    """Sentences, one for each claim that does not follow from the samples."""


@dataclass(frozen=True)
class Rejudgement:
    """What all samples together say, and where the claimed verdict says something else."""

    decision: Decision
    reason: str
    """Empty where the samples did not decide."""
    timed: bool
    """Whether samples decided at all; a failed test ends it before."""
    workloads: tuple[Redecision, ...]
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def redecide(measurement: Measurement, criteria: Criteria) -> Redecision:
    """Walk through the pairs as they came, to the first look that decides, and compare every figure."""
    m = measurement
    if faults := [f"{m.workload}: {fault}" for fault in _unusable(m)]:
        return Redecision(m, None, tuple(faults))
    d = statistics.log_ratios(m.samples)
    step = sequential.conclude(d, m.rule)
    faults = [*_rule_faults(m, criteria)]
    if step is None:
        step = sequential.early(d, m.rule)
    elif step.pairs < len(d):
        more = wording.count(len(d) - step.pairs, "more pair")
        faults.append(f"{more} than the {step.pairs} that decided, after which nothing may be measured")
    found = _remade(m, step)
    faults += _differences(m, found)
    faults += _solo_faults(found)
    drift = conditions.drift([before.cpu_s for before, _ in m.raw])
    if drift != m.conditions.drift and not isclose(drift or 0.0, m.conditions.drift or 0.0, rel_tol=ROUNDING):
        faults.append("the drift is that of another number or order of pairs")
    return Redecision(
        found, guards.veto(found, criteria), tuple(f"{m.workload}: {fault}" for fault in faults)
    )


def rejudge(verdict: Verdict, workloads: Sequence[Workload], criteria: Criteria) -> Rejudgement:
    """Decide again as the judge does: workloads in order, guards, then all together.

    ``workloads`` are those that counted, heaviest first.
    """
    redecisions = tuple(redecide(m, criteria) for m in verdict.measurements)
    faults = [fault for each in redecisions for fault in each.faults]
    faults += _output_faults(verdict, workloads)
    unable = wording.held_out(workloads)  # They cannot make anything accepted.
    spent = sum(sum(r.measurement.rule.levels) for r in redecisions if r.measurement.workload not in unable)
    if spent > TOTAL_LEVEL * (1 + ROUNDING):
        faults.append(f"the levels of all workloads add up to {spent:g} instead of at most {TOTAL_LEVEL:g}")
    timed = verdict.gate in TIMED
    if not timed:
        if verdict.accepted:
            faults.append(f"accepted at the gate '{verdict.gate}', which cannot accept anything")
        return Rejudgement("rejected", "", timed, redecisions, tuple(faults))
    found = _combined(redecisions, workloads)
    measured = [m.workload for m in verdict.measurements]
    missing = [w.name for w in workloads if w.name not in measured]
    if verdict.accepted and missing:
        faults.append(f"{' and '.join(missing)} counted too, but there are no samples of it")
    if len(set(measured)) < len(measured) or not {*measured} <= {w.name for w in workloads}:
        faults.append("the measurements are not those of the workloads in the settings")
    if found.decision != verdict.decision:
        faults.append(f"the verdict: the file says {verdict.decision}, its samples give {found.decision}")
    if not isclose(found.suite, verdict.suite, rel_tol=ROUNDING):
        said, gives = _figure(verdict.suite), _figure(found.suite)
        faults.append(f"the speedup of all workloads: the file says {said}, its samples give {gives}")
    return Rejudgement(found.decision, found.reason, timed, redecisions, tuple(faults))


def replayed(d: Sequence[float], rule: Rule) -> list[tuple[str, int]]:
    """(decision, pairs) from every start in a contiguous series of log-ratios that leads to a decision.

    The decisions share pairs, so they are no independent trials: good for a look at how often a rule errs on
    one series, not for a bound.
    """
    most = rule.sizes[-1]
    steps = (sequential.conclude(d[start : start + most], rule) for start in range(len(d)))
    return [(step.decision, step.pairs) for step in steps if step is not None and step.decision]


def _combined(redecisions: Sequence[Redecision], workloads: Sequence[Workload]) -> Verdict:
    """As ``Judge`` does, on figures that were computed anew."""
    level = guards.GUARD_LEVEL / max(1, len(workloads))
    if not all(each.measurement.raw for each in redecisions) or not redecisions:
        return wording.refused(Refusal("speed", "there are no samples"), {}, final=False)
    for each in redecisions:
        if each.veto:
            return wording.refused(Refusal("speed", each.veto), {}, final=False)
        if len(workloads) > 1 and guards.is_slower(each.measurement, level):
            reason = f"it makes {wording.slower(each.measurement)}"
            return wording.refused(Refusal("speed", reason), {}, final=False)
    return wording.decided([each.measurement for each in redecisions], workloads, {}, final=False)


def _unusable(m: Measurement) -> Iterator[str]:
    """Why nothing can be computed from the samples."""
    if not m.raw:
        yield "there are no samples"
    if not m.rule.sizes or len(m.rule.sizes) != len(m.rule.levels) or m.rule.null_margin <= 0:
        yield "the stopping rule makes no sense"
    for kind, pairs in (("pair", m.raw), ("solo pair", m.solo)):
        for number, pair in enumerate(pairs, 1):
            if not all(_possible(sample) for sample in pair):
                yield f"{kind} {number} holds figures that no program can have"


def _possible(sample: Sample) -> bool:
    times = (sample.wall_s, sample.cpu_s, sample.blocked_s or 0.0)
    return all(isfinite(t) and t >= 0 for t in times) and sample.peak_rss_bytes >= 0


def _rule_faults(m: Measurement, criteria: Criteria) -> Iterator[str]:
    """Whether the stopping rule is one that the judge chooses, for the thresholds that were set."""
    rule = m.rule
    if rule.min_effect != criteria.min_effect or rule.null_margin != criteria.null_margin:
        yield (
            f"its rule asks for {rule.min_effect:g}x beyond {rule.null_margin:g}x, the settings for "
            f"{criteria.min_effect:g}x beyond {criteria.null_margin:g}x"
        )
    if (rule.test == "count") != (m.metric == "instructions"):
        yield f"a rule of the kind '{rule.test}' does not fit the metric {m.metric}"
    ours = sequential.rule_for(
        share=sum(rule.levels) / TOTAL_LEVEL,
        noise=m.noise,
        min_effect=rule.min_effect,
        null_margin=rule.null_margin,
        open_ended=rule.test == "e-process",
        counted=rule.test == "count",
    )
    if rule.sizes != ours.sizes or not _close(rule.levels, ours.levels):
        yield "its looks and levels are not those of any rule of the judge"
    # Side by side each run takes about twice as long, and a busy machine may have been quieter before.
    if rule.large and median(before.wall_s for before, _ in m.raw) < sequential.SLOW_S / 2:
        yield "its rule lets four pairs decide, which is for much longer executions"


def _close(levels: Sequence[float], others: Sequence[float]) -> bool:
    return len(levels) == len(others) and all(
        isclose(a, b, rel_tol=1e-6) for a, b in zip(levels, others, strict=True)
    )


def _remade(m: Measurement, step: statistics.Step) -> Measurement:
    """The measurement with every figure that follows from its samples computed anew."""
    raw = m.raw[: step.pairs]
    alone = m.solo or (raw if m.mode == "interleaved" else ())
    repeats = max(1, m.repeats)
    return replace(
        m,
        decision=step.decision or "inconclusive",
        speedup=step.speedup,
        low=step.low,
        high=step.high,
        pairs=step.pairs,
        alpha=step.alpha,
        p=step.p,
        before_s=median(a.value(m.metric) for a, _ in raw) / repeats,
        after_s=median(b.value(m.metric) for _, b in raw) / repeats,
        wall_ratio=guards.ratio(alone, lambda s: s.wall_s) if alone else 0.0,
        cpu_ratio=guards.ratio(raw, lambda s: s.cpu_s),
        rss_ratio=guards.memory_ratio(raw),
        raw=raw,
    )


def _differences(claimed: Measurement, found: Measurement) -> Iterator[str]:
    for field, name in NAMES.items():
        said, gives = getattr(claimed, field), getattr(found, field)
        same = said == gives or (
            isinstance(said, float) and isinstance(gives, float) and isclose(said, gives, rel_tol=ROUNDING)
        )
        if not same:
            yield f"{name}: the file says {_figure(said)}, its samples give {_figure(gives)}"


def _figure(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _solo_faults(m: Measurement) -> Iterator[str]:
    """Whether a gain that wall time does not show by itself was checked by as many runs alone as are due."""
    due = guards.veto_pairs(m.speedup) if m.mode == "duet" or m.metric == "instructions" else 0
    if m.decision == "faster" and len(m.solo) != due:
        yield f"{due} solo pairs are due where the gain is {m.speedup:.2f}x, the file holds {len(m.solo)}"


def _output_faults(verdict: Verdict, workloads: Sequence[Workload]) -> Iterator[str]:
    """Samples that printed something else than the others, where every byte counts."""
    exact = {w.name for w in workloads if w.tolerance <= 0}
    for m in verdict.measurements:
        printed = [sample.output for pair in (*m.raw, *m.solo) for sample in pair]
        if m.workload in exact and len(set(printed)) > 1:
            odd = sum(output != printed[0] for output in printed)
            yield f"{m.workload}: {odd} of {len(printed)} samples printed something else than the first"
