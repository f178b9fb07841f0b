"""Is the program as it was fit to be measured? Its outputs, its tests and its ways, or why not."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from math import ceil
from pathlib import Path
from statistics import median

from hasten import WorkloadError
from hasten.agent.judge import correctness
from hasten.agent.judge.base import Criteria, Outcomes, Traits
from hasten.agent.judge.modes import SHORTEST_S, Mode, classify, working_s
from hasten.agent.judge.outputs import compare_output, describe_end, last_lines, output_of
from hasten.agent.judge.sampling import Bench, alone
from hasten.agent.types import Workload
from hasten.sandbox.base import Command, Execution, Sandbox
from hasten.sandbox.tree import Trees

SOLO_RUNS = ((4.0, 5), (20.0, 3))
"""Executions of the program as it was: 5 when one takes up to 4 s, 3 up to 20 s, 2 beyond."""
FEWEST_RUNS = 2
STARTUP_RUNS = 5
PLAIN = "SIEsBuO"
"""Options of the interpreter without a value of their own."""
LEAST_CEILING = 1.25
"""Where even no work at all would be a smaller gain, nothing worth having can be proven."""
LEAST_WORK_S = 0.002
"""Below this a process is made and ended, and not much else."""
SAMPLE_S = 0.05
MOST_REPEATS = 8
SOLO = Mode("interleaved", "wall", False, "The program as it was runs alone.")
MEMORY_SHARE = 0.8
"""Part of the free memory that executions side by side may take."""


def examine(bench: Bench, tree: Path) -> tuple[list[Execution], Traits]:
    """Run a workload a few times, under different hash seeds. Raises ``WorkloadError`` when it is not fit."""
    executions: list[Execution] = []
    runs = 1
    while len(executions) < runs:
        execution = alone(bench, tree)
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
    startup_s = startup(bench, tree)
    repeats = sample_size(bench.workload, executions, startup_s)
    traits = _traits(bench.workload, executions)
    if traits.mode.metric == "instructions":
        repeats = 1
    return executions, replace(traits, startup_s=startup_s, repeats=repeats)


def startup(bench: Bench, tree: Path) -> float:
    """Seconds that the workload's interpreter takes to start and do nothing; 0 where the command does not
    start one directly."""
    interpreter = interpreter_of(bench.workload.argv)
    if not interpreter:
        return 0.0
    argv = (*interpreter, "-c", "pass")
    idle = replace(bench.workload, argv=argv, artefacts=(), stdin="")
    runs = [alone(replace(bench, workload=idle), tree) for _ in range(STARTUP_RUNS)]
    return working_s(runs) if all(e.ok for e in runs) else 0.0


def interpreter_of(words: Sequence[str]) -> list[str]:
    """The Python that a command starts, with its options that change how it starts (``-S``, ``-I``, …).

    Empty for other programs and for shell lines. A script with Python in its first line counts as Python.
    """
    name = Path(words[0]).name
    if name.startswith(("python", "pypy")):
        options = takewhile(lambda word: len(word) == 2 and word[0] == "-" and word[1] in PLAIN, words[1:])
        return [words[0], *options]
    try:
        with Path(words[0]).open("rb") as script:
            line = script.readline(200).decode(errors="replace")
    except OSError:
        return []
    return line[2:].split() if line.startswith("#!") and "python" in line else []


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


def sample_size(workload: Workload, executions: Sequence[Execution], startup_s: float) -> int:
    """Fresh processes that make one sample. Raises ``WorkloadError`` when no number of them would help."""
    seconds = working_s(executions)
    work = seconds - startup_s
    if work < max(LEAST_WORK_S, seconds * (1 - 1 / LEAST_CEILING)):
        besides = " besides the start of its interpreter" if startup_s else ""
        raise WorkloadError(
            f"{called(workload)} works for only {max(0.0, work) * 1000:.1f} ms{besides}, too short to be "
            "measured.",
            "Give it more input or repeat the work inside the program, to at least 50 ms.",
        )
    return repeats_for(seconds, work)


def repeats_for(seconds: float, work: float) -> int:
    """Fresh processes per sample: one, or as many as give a sample that gets enough time slices."""
    if work >= SHORTEST_S:
        return 1
    return min(MOST_REPEATS, max(2, ceil(SAMPLE_S / seconds)))


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
    outcomes = replace(first, meddled=first.meddled | second.meddled)
    return outcomes, flaky | frozenset(failed), median(e.wall_s for _, e in runs)


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
