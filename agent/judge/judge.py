"""The judge: gates, cheapest first; the first that fails ends it, with a reason a person understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hasten.agent.judge import conditions, correctness, health, policy, screening, speed, wording
from hasten.agent.judge.base import (
    Baseline,
    Calibration,
    Criteria,
    Output,
    Progress,
    Refusal,
    Traits,
    silent,
)
from hasten.agent.judge.outputs import output_of
from hasten.agent.judge.policy import Changes
from hasten.agent.judge.sampling import Bench, alone, fault
from hasten.agent.judge.sequential import rule_for
from hasten.agent.judge.statistics import log_ratios, slower_p
from hasten.agent.languages import python
from hasten.agent.types import Measurement, Verdict, Workload
from hasten.sandbox.base import Sandbox
from hasten.sandbox.tree import Trees

GUARD_LEVEL = 0.05
"""Chance of refusing a harmless change because some other workload looks slower; shared by all of them."""

Check = Callable[[], str | Refusal]


@dataclass(frozen=True)
class Case:
    """One change before the judge."""

    before: Path
    after: Path
    changes: Changes
    baseline: Baseline
    workloads: tuple[Workload, ...]
    final: bool


class Judge:
    """Says whether a change keeps the behaviour and is faster. Raises ``SandboxError`` only when the sandbox
    breaks and ``WorkloadError`` only when the program as it was does not work."""

    def __init__(
        self,
        sandbox: Sandbox,
        trees: Trees,
        criteria: Criteria,
        workloads: Sequence[Workload],
        exchange: Path,
        progress: Progress = silent,
        seed: int = 0,
    ) -> None:
        self.sandbox = sandbox
        self.trees = trees
        self.criteria = criteria
        self.workloads = tuple(sorted(workloads, key=lambda w: -w.weight))
        self.exchange = exchange
        self.progress = progress
        self.rng = Random(seed)
        self.calibrations: dict[str, Calibration] = {}

    @property
    def open_workloads(self) -> tuple[Workload, ...]:
        """The workloads that count in the search; the held-out ones take part in ``confirm`` only."""
        return tuple(w for w in self.workloads if not w.holdout) or self.workloads

    def baseline(self, tree: Path, allow_failing: bool = False) -> Baseline:
        """Run everything on the program as it was. Raises ``WorkloadError`` when it is not healthy."""
        health.compile_tree(self.sandbox, self.criteria, tree)
        outputs: dict[str, Output] = {}
        traits: dict[str, Traits] = {}
        for workload in self.workloads:
            bench = Bench(
                self.sandbox, workload, self.criteria, health.SOLO, self.rng, progress=self.progress
            )
            executions, found = health.examine(bench, tree)
            outputs[workload.name], traits[workload.name] = output_of(executions[0]), found
        traits = {
            workload.name: replace(
                traits[workload.name],
                calibration=self._calibrate(
                    self._bench(workload, traits[workload.name], outputs[workload.name]), tree
                ),
            )
            for workload in self.workloads
        }
        seconds = {name: found.seconds for name, found in traits.items()}
        if self.criteria.tests is None:
            return Baseline(tree, None, outputs=outputs, seconds=seconds, traits=traits)
        self.progress("tests", {"tree": "baseline"})
        outcomes, flaky, tests_seconds = health.run_baseline_tests(
            self.sandbox, self.trees, self.criteria, tree, self.exchange, allow_failing=allow_failing
        )
        return Baseline(tree, outcomes, flaky, outputs, seconds, traits, tests_seconds)

    def compile(self, tree: Path, paths: Sequence[str]) -> str | None:
        """Compile byte code of ``paths``; the failure text, or None."""
        sources = [path for path in paths if path.endswith(".py")]
        return health.compile_tree(self.sandbox, self.criteria, tree, sources) if sources else None

    def bench(self, workload: Workload, baseline: Baseline) -> Bench:
        """What two trees are compared under on one workload."""
        traits = baseline.traits[workload.name]
        return self._bench(workload, traits, baseline.outputs[workload.name])

    def _bench(self, workload: Workload, traits: Traits, expected: Output) -> Bench:
        calibration = self.calibrations.get(workload.name, traits.calibration)
        noise = calibration.noise if calibration else None
        rivals = [w.weight for w in self.open_workloads]
        rule = rule_for(
            share=1.0 if workload.holdout else workload.weight / sum(rivals),
            noise=noise,
            min_effect=self.criteria.min_effect,
            null_margin=self.criteria.null_margin,
            large=traits.seconds > screening.SLOW_S,
            open_ended=self.criteria.open_ended,
        )
        return Bench(
            self.sandbox,
            workload,
            self.criteria,
            traits.mode,
            self.rng,
            expected,
            self.progress,
            traits.leftover,
            traits.repeats,
            rule,
            traits.startup_s,
            noise,
        )

    def precheck(self, changes: Changes) -> Verdict | None:
        """The refusal of a change that need not be run at all; None when it may. For use before ``screen``,
        which runs candidates."""
        found = self._policy(changes)
        return wording.refused(found, {}, final=False) if isinstance(found, Refusal) else None

    def judge(self, before: Path, after: Path, changes: Changes, baseline: Baseline) -> Verdict:
        """The verdict on one candidate: ``after`` against ``before``, which ``changes`` tells apart."""
        return self._verdict(Case(before, after, changes, baseline, self.open_workloads, False))

    def confirm(self, original: Path, stack: Path, changes: Changes, baseline: Baseline) -> Verdict:
        """The verdict on everything kept, on fresh samples: all tests, all workloads, held-out ones too.

        Where there are held-out workloads, the gain has to show on one of them: a change that only knows the
        answers to the inputs it was chosen on is not faster.
        """
        return self._verdict(Case(original, stack, changes, baseline, self.workloads, True))

    def screen(self, before: Path, afters: Sequence[Path], baseline: Baseline) -> list[int]:
        """Indices of the candidates worth a measurement, most promising first.

        All that fit into memory race next to each other on the heaviest workload. Misbehaving ones are left
        in, last: their verdict says what is wrong with them.
        """
        if len(afters) < 2:
            return list(range(len(afters)))
        workload = self.open_workloads[0]
        bench, traits = self.bench(workload, baseline), baseline.traits[workload.name]
        size = max(1, min(screening.RACE_SIZE, health.together(traits.peak_rss_bytes) - 1))
        seconds = traits.seconds * traits.repeats * (len(afters) + 1)
        rounds = screening.affordable_rounds(seconds, self.criteria.measure_s)
        ratios: list[float] = []
        for start in range(0, len(afters), size):
            ratios += screening.race(bench, before, afters[start : start + size], rounds=rounds)
        worth = [i for i, ratio in enumerate(ratios) if ratio > screening.WORTH_CONFIRMING]
        broken = [i for i, ratio in enumerate(ratios) if ratio == 0.0]
        return sorted(worth, key=lambda i: -ratios[i]) + broken

    def _calibrate(self, bench: Bench, tree: Path) -> Calibration | None:
        """What identical programs look like; None where that would take too long."""
        copy = self.trees.derive(tree, {})
        try:
            return screening.calibrated(bench, tree, copy, self.criteria.calibrate_s)
        finally:
            self.trees.remove(copy)

    def _watch_load(self, case: Case, workload: Workload) -> None:
        """Calibrate again when the machine has become much busier since (research/measurement, step 9)."""
        name = workload.name
        last = self.calibrations.get(name, case.baseline.traits[name].calibration)
        now = conditions.observe(None).load
        if last and conditions.load_doubled(max(last.load or 0.0, conditions.OWN_LOAD), now):
            found = self._calibrate(self.bench(workload, case.baseline), case.before)
            self.calibrations[name] = found or last

    def _verdict(self, case: Case) -> Verdict:
        gates: dict[str, str] = {}
        for gate, check in self._gates(case):
            self.progress("gate", {"gate": gate})
            found = check()
            if isinstance(found, Refusal):
                return wording.refused(found, gates, final=case.final)
            gates[gate] = found
        self.progress("gate", {"gate": "speed"})
        return self._speed(case, gates)

    def _gates(self, case: Case) -> Iterator[tuple[str, Check]]:
        yield "policy", lambda: self._policy(case.changes)
        yield "compile", lambda: self._compile(case)
        behaviour: list[tuple[float, str, Check]] = [
            (sum(case.baseline.seconds.values()), "output", lambda: self._output(case))
        ]
        if case.baseline.outcomes is not None:
            behaviour.append((case.baseline.tests_seconds, "tests", lambda: self._tests(case)))
        for _, gate, check in sorted(behaviour, key=lambda item: item[0]):
            yield gate, check

    def _policy(self, changes: Changes) -> str | Refusal:
        if reason := policy.check_paths(changes, self.criteria):
            return Refusal("policy", reason, reason)
        for path, (_, new) in sorted(changes.items()):
            if path.endswith(".py") and new is not None and (error := python.check(path, new)):
                return Refusal("compile", "it does not parse", error)
        if reason := policy.check_content(changes, self.criteria):
            return Refusal("policy", reason, reason)
        return f"{wording.count(len(changes), 'file')} in scope"

    def _compile(self, case: Case) -> str | Refusal:
        paths = [path for path, (_, new) in case.changes.items() if new is not None]
        if next(case.after.rglob("*.pyc"), None) is None:
            # A tree that was not derived from the one before would start slower, for want of byte code.
            health.compile_tree(self.sandbox, self.criteria, case.after)
        if (error := self.compile(case.after, paths)) is not None:
            return Refusal("compile", "it does not compile", error)
        return "compiles"

    def _output(self, case: Case) -> str | Refusal:
        for workload in case.workloads:
            bench = self.bench(workload, case.baseline)
            if found := fault(bench, alone(bench, case.after)):
                return found
        same = f"same output on {wording.count(len(case.workloads), 'workload')}"
        return same if case.baseline.outcomes else f"{same}; no tests: behaviour was checked by it alone"

    def _tests(self, case: Case) -> str | Refusal:
        baseline = case.baseline
        assert baseline.outcomes is not None
        outcomes, _ = correctness.run_tests(
            self.sandbox, self.trees, self.criteria, baseline.tree, case.after, self.exchange
        )
        found = correctness.compare_outcomes(baseline.outcomes, baseline.flaky, outcomes)
        return found or wording.tests(outcomes, baseline.flaky)

    def _speed(self, case: Case, gates: Mapping[str, str]) -> Verdict:
        measurements: list[Measurement] = []
        level = GUARD_LEVEL / len(case.workloads)
        for workload in case.workloads:
            self._watch_load(case, workload)
            bench = self.bench(workload, case.baseline)
            found = speed.measure(bench, case.before, case.after, max_seconds=self.criteria.measure_s)
            if isinstance(found, Refusal):
                return wording.refused(found, gates, measurements, final=case.final)
            measurements.append(found)
            self.progress("measured", {"workload": workload.name, "decision": found.decision})
            if len(case.workloads) > 1 and is_slower(found, level):
                refusal = Refusal("speed", f"it makes {wording.slower(found)}")
                return wording.refused(refusal, gates, measurements, final=case.final)
        return wording.decided(measurements, case.workloads, gates, final=case.final)


def is_slower(measurement: Measurement, level: float) -> bool:
    """Whether a workload that the change need not help is made slower by it (signed-rank p at ``level``)."""
    return measurement.decision == "slower" or slower_p(log_ratios(measurement.samples)) <= level
