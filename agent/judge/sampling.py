"""Taking samples: two or more versions of a program, run under equal conditions, every output checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hasten import WorkloadError
from hasten.agent.judge.base import Criteria, Output, Progress, Refusal, silent
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.outputs import compare_output, describe_end, last_lines, output_of
from hasten.agent.programs import workload_command
from hasten.agent.types import Workload
from hasten.sandbox.base import Command, Execution, Sandbox

HASH_SEEDS = 2**32
"""PYTHONHASHSEED takes 0 up to this."""


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


def pick_core() -> int | None:
    """The core for samples: the last one we may use, as the first serves interrupts. None on macOS."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


def side_by_side(bench: Bench, trees: Sequence[Path]) -> list[Execution]:
    """One execution in every tree, all at the same time on the same core, launched in random order.

    Sharing the core makes each take that much longer on the wall clock, so the time limit grows with them.
    """
    order = _shuffled(bench, len(trees))
    commands = [
        replace(command, limits=replace(command.limits, wall_s=command.limits.wall_s * len(trees)))
        for command in _commands(bench, trees, pick_core())
    ]
    executions = bench.sandbox.run([commands[i] for i in order])
    return [execution for _, execution in sorted(zip(order, executions, strict=True), key=lambda x: x[0])]


def in_turn(bench: Bench, trees: Sequence[Path], *, pinned: bool) -> list[Execution]:
    """One execution in every tree, one after the other in random order."""
    commands = _commands(bench, trees, pick_core() if pinned else None)
    found = {i: bench.sandbox.run([commands[i]])[0] for i in _shuffled(bench, len(trees))}
    return [found[i] for i in range(len(trees))]


def sample(bench: Bench, trees: Sequence[Path]) -> list[Execution]:
    """One execution in every tree, the way the bench's mode says."""
    if bench.mode.name == "duet":
        return side_by_side(bench, trees)
    return in_turn(bench, trees, pinned=bench.mode.pinned)


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


def demand_healthy(bench: Bench, execution: Execution) -> None:
    """Raise ``WorkloadError`` when the program as it was misbehaves: nothing can be compared then."""
    if found := fault(bench, execution):
        raise WorkloadError(
            f"Without any change, {found.reason.rstrip('.')}.",
            "Make the workload repeatable: fix its seeds, its inputs and anything it shares with other runs.",
        )
