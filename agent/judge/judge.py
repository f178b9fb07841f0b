"""The judge: gates, cheapest first; the first that fails ends it, with a reason a person understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hasten.agent.judge import correctness, guards, health, policy, screening, speed, wording
from hasten.agent.judge.base import Baseline, Criteria, Progress, Refusal, silent
from hasten.agent.judge.benches import Benches
from hasten.agent.judge.policy import Changes
from hasten.agent.judge.sampling import Bench, alone, fault
from hasten.agent.judge.screening import Screened
from hasten.agent.languages import python
from hasten.agent.types import Measurement, Verdict, Workload
from hasten.sandbox.base import Sandbox
from hasten.sandbox.tree import Trees

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
        self.benches = Benches(sandbox, trees, criteria, self.open_workloads, exchange, progress, self.rng)

    @property
    def open_workloads(self) -> tuple[Workload, ...]:
        """The workloads that count in the search; the held-out ones take part in ``confirm`` only."""
        return tuple(w for w in self.workloads if not w.holdout) or self.workloads

    def baseline(self, tree: Path, allow_failing: bool = False) -> Baseline:
        """Run everything on the program as it was. Raises ``WorkloadError`` when it is not healthy."""
        health.compile_tree(self.sandbox, self.criteria, tree)
        examined = {w.name: self.benches.examine(w, tree) for w in self.workloads}
        outputs = {name: output for name, (output, _) in examined.items()}
        traits = {name: found for name, (_, found) in examined.items()}
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
        return self.benches.of(workload, baseline)

    def precheck(self, changes: Changes) -> Verdict | None:
        """The refusal of a change that need not be run at all; None when it may. For use before ``screen``,
        which runs candidates."""
        found = self._policy(changes)
        return wording.refused(found, {}, final=False) if isinstance(found, Refusal) else None

    def judge(
        self, before: Path, after: Path, changes: Changes, baseline: Baseline, *, held_out: bool = False
    ) -> Verdict:
        """The verdict on one candidate: ``after`` against ``before``, which ``changes`` tells apart.

        ``held_out``: on the held-out workloads too, for a change that nobody will search further from.
        """
        workloads = self.workloads if held_out else self.open_workloads
        return self._verdict(Case(before, after, changes, baseline, workloads, False))

    def confirm(self, original: Path, stack: Path, changes: Changes, baseline: Baseline) -> Verdict:
        """The verdict on everything kept, on fresh samples: all tests, all workloads, held-out ones too.

        Where there are held-out workloads, the gain has to show there too: a change that only knows the
        answers to the inputs it was chosen on is not faster.
        """
        return self._verdict(Case(original, stack, changes, baseline, self.workloads, True))

    def screen(
        self, before: Path, afters: Sequence[Path], baseline: Baseline, aimed_at: str = ""
    ) -> Screened:
        """Which candidates are worth a measurement.

        All that fit into memory race next to each other on the workload they are ``aimed_at`` (the heaviest,
        unless it is named).
        """
        if len(afters) < 2:
            return Screened(list(range(len(afters))))
        taken = self.side_by_side(before, afters, baseline, aimed_at)
        return screening.screened([screening.speedup(each) for each in taken])

    def side_by_side(
        self, before: Path, afters: Sequence[Path], baseline: Baseline, aimed_at: str = ""
    ) -> list[list[float]]:
        """Log-ratios of candidates to the program as it was, round by round, on the workload they are
        ``aimed_at``; none for what misbehaved."""
        workload = next((w for w in self.open_workloads if w.name == aimed_at), self.open_workloads[0])
        bench, traits = self.bench(workload, baseline), baseline.traits[workload.name]
        size = max(1, min(screening.RACE_SIZE, health.together(traits.peak_rss_bytes) - 1))
        seconds = traits.seconds * traits.repeats * (len(afters) + 1)
        rounds = screening.affordable_rounds(seconds, self.criteria.measure_s)
        taken: list[list[float]] = []
        for start in range(0, len(afters), size):
            taken += screening.side_by_side(bench, before, afters[start : start + size], rounds=rounds)
        return taken

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
        level = guards.GUARD_LEVEL / len(case.workloads)
        for workload in case.workloads:
            bench = self.benches.refreshed(workload, case.baseline, case.before)
            found = speed.measure(bench, case.before, case.after, max_seconds=self.criteria.measure_s)
            if isinstance(found, Refusal):
                return wording.refused(found, gates, measurements, final=case.final)
            measurements.append(found)
            self.progress("measured", {"workload": workload.name, "decision": found.decision})
            if len(case.workloads) > 1 and guards.is_slower(found, level):
                refusal = Refusal("speed", f"it makes {wording.slower(found)}")
                return wording.refused(refusal, gates, measurements, final=case.final)
        return wording.decided(measurements, case.workloads, gates, final=case.final)
