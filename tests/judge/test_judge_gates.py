"""The judge on real processes: honest candidates, broken ones, and cheats. Effects are 3x and up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from judge_project import CORE, FAST, MAIN_WORKLOAD, TESTS, Court, open_court, workload

from hasten.agent.judge import correctness
from hasten.agent.judge.base import Baseline
from hasten.agent.judge.judge import Judge
from hasten.agent.judge.screening import Screened
from hasten.agent.types import Workload

OTHER, HELD_OUT = workload("other", 2199), workload("unseen", 2198, holdout=True)


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with open_court(tmp_path_factory.mktemp("court"), MAIN_WORKLOAD, OTHER, HELD_OUT) as opened:
        yield opened


@pytest.fixture(scope="module")
def everything(court: Court) -> Baseline:
    return court.healthy()


@pytest.fixture(scope="module")
def untested(everything: Baseline) -> Baseline:
    """For what the other gates have to find by themselves, and to save time."""
    return replace(everything, outcomes=None)


def narrowed(court: Court, *workloads: Workload, **criteria: object) -> Court:
    """The same trees and sandbox under other workloads or criteria."""
    old = court.judge
    changed = replace(old.criteria, **criteria)  # type: ignore[arg-type]
    judge = Judge(old.sandbox, old.trees, changed, workloads, old.exchange)
    return Court(judge, court.trees, court.before)


@pytest.fixture(scope="module")
def plain(court: Court) -> Court:
    return narrowed(court, MAIN_WORKLOAD)


@pytest.fixture(scope="module")
def lenient(court: Court) -> Court:
    """Without the policy gate: what do the others hold against a cheat?"""
    return narrowed(court, MAIN_WORKLOAD, trusted_author=True)


def test_a_real_gain_is_accepted(court: Court, everything: Baseline) -> None:
    verdict = narrowed(court, MAIN_WORKLOAD, HELD_OUT).verdict({"shop/core.py": FAST}, everything)
    assert verdict.accepted, verdict
    [found] = verdict.measurements
    assert found.workload == "main", "the held-out workload is for the confirmation"
    assert found.low > 1.2
    assert sorted(verdict.gates) == ["compile", "output", "policy", "speed", "tests"]
    assert verdict.gates["tests"] == "3 tests as before"
    assert verdict.reason.startswith(f"{found.speedup:.2f}x faster on main (at least ")


@pytest.mark.parametrize(
    ("path", "new", "gate", "reason", "detail"),
    [
        ("shop/core.py", CORE + "def f(:\n", "compile", "It does not parse.", "invalid syntax"),
        ("shop/core.py", CORE.replace("import sys", "import ctypes"), "policy", "ctypes", "ctypes"),
        ("shop/core.py", CORE.replace("(values)", "(items)"), "policy", "signature", "signature"),
        ("tests/test_core.py", "def test_order_is_kept(): pass\n", "policy", "tests/test_core.py", "tests"),
        (
            "shop/core.py",
            CORE.replace("import sys", "import nowhere"),
            "output",
            "status 1",
            "ModuleNotFound",
        ),
        ("shop/core.py", CORE.replace("return sum(", "return 1 + sum("), "output", "in line 1", "got"),
        (
            "shop/core.py",
            CORE.replace("return seen", "return seen[::-1]"),
            "tests",
            "tests/test_core.py::test_order_is_kept (passed, now failed)",
            "[2, 1, 3] == [3, 1, 2]",
        ),
    ],
)
def test_broken_candidates_are_refused(
    plain: Court, everything: Baseline, path: str, new: str, gate: str, reason: str, detail: str
) -> None:
    verdict = plain.verdict({path: new}, everything)
    assert (verdict.decision, verdict.gate) == ("rejected", gate)
    assert reason in verdict.reason
    assert detail in verdict.detail
    assert verdict.reason == verdict.gates[gate]


def test_memoized_results_that_are_shared_are_found_by_tests(plain: Court, everything: Baseline) -> None:
    """Cheat 19: the caller that changes the result changes the cache."""
    cheat = CORE.replace("def unique(values):\n", "_KNOWN = {}\n\n\ndef unique(values):\n").replace(
        "    seen = []\n", "    seen = _KNOWN.setdefault(tuple(values), [])\n"
    )
    verdict = plain.verdict({"shop/core.py": cheat}, everything)
    assert verdict.gate == "tests"
    assert "test_result_is_a_fresh_list" in verdict.reason


def test_endless_candidates_are_stopped(court: Court, untested: Baseline) -> None:
    hasty = narrowed(court, replace(MAIN_WORKLOAD, timeout_s=1.0))
    endless = CORE.replace("    return sum(", "    while size > 100: pass\n    return sum(")
    verdict = hasty.verdict({"shop/core.py": endless}, untested)
    assert verdict.reason == "The workload main took longer than its time limit and was stopped."


IMPORT_WORK = CORE.replace(
    "def report(size):\n",
    "_READY = {2200: sum(unique([i * 7919 % 2200 for i in range(2200)]))}\n\n\n"
    "def report(size):\n    if size in _READY:\n        return _READY[size]\n",
)
DISK_CACHE = """\
import os
import pathlib
import tempfile
""" + CORE.replace(
    "    return sum(",
    "    for folder in (tempfile.gettempdir(), os.path.expanduser('~')):\n"
    "        note = pathlib.Path(folder, f'{size}.txt')\n"
    "        if note.exists():\n            return int(note.read_text())\n"
    "        note.write_text(str(sum(unique([i * 7919 % size for i in range(size)]))))\n"
    "        return int(note.read_text())\n    return sum(",
)
TIMER = CORE.replace(
    "import sys\n",
    "import os\nimport resource\nimport sys\nimport time\n\n"
    "time.perf_counter = time.time = time.process_time = time.monotonic = lambda: 0.0\n"
    "os.times = lambda: (0.0,) * 5\nresource.getrusage = lambda who: (0.0,) * 16\n",
)


@pytest.mark.parametrize(
    "cheat",
    [
        pytest.param(IMPORT_WORK, id="import", marks=pytest.mark.e2e),
        pytest.param(DISK_CACHE, id="disk", marks=pytest.mark.e2e),
        pytest.param(TIMER, id="timer"),
    ],
)
def test_work_moved_aside_or_a_forged_clock_gains_nothing(
    lenient: Court, untested: Baseline, cheat: str
) -> None:
    """Cheats 2, 3, 5 and 6, with the policy gate asleep: fresh processes timed whole, from outside."""
    verdict = lenient.verdict({"shop/core.py": cheat}, untested)
    assert not verdict.accepted
    assert verdict.gate == "speed"


def test_work_left_to_a_daemon_is_refused(lenient: Court, untested: Baseline) -> None:
    cheat = CORE.replace(
        "    return sum(",
        "    import subprocess\n    if size > 100:\n"
        "        subprocess.Popen([sys.executable, '-S', '-c', 'while True: pass'], start_new_session=True)\n"
        "    return sum(",
    )
    verdict = lenient.verdict({"shop/core.py": cheat}, untested)
    assert verdict.reason == "The workload main leaves 1 processes running after it has ended."


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"shop/core.py": CORE + "if 'pytest' in sys.modules:\n    import os\n    os._exit(0)\n"},
            "complete",
        ),
        (
            {
                "shop/core.py": CORE
                + "if 'pytest' in sys.modules:\n"
                + "    import pytest\n    pytest.skip('', allow_module_level=True)\n"
            },
            "now not run",
        ),
    ],
)
def test_tests_that_do_not_run_are_no_passing_tests(
    lenient: Court, everything: Baseline, files: dict[str, str | None], reason: str
) -> None:
    """Cheat 9, again without the policy gate."""
    verdict = lenient.verdict(files, everything)
    assert verdict.gate == "tests"
    assert reason in verdict.reason


def test_tests_and_configuration_are_put_back(lenient: Court, everything: Baseline) -> None:
    """Cheat 8: wrong code under weakened, deleted, added and reconfigured tests."""
    after, _ = lenient.changed(
        {
            "shop/core.py": CORE.replace("return seen", "return seen[::-1]"),
            "tests/test_core.py": None,
            "tests/conftest.py": "collect_ignore_glob = ['*']\n",
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--collect-only'\n",
        }
    )
    judge = lenient.judge
    outcomes, _ = correctness.run_tests(
        judge.sandbox, judge.trees, judge.criteria, lenient.before, after, judge.exchange
    )
    assert outcomes.by_id == {
        "tests/test_core.py::test_order_is_kept": "failed",
        "tests/test_core.py::test_report": "passed",
        "tests/test_core.py::test_result_is_a_fresh_list": "failed",
    }
    assert (after / "tests/conftest.py").exists(), "the candidate's own tree is left alone"


@pytest.mark.e2e
def test_a_gain_here_at_the_expense_of_another_workload_is_refused(court: Court, untested: Baseline) -> None:
    """Cheat 15: the narrow fast path."""
    narrow = FAST.replace(
        "    return sum(",
        "    for _ in range(60 if size == 2199 else 0):\n        unique(range(size * 4))\n    return sum(",
    )
    verdict = narrowed(court, MAIN_WORKLOAD, OTHER).verdict({"shop/core.py": narrow}, untested)
    assert (verdict.decision, verdict.gate) == ("rejected", "speed")
    assert verdict.reason.startswith("It makes other slower")
    assert [m.decision for m in verdict.measurements] == ["faster", "slower"]


@pytest.mark.e2e
def test_known_answers_do_not_survive_confirmation(court: Court, untested: Baseline) -> None:
    """Cheat 1: the output is right, the gain is real, but only for the inputs it was chosen on."""
    answer = sum(i for i in range(2200))
    hardcoded = CORE.replace(
        "    return sum(", f"    if size == 2200:\n        return {answer}\n    return sum("
    )
    both = narrowed(court, MAIN_WORKLOAD, HELD_OUT)
    verdict = both.verdict({"shop/core.py": hardcoded}, untested, final=True)
    assert (verdict.decision, verdict.gate) == ("rejected", "confirm")
    assert "not on the held-out unseen" in verdict.reason
    assert [m.decision for m in verdict.measurements] == ["faster", "same"]


@pytest.mark.e2e
def test_a_real_gain_is_confirmed_on_every_workload(court: Court, everything: Baseline) -> None:
    verdict = narrowed(court, MAIN_WORKLOAD, HELD_OUT).verdict({"shop/core.py": FAST}, everything, final=True)
    assert (verdict.decision, verdict.gate) == ("accepted", "confirm")
    assert [m.workload for m in verdict.measurements] == ["main", "unseen"]


@pytest.mark.e2e
def test_screening_orders_candidates(plain: Court, everything: Baseline) -> None:
    broken = CORE.replace("return sum(", "return 1 + sum(")
    slow = CORE.replace(
        "    seen = []\n", "    seen = []\n    values = [v for v in values for _ in range(2)]\n"
    )
    trees = [plain.changed({"shop/core.py": text})[0] for text in (slow, FAST, broken)]
    assert plain.judge.screen(plain.before, trees, everything) == Screened([1], [2])
    assert plain.judge.screen(plain.before, trees[:1], everything) == Screened([0])


def test_precheck_runs_nothing(plain: Court) -> None:
    verdict = plain.judge.precheck({"shop/core.py": (CORE, "import ctypes\n" + CORE)})
    assert verdict is not None
    assert verdict.gate == "policy"
    assert plain.judge.precheck({"shop/core.py": (CORE, FAST)}) is None


def test_trees_of_test_runs_are_thrown_away(court: Court, everything: Baseline, tmp_path: Path) -> None:
    judge = court.judge
    trees = sorted(judge.trees.root.iterdir())
    correctness.run_tests(
        judge.sandbox, judge.trees, judge.criteria, court.before, court.before, judge.exchange
    )
    assert sorted(judge.trees.root.iterdir()) == trees
    assert not list(judge.exchange.iterdir())
    assert (court.before / "tests/test_core.py").read_text() == TESTS
