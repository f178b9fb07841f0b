"""Live decisions of hasten's judge: fresh processes in the real sandbox, ``race`` and ``measure`` unchanged.

Three kinds. ``null``: the program and six candidates of the same code in other bytes race, and those worth it
are confirmed. ``gain``: one of the six is really faster. ``slower``: a program that takes 5% longer, alone.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path
from random import Random, SystemRandom

from benchmarks.judge import programs
from benchmarks.judge.pool import machine
from benchmarks.judge.results import Line, Results
from hasten.agent.judge import health, screening, speed, statistics
from hasten.agent.judge.base import Baseline, Criteria, Refusal
from hasten.agent.judge.judge import Judge
from hasten.agent.judge.sampling import HASH_SEEDS, Bench, pick_core
from hasten.agent.programs import workload_command
from hasten.agent.types import Workload
from hasten.sandbox import registry
from hasten.sandbox.base import Limits
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.tree import Trees

GAINS = (1.03, 1.05, 1.10, 1.30, 2.00)
SLOWER = 1 / 1.05
SESSION = 25
"""Decisions before the program is looked at and compared with itself anew, as at the start of a run."""
TRUTH_PAIRS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """How many decisions of each kind; ``gains`` is for each of ``effects``. Nulls count by candidate."""

    nulls: int = 0
    slower: int = 0
    gains: int = 0
    effects: tuple[float, ...] = GAINS
    every: bool = False
    """Confirm every candidate that the race finds worth it, best first, until one is kept; otherwise only the
    winner, as hasten does with candidates that behave."""


class Stage:
    """One program with its tree, its judge and what the judge found out about it."""

    def __init__(
        self,
        name: str,
        scale: programs.Scale,
        sandbox: RunnerSandbox,
        folder: Path,
        calibrate_s: float = Criteria.calibrate_s,
    ) -> None:
        self.name, self.scale, self.sandbox = name, scale, sandbox
        self.trees = Trees(folder / "trees", link=sandbox.confined)
        self.before = programs.write(self.trees.new(), programs.files(name, scale.rounds))
        self.workload = Workload(name, programs.ARGV, timeout_s=60.0)
        criteria = Criteria(
            sys.executable, {"PATH": "/usr/bin:/bin"}, None, Limits(wall_s=60.0), calibrate_s=calibrate_s
        )
        seed = SystemRandom().randrange(2**32)
        self.judge = Judge(sandbox, self.trees, criteria, (self.workload,), folder, seed=seed)
        self.rng = Random(seed + 1)
        self.baseline: Baseline | None = None
        self.decisions = 0

    def bench(self) -> Bench:
        """What the judge compares under; every ``SESSION`` decisions the program is examined again."""
        if self.baseline is None or self.decisions % SESSION == 0:
            self.baseline = self.judge.baseline(self.before)
        self.decisions += 1
        return self.judge.bench(self.workload, self.baseline)

    def refreshed(self) -> Bench:
        """The same, after a look at the machine: what a confirmation is taken under."""
        assert self.baseline
        return self.judge.benches.refreshed(self.workload, self.baseline, self.before)

    @contextmanager
    def candidates(self, speedups: Sequence[float]) -> Iterator[list[Path]]:
        """A compiled tree for each speedup; 1 is the same code with another remark."""
        made = []
        for speedup in speedups:
            rounds = self.scale.rounds if speedup == 1 else self.scale.at(speedup)
            remark = f"candidate {self.rng.randrange(10**12)}" + "." * self.rng.randrange(64)
            made.append(self.trees.derive(self.before, programs.files(self.name, rounds, remark)))
            if error := health.compile_tree(self.sandbox, self.judge.criteria, made[-1]):
                raise RuntimeError(error)
        try:
            yield made
        finally:
            for tree in made:
                self.sandbox.forget(tree)
                self.trees.remove(tree)


def confirm(stage: Stage, after: Path) -> Line:
    """One measurement of a candidate, as the judge's gate takes it; a line's part."""
    bench = stage.refreshed()
    found = speed.measure(bench, stage.before, after, max_seconds=stage.judge.criteria.measure_s)
    said: Line = {"looks": bench.rule.sizes[0], "noise": bench.noise and round(bench.noise, 4)}
    measured = found.measurement if isinstance(found, Refusal) else found
    if measured is not None:
        said |= {
            "speedup": round(measured.speedup, 5),
            "low": round(measured.low, 5),
            "pairs": measured.pairs,
            "p": measured.p,
            "seconds": round(measured.seconds, 3),
            "mode": measured.mode,
            "metric": measured.metric,
        }
    if isinstance(found, Refusal):
        return {"pairs": 0, **said, "decision": "refused", "reason": found.reason}
    return {**said, "decision": found.decision}


def batch(stage: Stage, speedups: Sequence[float], every: bool) -> Line:
    """A race of several candidates and the confirmations that follow from it."""
    bench = stage.bench()
    with stage.candidates(speedups) as trees:
        began = time.monotonic()
        ratios = screening.race(bench, stage.before, trees)
        raced = time.monotonic() - began
        worth = [i for i, ratio in enumerate(ratios) if ratio > screening.WORTH_CONFIRMING]
        confirmed: list[Line] = []
        for i in sorted(worth, key=lambda i: -ratios[i])[: None if every else 1]:
            confirmed.append({"effect": speedups[i], **confirm(stage, trees[i])})
            if confirmed[-1]["decision"] == "faster":
                break
        seconds = time.monotonic() - began
    return {
        "race": [round(ratio, 4) for ratio in ratios],
        "race_seconds": round(raced, 3),
        "confirmed": confirmed,
        "seconds": round(seconds, 3),
    }


def alone(stage: Stage, speedup: float) -> Line:
    """One candidate, measured without a race."""
    stage.bench()
    with stage.candidates([speedup]) as [tree]:
        began = time.monotonic()
        found = confirm(stage, tree)
        return {
            "confirmed": [{"effect": speedup, **found}],
            "seconds": round(time.monotonic() - began, 3),
        }


def truth(stage: Stage, speedup: float) -> float:
    """The speedup that a change of the loop count really makes: a long run side by side, looked at once.

    Its pairs are taken without the judge's own sampling, so that one can check the other.
    """
    bench = stage.bench()
    taken = []
    with stage.candidates([speedup]) as [tree]:
        for _ in range(TRUTH_PAIRS):
            seed = stage.rng.randrange(HASH_SEEDS)
            commands = [
                workload_command(
                    stage.workload,
                    each,
                    stage.sandbox,
                    bench.criteria.env,
                    bench.criteria.limits,
                    hash_seed=seed,
                    cpu=pick_core(),
                )
                for each in (stage.before, tree)
            ]
            if stage.rng.random() < 0.5:
                old, new = stage.sandbox.run(commands)
            else:
                new, old = stage.sandbox.run(commands[::-1])
            taken.append((old.cpu_s, new.cpu_s))
    return exp(statistics.hodges_lehmann(statistics.log_ratios(taken)))


def progress(results: Results, wanted: Wanted) -> dict[tuple[str, float], float]:
    """How much of each kind is done, as a share of what is wanted; kinds that are not wanted are left out."""
    kinds = {("null", 1.0): wanted.nulls / screening.RACE_SIZE, ("slower", SLOWER): float(wanted.slower)}
    kinds |= {("gain", effect): float(wanted.gains) for effect in wanted.effects}
    done = dict.fromkeys(kinds, 0)
    for line in results.lines("null", "slower", "gain"):
        done[line["kind"], line["effect"]] = done.get((line["kind"], line["effect"]), 0) + 1
    return {key: done[key] / number for key, number in kinds.items() if number > 0}


def scales(results: Results, folder: Path) -> dict[str, programs.Scale]:
    """The loop counts of this file of results: those it began with, so that it stays comparable."""
    if not results.lines("setup"):
        found = {name: asdict(programs.scale(name, folder)) for name in programs.PROGRAMS}
        results.append({"kind": "setup", "machine": machine(), "scales": found})
    setup = results.lines("setup")[0]
    return {name: programs.Scale(**facts) for name, facts in setup["scales"].items()}


def run(results: Results, wanted: Wanted, minutes: float, sandbox: str, say: Say) -> None:
    """Decide until everything wanted is done or time is up, what is furthest behind first."""
    end = time.monotonic() + minutes * 60
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hasten-bench-"))).resolve()
        repo = folder / "repo"
        repo.mkdir()
        opened = stack.enter_context(
            registry.choose(
                sandbox,
                mount_at=repo,
                readable=[Path(sys.prefix), Path(sys.base_prefix)],
                scratch=folder / "scratch",
            )
        )
        stages = {
            name: Stage(name, scale, opened, folder / name)
            for name, scale in scales(results, folder / "scales").items()
        }
        while time.monotonic() < end:
            shares = progress(results, wanted)
            if not shares or min(shares.values()) >= 1:
                return
            kind, effect = min(shares, key=lambda key: shares[key])
            say(decide(results, stages, kind, effect, wanted.every))


def decide(results: Results, stages: dict[str, Stage], kind: str, effect: float, every: bool) -> str:
    """One decision, written down; the sentence about it."""
    taken = [line for line in results.lines(kind) if line["effect"] == effect]
    name = list(stages)[len(taken) % len(stages)]
    stage = stages[name]
    if kind == "gain" and not any(
        line["program"] == name and line["effect"] == effect for line in results.lines("truth")
    ):
        found = truth(stage, effect)
        results.append({"kind": "truth", "program": name, "effect": effect, "speedup": round(found, 5)})
    if kind == "slower":
        facts = alone(stage, effect)
    else:
        speedups = [1.0] * screening.RACE_SIZE
        if kind == "gain":
            speedups[stage.rng.randrange(screening.RACE_SIZE)] = effect
        facts = batch(stage, speedups, every)
        facts["effects"] = speedups
    load = round(os.getloadavg()[0], 2)
    line: Line = {
        "kind": kind,
        "program": name,
        "effect": effect,
        **facts,
        "load": load,
        "at": int(time.time()),
    }
    results.append(line)
    said = ", ".join(f"{c['effect']:.2f}x {c['decision']}" for c in line["confirmed"]) or "none worth it"
    return f"{kind} {effect:.2f}x {name}: {said} ({line['seconds']:.1f} s, load {load})"
