"""A tree judged against itself: how noisy is it here, and how often would the judge be fooled?"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from math import exp, fsum, lgamma, log, log1p
from pathlib import Path
from statistics import median

from pydantic import TypeAdapter

from hasten import WorkloadError
from hasten.agent import evidence, evidence_files
from hasten.agent.deliver import repository
from hasten.agent.evidence import Machine, Versions
from hasten.agent.journal import RunStore, new_run_id
from hasten.agent.judge import replay, speed, statistics
from hasten.agent.judge.base import Progress, Refusal
from hasten.agent.judge.sampling import Bench
from hasten.agent.settings import Settings
from hasten.agent.types import Measurement
from hasten.agent.workspace import open_workspace

SCHEMA = "hasten/sameness/1"
FILE = "sameness.json"
SECONDS = 60.0
"""Measuring time where none is asked for; enough for some thirty decisions on 50 ms."""
CONFIDENCE = 0.95
HALVINGS = 60


@dataclass(frozen=True)
class Replays:
    """Decisions from every start of the contiguous series of pairs. They overlap: no independent trials."""

    decisions: int
    faster: int


@dataclass(frozen=True)
class Sameness:
    """One workload against itself."""

    workload: str
    measurements: tuple[Measurement, ...]
    """Every decision taken, with all its samples."""
    vetoes: tuple[str, ...]
    """Reasons for which a guard refused what the test called faster."""
    noise: float
    """Spread of the log-ratio of a pair (1.4826 times the median absolute deviation)."""
    mde: float
    """Smallest speedup found four times out of five."""
    centre: float
    """Median ratio of all pairs; 1 where nothing favours either side."""
    replays: Replays
    seconds: float

    @property
    def decisions(self) -> int:
        return len(self.measurements)

    @property
    def pairs(self) -> int:
        return sum(m.pairs for m in self.measurements)

    @property
    def faster(self) -> int:
        """Decisions that called the program faster than itself, those that a guard refused included."""
        return sum(m.decision == "faster" for m in self.measurements)

    @property
    def accepted(self) -> int:
        return self.faster - len(self.vetoes)

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(m.decision for m in self.measurements)


@dataclass(frozen=True)
class SameTree:
    """What a session with two copies of one tree says of this machine and the judge on it."""

    id: str
    at: float
    machine: Machine
    versions: Versions
    sandbox: str
    seed: int
    repo: str
    settings: Settings
    workloads: tuple[Sameness, ...]
    schema: str = field(default=SCHEMA)

    @property
    def decisions(self) -> int:
        return sum(w.decisions for w in self.workloads)

    @property
    def accepted(self) -> int:
        return sum(w.accepted for w in self.workloads)

    @property
    def upper(self) -> float:
        """95% upper bound on the rate of false acceptances, from the decisions that were taken."""
        return upper_bound(self.accepted, self.decisions)


SAME_TREE: TypeAdapter[SameTree] = TypeAdapter(SameTree)


def judge_itself(
    repo: Path, settings: Settings, seconds: float, progress: Progress, store: RunStore
) -> tuple[SameTree, Path]:
    """Take decisions on two copies of ``repo`` for about ``seconds`` of measuring, shared by the workloads;
    what was found, and the file that holds every sample of it.

    The decision at work when the time is up is finished: leaving it out would favour short ones. Raises
    ``WorkloadError`` where a workload is not repeatable.
    """
    name, root = new_run_id(), store.root / "verify"
    seed = evidence.seed_of(name)
    evidence_files.demand_writable(root)
    with open_workspace(repo, settings, name, needs_tests=False, progress=progress, trusted=True) as space:
        space.judge.rng.seed(seed)
        tree = space.snapshot()
        baseline = space.judge.baseline(tree)
        copy = space.trees.copy(tree)
        workloads = space.judge.open_workloads
        found = SameTree(
            id=name,
            at=time.time(),
            machine=Machine.here(),
            versions=Versions.here(space.interpreter.executable, space.interpreter.version),
            sandbox=space.sandbox.name,
            seed=seed,
            repo=str(repo),
            settings=settings,
            workloads=tuple(
                against_itself(space.judge.bench(w, baseline), tree, copy, seconds / len(workloads))
                for w in workloads
            ),
        )
    repository.exclude_runs(repo)
    told = evidence_files.to_json(SAME_TREE.dump_python(found, mode="json"))
    return found, evidence_files.write(root, name, {FILE: told}) / FILE


def against_itself(bench: Bench, tree: Path, copy: Path, seconds: float) -> Sameness:
    """Whole decisions, one after the other, on two copies of one tree; the last begins before ``seconds``."""
    started = time.monotonic()
    taken: list[Measurement] = []
    vetoes: list[str] = []
    while not taken or time.monotonic() - started < seconds:
        found = speed.measure(bench, tree, copy, max_seconds=bench.criteria.measure_s)
        if isinstance(found, Refusal):
            if found.measurement is None:
                raise WorkloadError(f"Without any change, {found.reason}.", "Make the workload repeatable.")
            vetoes.append(found.reason)
            found = found.measurement
        taken.append(found)
    return summed_up(tuple(taken), tuple(vetoes), time.monotonic() - started)


def summed_up(measurements: tuple[Measurement, ...], vetoes: tuple[str, ...], seconds: float) -> Sameness:
    """The figures of decisions on identical programs; at least one. Pure."""
    d = [x for m in measurements for x in statistics.log_ratios(m.samples)]
    noise = statistics.noise_floor(d)
    again = replay.replayed(d, measurements[0].rule)
    return Sameness(
        workload=measurements[0].workload,
        measurements=measurements,
        vetoes=vetoes,
        noise=noise,
        mde=statistics.minimum_detectable_effect(noise),
        centre=exp(median(d)),
        replays=Replays(len(again), sum(decision == "faster" for decision, _ in again)),
        seconds=seconds,
    )


def upper_bound(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Clopper and Pearson's one-sided upper bound on a rate: the rate at which as few events or fewer would
    come with a chance of 1 - ``confidence`` (Biometrika 1934). Nearly 3/``trials`` where there were none.
    """
    if events >= trials:
        return 1.0
    low, high = events / trials, 1.0
    for _ in range(HALVINGS):
        rate = (low + high) / 2
        if at_most(events, trials, rate) > 1 - confidence:
            low = rate
        else:
            high = rate
    return high


def at_most(events: int, trials: int, rate: float) -> float:
    """Chance of ``events`` or fewer in ``trials`` at a ``rate`` above 0 and below 1 (binomial)."""
    choices = lgamma(trials + 1)
    return fsum(
        exp(choices - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(rate) + (trials - k) * log1p(-rate))
        for k in range(events + 1)
    )
