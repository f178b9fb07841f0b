"""Instruction counts: the figures of the tools read, tiny programs really counted, and what is decided."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from math import log
from pathlib import Path

import pytest

from hasten.agent.judge import counting
from hasten.agent.judge.counting import Counter, counted, perf_count, read, valgrind_count
from hasten.agent.judge.counts import decide
from hasten.agent.judge.sequential import COUNTED
from hasten.sandbox.base import MIB, Command, Execution, Limits
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.registry import SANDBOXES, choose
from hasten.sandbox.session import interpreter

VALGRIND = Counter("valgrind", "/usr/bin/valgrind")
PERF = Counter("perf", "/usr/bin/perf")
ENV = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "1"}

needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")

ONE = """\
==31== Cachegrind, a cache and branch-prediction profiler
==31== Command: sh work.sh
==31==
--31-- warning: L3 cache found, using its data for the LL simulation.
==31==
==31== I   refs:      1,144,256,253
"""
CHILD = "==32== Command: true\n==32== Parent PID: 31\n==32== \n==32== I refs:        225,171\n"
KILLED = "==33== Command: sleep 30\n==33== Parent PID: 31\n==33== \n"


def test_valgrind_counts_are_summed_over_processes() -> None:
    assert valgrind_count(ONE) == 1_144_256_253
    assert valgrind_count(ONE + CHILD) == 1_144_256_253 + 225_171


def test_a_process_without_a_figure_spoils_the_count() -> None:
    assert valgrind_count(ONE + CHILD + KILLED) == "1 of 3 processes ended without a figure"
    assert valgrind_count("") == "valgrind left no figure"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["123456789,,instructions:u,234567,100.00,,"], 123456789),
        (
            ["900,,cpu_core/instructions/u,5,100.00,,", "<not counted>,,cpu_atom/instructions/u,0,100.00,,"],
            900,
        ),
        (["900,,cpu_core/instructions/u,5,100.00,,", "33,,cpu_atom/instructions/u,0,100.00,,"], 933),
        (["<not supported>,,instructions:u,0,100.00,,"], "perf says <not supported>"),
        (["<not counted>,,instructions:u,0,100.00,,"], "perf left no figure"),
        (["5000,,instructions:u,900,61.50,,"], "perf had its counter for 62% of the time only"),
        ([], "perf left no figure"),
    ],
)
def test_what_perf_writes(lines: list[str], expected: int | str) -> None:
    report = "\n".join(["# started on Sun Nov 22 16:34:49 2026", "", *lines, ""])
    assert perf_count(report) == expected


def test_a_command_gets_its_counter_and_room_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "9.log").write_text("of the last time")
    limits = Limits(wall_s=10.0, cpu_s=5.0, memory_bytes=100 * MIB)
    plain = Command(("python", "main.py"), tmp_path, limits=limits)
    found = counted(VALGRIND, plain, folder)
    assert found.argv[0] == "/usr/bin/valgrind"
    assert found.argv[-2:] == plain.argv
    assert found.exchange == folder
    assert not list(folder.iterdir())
    assert found.limits.wall_s >= 500
    assert found.limits.cpu_s is not None
    assert found.limits.cpu_s >= 250
    assert found.limits.memory_bytes is not None
    assert found.limits.memory_bytes > 200 * MIB
    assert counted(VALGRIND, Command(("x",), tmp_path), folder).limits.memory_bytes is None
    by_perf = counted(PERF, plain, folder)
    assert by_perf.limits == limits
    assert by_perf.argv[-2:] == plain.argv


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("exit 0", 0)])
def test_the_shell_below_perf_tells_how_a_program_ended(script: str, code: int) -> None:
    argv = PERF.prefix(Path("figures"))
    shell = argv[argv.index("--") + 1 :]
    assert subprocess.run([*shell, "sh", "-c", script], capture_output=True).returncode == code


def test_figures_that_are_missing_are_no_figures(tmp_path: Path) -> None:
    for counter in (VALGRIND, PERF):
        assert isinstance(read(counter, tmp_path), str)


@pytest.mark.parametrize(
    ("ratios", "decision"),
    [
        ((1.30, 1.301, 1.299), "faster"),
        ((1.03, 1.031, 1.032), "faster"),
        ((2.0, 2.1, 2.3), "faster"),
        ((1.029, 1.029, 1.029), "same"),
        ((1.0, 1.0005, 0.9991), "same"),
        ((0.98, 0.981, 0.979), "slower"),
        ((0.5, 0.9, 0.6), "slower"),
        ((1.05, 1.30, 1.2), "inconclusive"),
        ((1.03, 1.02, 1.03), "inconclusive"),
        ((0.98, 1.0, 1.0), "inconclusive"),
        ((0.9, 1.2, 1.0), "inconclusive"),
    ],
)
def test_what_counts_decide(ratios: tuple[float, ...], decision: str) -> None:
    step = decide([log(ratio) for ratio in ratios], COUNTED)
    assert step.decision == decision
    assert step.low == pytest.approx(min(ratios))
    assert step.high == pytest.approx(max(ratios))
    assert step.low <= step.speedup <= step.high
    assert step.p == (0.0 if min(ratios) > 1.01 else 1.0)
    assert step.pairs == 3


LOOP = "i=0; while [ $i -lt {} ]; do i=$((i+1)); done"
PYTHON = """
words = {}
for i in range(2000):
    words["w%d" % (i * 7919 % 613)] = i
print(len(words))
"""


class Counted:
    """Programs counted in one sandbox."""

    def __init__(self, sandbox: RunnerSandbox, tree: Path, folder: Path) -> None:
        self.sandbox, self.tree, self.folder = sandbox, tree, folder
        found = counting.available(sandbox, tree, folder)
        assert found is not None, "valgrind is installed but does not count here"
        self.counter = found

    def __call__(self, *argv: str) -> tuple[Execution, int]:
        execution, found = self.attempt(*argv)
        assert isinstance(found, int), found
        return execution, found

    def attempt(self, *argv: str) -> tuple[Execution, int | str]:
        return counting.run(self.counter, self.sandbox, Command(argv, self.tree, env=ENV), self.folder)

    def loop(self, rounds: int) -> int:
        """Instructions of a shell that counts up to ``rounds``."""
        execution, instructions = self("sh", "-c", LOOP.format(rounds))
        assert execution.ok, execution.stderr
        return instructions


def opened(name: str, folder: Path) -> RunnerSandbox:
    (folder / "tree").mkdir()
    return choose(name, mount_at=folder / "tree", readable=[], scratch=folder / "scratch")


@pytest.fixture(scope="module")
def count(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    folder = tmp_path_factory.mktemp("counting")
    with opened("auto", folder) as sandbox:
        yield Counted(sandbox, folder / "tree", folder / "figures")


@needs_valgrind
@pytest.mark.parametrize("name", [name for name in SANDBOXES if not SANDBOXES[name].own_system])
def test_every_sandbox_can_count(name: str, tmp_path: Path) -> None:
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    with opened(name, tmp_path) as sandbox:
        count = Counted(sandbox, tmp_path / "tree", tmp_path / "figures")
        assert count.loop(500) > 50_000


@pytest.mark.e2e
@needs_valgrind
def test_counts_follow_the_work_and_hardly_vary(count: Counted) -> None:
    start, short, long, again = (count.loop(rounds) for rounds in (0, 2000, 4000, 4000))
    assert again == pytest.approx(long, rel=1e-3)
    assert decide([log(again / long)] * 3, COUNTED).decision == "same"
    assert (long - start) / (short - start) == pytest.approx(2.0, rel=0.01)


@pytest.mark.e2e
@needs_valgrind
def test_children_are_counted_too(count: Counted) -> None:
    work = LOOP.format(2000)
    alone = count.loop(2000) - count.loop(0)
    _, twice = count("sh", "-c", f"sh -c '{work}'; {work}; exit 0")
    assert twice > 2 * alone


@needs_valgrind
def test_output_and_exit_status_are_those_of_the_program(count: Counted) -> None:
    execution, instructions = count("sh", "-c", "echo said; echo complained >&2; exit 3")
    assert (execution.exit_code, execution.stdout, execution.stderr) == (3, b"said\n", b"complained\n")
    assert instructions == 0, "what fails is not compared"


@needs_valgrind
def test_a_killed_child_is_no_cheap_child(count: Counted) -> None:
    if count.counter.name == "perf":
        pytest.skip("perf counts what is killed as well")
    script = "sh -c 'echo $$; while :; do :; done' | { read pid; kill -9 $pid; }; exit 0"
    assert "1 of 3 processes ended without a figure" in str(count.attempt("sh", "-c", script)[1])


@pytest.mark.e2e
@needs_valgrind
def test_python_repeats_to_a_tenth_of_a_percent(count: Counted) -> None:
    argv = (interpreter(), "-s", "-S", "-c", PYTHON)
    (first, one), (_, other) = count(*argv), count(*argv)
    assert first.stdout == b"613\n"
    assert other == pytest.approx(one, rel=1e-3)


def test_nothing_is_available_where_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with opened("process", tmp_path) as sandbox:
        assert counting.available(sandbox, tmp_path / "tree", tmp_path / "figures") is None


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed")
def test_perf_is_taken_only_where_it_counts(tmp_path: Path) -> None:
    probe = subprocess.run(
        ["perf", "stat", "-x", ",", "-e", counting.EVENT, "true"], capture_output=True, text=True
    )
    works = isinstance(perf_count(probe.stderr), int)
    with opened("process", tmp_path) as sandbox:
        found = counting.available(sandbox, tmp_path / "tree", tmp_path / "figures")
    assert (found is not None and found.name == "perf") is works
