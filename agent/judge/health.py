"""Is the program as it was fit to be measured? Its outputs, its tests and its ways, or why not."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from hasten import WorkloadError
from hasten.agent.judge import correctness
from hasten.agent.judge.base import Criteria, Outcomes, Traits
from hasten.agent.judge.modes import SHORTEST_S, Mode, classify, working_s
from hasten.agent.judge.outputs import compare_output, describe_end, last_lines, output_of
from hasten.agent.judge.sampling import Bench, in_turn
from hasten.agent.types import Workload
from hasten.sandbox.base import Command, Execution, Sandbox
from hasten.sandbox.tree import Trees

SOLO_RUNS = ((4.0, 5), (20.0, 3))
"""Executions of the program as it was: 5 when one takes up to 4 s, 3 up to 20 s, 2 beyond."""
FEWEST_RUNS = 2
SOLO = Mode("interleaved", "wall", False, "The program as it was runs alone.")
MEMORY_SHARE = 0.8
"""Part of the free memory that executions side by side may take."""


def examine(bench: Bench, tree: Path) -> tuple[list[Execution], Traits]:
    """Run a workload a few times, under different hash seeds. Raises ``WorkloadError`` when it is not fit."""
    executions: list[Execution] = []
    runs = 1
    while len(executions) < runs:
        execution = in_turn(bench, [tree], pinned=False)[0]
        _demand_success(bench.workload, execution)
        executions.append(execution)
        runs = next((n for limit, n in SOLO_RUNS if executions[0].wall_s <= limit), FEWEST_RUNS)
        facts: Mapping[str, object] = {
            "workload": bench.workload.name,
            "run": len(executions),
            "seconds": execution.wall_s,
        }
        bench.progress("baseline", facts)
    _demand_stable(bench.workload, executions)
    _demand_length(bench.workload, executions)
    return executions, _traits(bench.workload, executions)


def _traits(workload: Workload, executions: Sequence[Execution]) -> Traits:
    warm = executions[1:]
    mode = classify(warm, workload.metric)
    memory = max(e.peak_rss_bytes for e in executions)
    if mode.name == "duet" and together(memory) < 2:
        mode = replace(mode, name="interleaved", why="Two runs at the same time do not fit into memory.")
    return Traits(mode, median(e.wall_s for e in warm), memory, max(e.leftover for e in executions))


def together(peak_rss_bytes: int) -> int:
    """How many executions fit into the memory that is free now; many where the system does not tell."""
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 64
    return int(free * MEMORY_SHARE / max(1, peak_rss_bytes))


def called(workload: Workload) -> str:
    """How a sentence about a workload begins; one that was given without a name is called ``workload``."""
    return "The workload" if workload.name == "workload" else f"The workload {workload.name}"


def _demand_success(workload: Workload, execution: Execution) -> None:
    if execution.ok:
        return
    said = last_lines(execution.stderr) or last_lines(execution.stdout)
    message = f"{called(workload)} {describe_end(execution)} before anything was changed"
    hint = (
        "Make the command work on its own first: it runs in a clean environment without network, in a source "
        "tree that it can only read (files it writes there have to be declared as artefacts)."
    )
    if execution.limit == "wall":
        hint = f"Give it more than {workload.timeout_s:g} s (timeout), or a smaller input."
    raise WorkloadError(f"{message}:\n{said}" if said else f"{message}.", hint)


def _demand_stable(workload: Workload, executions: Sequence[Execution]) -> None:
    first = output_of(executions[0])
    for other in executions[1:]:
        difference = compare_output(first, output_of(other), workload.tolerance)
        if difference is not None:
            raise WorkloadError(
                f"{called(workload)} leaves something else every time it runs: {difference}.",
                "Fix its seeds (PYTHONHASHSEED in its env if it prints sets), leave times and paths out of "
                "what it prints, or set a tolerance if only digits of numbers differ.",
            )


def _demand_length(workload: Workload, executions: Sequence[Execution]) -> None:
    seconds = working_s(executions)
    if seconds < SHORTEST_S:
        raise WorkloadError(
            f"{called(workload)} works for only {seconds * 1000:.1f} ms, too short to be measured.",
            "Give it more input or repeat the work inside the program, to at least 50 ms.",
        )


def run_baseline_tests(
    sandbox: Sandbox, trees: Trees, criteria: Criteria, tree: Path, exchange: Path, *, allow_failing: bool
) -> tuple[Outcomes, frozenset[str], float]:
    """Outcomes, ids that do not count, wall seconds of a run. Raises ``WorkloadError`` when tests fail.

    The tests run twice: what differs is flaky and does not count. With ``allow_failing`` neither does what
    fails both times.
    """
    runs = [correctness.run_tests(sandbox, trees, criteria, tree, tree, exchange) for _ in range(2)]
    (first, execution), (second, _) = runs
    for outcomes in (first, second):
        _demand_complete(outcomes, execution)
    flaky = correctness.differing(first, second)
    failed = [name for name in correctness.failing(first) if name not in flaky]
    if failed and not allow_failing:
        text = first.texts.get(failed[0], "")
        named = ", ".join(failed[: correctness.NAMED]) + (", …" if len(failed) > correctness.NAMED else "")
        what = f"{len(failed)} test(s) fail: {named}" if first.structured else "the test command fails"
        raise WorkloadError(
            f"Before anything was changed, {what}.\n{text[-800:]}".rstrip(),
            "Make them pass first, leave the failing ones out of the test command, or allow failing tests.",
        )
    if not first.structured and failed:
        raise WorkloadError(
            "The test command fails, so it cannot tell anything.", "Name another with --tests."
        )
    return first, flaky | frozenset(failed), median(e.wall_s for _, e in runs)


def _demand_complete(outcomes: Outcomes, execution: Execution) -> None:
    said = last_lines(execution.stdout + b"\n" + execution.stderr)
    if outcomes.trouble:
        raise WorkloadError(
            f"Before anything was changed, {outcomes.trouble}:\n{said}", "Check the test command by hand."
        )
    if outcomes.structured and not outcomes.by_id:
        raise WorkloadError(
            f"The test command ran no tests:\n{said}", "Check its paths and options, or pass --no-tests."
        )


def compile_tree(
    sandbox: Sandbox, criteria: Criteria, tree: Path, paths: Sequence[str] = (".",)
) -> str | None:
    """Byte code for ``paths`` of ``tree``, from the user's interpreter; what it complains about, or None.

    Checked hashes instead of time stamps: an edit of the same size in the same second would otherwise run as
    the old code. Isolated (``-I``), so that no module of the tree takes the place of the compiler's own.
    """
    options = ("-I", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash")
    command = Command(
        argv=(criteria.python, *options, *paths),
        tree=tree,
        env=dict(criteria.env),
        limits=criteria.limits,
        writable=True,
    )
    execution = sandbox.run([command])[0]
    if execution.ok:
        return None
    return last_lines(execution.stdout + b"\n" + execution.stderr) or describe_end(execution)
