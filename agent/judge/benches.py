"""How each workload is measured here: its mode, its stopping rule, the noise of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from hasten import PlatformError
from hasten.agent.judge import conditions, counting, health, screening
from hasten.agent.judge.base import Baseline, Calibration, Criteria, Output, Progress, Traits
from hasten.agent.judge.outputs import output_of
from hasten.agent.judge.sampling import Bench, InstructionCounter
from hasten.agent.judge.sequential import SLOW_S, rule_for
from hasten.agent.types import Workload
from hasten.sandbox.base import Sandbox
from hasten.sandbox.tree import Trees


@dataclass
class Benches:
    """Makes the bench of every workload. What it learns of the machine on the way, it remembers."""

    sandbox: Sandbox
    trees: Trees
    criteria: Criteria
    open_workloads: Sequence[Workload]
    """Those that could each win an acceptance: the level is shared out among them by weight."""
    exchange: Path
    progress: Progress
    rng: Random
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    """Later ones than the baseline's, by workload."""
    tool: counting.Counter | None = None

    def examine(self, workload: Workload, tree: Path) -> tuple[Output, Traits]:
        """What the program as it was does and is like. Raises ``WorkloadError`` when it is not fit."""
        plain = Bench(self.sandbox, workload, self.criteria, health.SOLO, self.rng, progress=self.progress)
        executions, traits = health.examine(plain, tree)
        output = output_of(executions[0])
        found = self._calibrate(self._bench(workload, traits, output), tree, traits)
        if found:
            facts = {"workload": workload.name, "noise": found.noise, "mde": found.mde}
            self.progress("noise", facts)
        return output, replace(traits, calibration=found)

    def of(self, workload: Workload, baseline: Baseline) -> Bench:
        """What two trees are compared under on one workload."""
        return self._bench(workload, baseline.traits[workload.name], baseline.outputs[workload.name])

    def refreshed(self, workload: Workload, baseline: Baseline, tree: Path) -> Bench:
        """As ``of``, after another calibration if the machine has become much busier since the last one
        (research/measurement, step 9)."""
        last = self.calibrations.get(workload.name, baseline.traits[workload.name].calibration)
        now = conditions.observe(None).load
        if last and conditions.load_doubled(max(last.load or 0.0, conditions.OWN_LOAD), now):
            found = self._calibrate(self.of(workload, baseline), tree, baseline.traits[workload.name])
            self.calibrations[workload.name] = found or last
        return self.of(workload, baseline)

    def _bench(self, workload: Workload, traits: Traits, expected: Output) -> Bench:
        calibration = self.calibrations.get(workload.name, traits.calibration)
        noise = calibration.noise if calibration else None
        counter = self._counter() if traits.mode.metric == "instructions" else None
        rule = rule_for(
            share=1.0 if workload.holdout else self._share(workload),
            noise=noise,
            min_effect=self.criteria.min_effect,
            null_margin=self.criteria.null_margin,
            large=traits.seconds > SLOW_S,
            open_ended=self.criteria.open_ended,
            counted=counter is not None,
        )
        return Bench(
            sandbox=self.sandbox,
            workload=workload,
            criteria=self.criteria,
            mode=traits.mode,
            rng=self.rng,
            expected=expected,
            progress=self.progress,
            allowed_leftover=traits.leftover,
            repeats=traits.repeats,
            rule=rule,
            startup_s=traits.startup_s,
            noise=noise,
            counter=counter,
        )

    def _share(self, workload: Workload) -> float:
        return workload.weight / sum(rival.weight for rival in self.open_workloads)

    def _calibrate(self, bench: Bench, tree: Path, traits: Traits) -> Calibration | None:
        """What identical programs look like; None where that would take too long or would tell nothing."""
        if bench.counter is not None:
            return None
        copy = self.trees.derive(tree, {})
        try:
            sample_s = traits.seconds * traits.repeats
            return screening.calibrated(bench, tree, copy, self.criteria.calibrate_s, sample_s)
        finally:
            self.trees.remove(copy)

    def _counter(self) -> InstructionCounter:
        """Raises ``PlatformError`` where nothing can count instructions."""
        folder = self.exchange / "instructions"
        if self.tool is None:
            self.tool = counting.available(self.sandbox, self.trees.new(), folder)
        tool = self.tool
        if tool is None:
            raise PlatformError(
                "Nothing here can count instructions.",
                "Install valgrind (or perf, where the processor shows its counters), or measure time.",
            )
        return lambda sandbox, command: counting.run(tool, sandbox, command, folder)
