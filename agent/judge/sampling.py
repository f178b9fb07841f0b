"""Taking samples: two or more versions of a program, run under equal conditions, every output checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hasten import WorkloadError
from hasten.agent.judge import sequential
from hasten.agent.judge.base import Criteria, Output, Progress, Refusal, silent
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.outputs import compare_output, describe_end, last_lines, output_of
from hasten.agent.programs import workload_command
from hasten.agent.types import Rule, Sample, Workload
from hasten.sandbox.base import Command, Execution, Sandbox

HASH_SEEDS = 2**32
"""PYTHONHASHSEED takes 0 up to this."""


InstructionCounter = Callable[[Sandbox, Command], tuple[Execution, int | str]]


@dataclass(frozen=True)
class Bench:
    """Everything that two versions of one workload are compared under."""

    sandbox: Sandbox
    workload: Workload
    criteria: Criteria
    mode: Mode
    rng: Random
    """Decides launch order and hash seeds; the fair coin makes the test exact."""
    expected: Output | None = None
    """What every sample has to leave behind; None compares nothing but the exit status."""
    progress: Progress = silent
    allowed_leftover: int = 0
    """Processes that the program as it was leaves running."""
    repeats: int = 1
    """Fresh processes that make one sample."""
    rule: Rule = sequential.STANDARD
    """When sampling stops."""
    startup_s: float = 0.0
    """CPU seconds in which the interpreter merely starts."""
    noise: float | None = None
    """Spread of the log-ratio of identical programs, where it was measured."""
    counter: InstructionCounter | None = None
    """Runs a command and counts its instructions; where there is one they are compared instead of time."""


def pick_core() -> int | None:
    """The core for samples: the last one we may use, as the first serves interrupts. None on macOS."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Side:
    """What one version did in one sample: its figures, and what was wrong with it, if anything."""

    sample: Sample
    fault: Refusal | None


def sample(bench: Bench, trees: Sequence[Path], *, solo: bool = False) -> list[Side]:
    """One sample of every tree, the way the bench's mode says; ``solo``: alone, one after the other.

    Every execution of a sample is a fresh process that finds nothing left by the others, and is checked.
    """
    rounds = []
    for _ in range(bench.repeats):
        rounds.append(_round(bench, trees, solo=solo))
        if any(trouble(bench, ran) for ran in rounds[-1]):
            break
    return [_side(bench, runs) for runs in zip(*rounds, strict=True)]


@dataclass(frozen=True)
class Ran:
    """One execution, its place in the order of launching, and its instructions where they were counted."""

    place: int
    execution: Execution
    instructions: int | str = 0
    """Or why they could not be counted."""


def _round(bench: Bench, trees: Sequence[Path], *, solo: bool) -> list[Ran]:
    """One execution in every tree."""
    if bench.counter is not None and not solo:
        return counted(bench, bench.counter, trees)
    if bench.mode.name == "duet" and not solo:
        return side_by_side(bench, trees)
    return in_turn(bench, trees, pinned=solo or bench.mode.pinned)


def side_by_side(bench: Bench, trees: Sequence[Path]) -> list[Ran]:
    """One execution in every tree, all at the same time on the same core, launched in random order.

    Sharing the core makes each take that much longer on the wall clock, so the time limit grows with them.
    """
    order = _shuffled(bench, len(trees))
    commands = [
        replace(command, limits=replace(command.limits, wall_s=command.limits.wall_s * len(trees)))
        for command in _commands(bench, trees, pick_core())
    ]
    executions = bench.sandbox.run([commands[i] for i in order])
    found = {i: Ran(place, e) for place, (i, e) in enumerate(zip(order, executions, strict=True))}
    return [found[i] for i in range(len(trees))]


def in_turn(bench: Bench, trees: Sequence[Path], *, pinned: bool) -> list[Ran]:
    """One execution in every tree, one after the other in random order."""
    commands = _commands(bench, trees, pick_core() if pinned else None)
    order = _shuffled(bench, len(trees))
    found = {i: Ran(place, bench.sandbox.run([commands[i]])[0]) for place, i in enumerate(order)}
    return [found[i] for i in range(len(trees))]


def counted(bench: Bench, counter: InstructionCounter, trees: Sequence[Path]) -> list[Ran]:
    """One execution in every tree below a counter of instructions, one after the other."""
    commands = _commands(bench, trees, pick_core())
    order = _shuffled(bench, len(trees))
    found = {i: Ran(place, *counter(bench.sandbox, commands[i])) for place, i in enumerate(order)}
    return [found[i] for i in range(len(trees))]


def alone(bench: Bench, tree: Path) -> Execution:
    """One execution of one tree, wherever the system puts it."""
    return in_turn(bench, [tree], pinned=False)[0].execution


def _side(bench: Bench, runs: Sequence[Ran]) -> Side:
    ran = [each.execution for each in runs]
    blocked = [e.blocked_s for e in ran if e.blocked_s is not None]
    total = Sample(
        wall_s=sum(e.wall_s for e in ran),
        cpu_s=sum(e.cpu_s for e in ran),
        peak_rss_bytes=max(e.peak_rss_bytes for e in ran),
        blocked_s=sum(blocked) if len(blocked) == len(ran) else None,
        launched=runs[0].place,
        output=hashlib.sha256(ran[0].stdout).hexdigest(),
        instructions=sum(each.instructions for each in runs if isinstance(each.instructions, int)),
    )
    return Side(total, next((found for each in runs if (found := trouble(bench, each))), None))


def _shuffled(bench: Bench, n: int) -> list[int]:
    order = list(range(n))
    bench.rng.shuffle(order)
    return order


def _commands(bench: Bench, trees: Sequence[Path], core: int | None) -> list[Command]:
    seed = bench.rng.randrange(HASH_SEEDS)
    return [
        workload_command(
            bench.workload,
            tree,
            bench.sandbox,
            bench.criteria.env,
            bench.criteria.limits,
            hash_seed=seed,
            cpu=core,
        )
        for tree in trees
    ]


def fault(bench: Bench, execution: Execution) -> Refusal | None:
    """What is wrong with an execution of the changed program; None when it behaved like the one before."""
    name = bench.workload.name
    if not execution.ok:
        detail = last_lines(execution.stderr) or last_lines(execution.stdout)
        return Refusal("output", f"the workload {name} {describe_end(execution)}", detail)
    if bench.expected is not None:
        tolerance = bench.workload.tolerance
        if difference := compare_output(bench.expected, output_of(execution), tolerance):
            return Refusal("output", f"the workload {name} does not do the same: {difference}", difference)
    if execution.leftover > bench.allowed_leftover:
        reason = f"the workload {name} leaves {execution.leftover} processes running after it has ended"
        return Refusal("output", reason)
    return None


def trouble(bench: Bench, ran: Ran) -> Refusal | None:
    """What is wrong with a run: with the program, or with the count of its instructions."""
    found = fault(bench, ran.execution)
    if found is None and isinstance(ran.instructions, str):
        uncounted = f"the instructions of {bench.workload.name} cannot be counted: {ran.instructions}"
        return Refusal("output", uncounted)
    return found


def demand_healthy(side: Side) -> Sample:
    """Its figures. Raises ``WorkloadError`` when the program as it was misbehaves: that ends everything."""
    if side.fault:
        raise WorkloadError(
            f"Without any change, {side.fault.reason.rstrip('.')}.",
            "Make the workload repeatable: fix its seeds, its inputs and anything it shares with other runs.",
        )
    return side.sample
