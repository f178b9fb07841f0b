"""What the judge says of programs that cannot be measured, and of test suites of all kinds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from judge_project import MAIN, TESTS, open_court, workload

from hasten import WorkloadError
from hasten.agent.judge.base import Baseline
from hasten.agent.types import Workload

SHORT = workload("main", 1500)


def examined(
    folder: Path, main: Workload = SHORT, *, allow_failing: bool = False, **options: object
) -> Baseline:
    with open_court(folder, main, **options) as court:  # type: ignore[arg-type]
        return court.judge.baseline(court.before, allow_failing)


@pytest.mark.parametrize(
    ("main", "says", "hint"),
    [
        (MAIN + "raise SystemExit(3)\n", "exited with status 3", "clean environment"),
        (MAIN + "raise ValueError('no data')\n", "ValueError: no data", "clean environment"),
        (MAIN + "print({'a', 'b', 'c', 'd', 'e', 'f'})\n", "in line 2", "PYTHONHASHSEED"),
    ],
)
def test_unfit_workloads(tmp_path: Path, main: str, says: str, hint: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        examined(tmp_path, files={"shop/__main__.py": main}, tests=None)
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_a_pinned_hash_seed_makes_it_fit(tmp_path: Path) -> None:
    main = MAIN + "print({'a', 'b', 'c', 'd', 'e', 'f'})\n"
    pinned = workload("main", 1500, env={"PYTHONHASHSEED": "1"})
    assert examined(tmp_path, pinned, files={"shop/__main__.py": main}, tests=None).outputs["main"].stdout


def test_too_long_and_too_short(tmp_path: Path) -> None:
    endless = workload("main", 1500, timeout_s=0.3)
    with pytest.raises(WorkloadError, match="took longer than its time limit") as caught:
        examined(tmp_path / "a", endless, files={"shop/__main__.py": "while True: pass\n"}, tests=None)
    assert "0.3 s" in caught.value.hint
    with pytest.raises(WorkloadError, match="too short to be measured"):
        examined(tmp_path / "b", Workload("main", ("true",)), tests=None)


def test_waiting_programs_are_recognised(tmp_path: Path) -> None:
    baseline = examined(tmp_path, Workload("main", ("sleep", "0.05")), tests=None)
    assert baseline.traits["main"].mode.name == "interleaved"
    assert baseline.outcomes is None


FAILING = TESTS + "\n\ndef test_broken():\n    assert 1 == 2\n"


def test_failing_tests_are_named_or_left_out(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=r"1 test\(s\) fail: tests/test_core.py::test_broken") as caught:
        examined(tmp_path / "a", files={"tests/test_core.py": FAILING})
    assert "assert 1 == 2" in caught.value.message
    baseline = examined(tmp_path / "b", files={"tests/test_core.py": FAILING}, allow_failing=True)
    assert baseline.flaky == {"tests/test_core.py::test_broken"}


def test_flaky_tests_do_not_count(tmp_path: Path) -> None:
    flaky = f"""\
from pathlib import Path


def test_every_other_time():
    mark = Path({str(tmp_path / "mark")!r})
    if mark.exists():
        mark.unlink()
        raise AssertionError
    mark.touch()
"""
    baseline = examined(tmp_path, files={"tests/test_flaky.py": flaky})
    assert baseline.flaky == {"tests/test_flaky.py::test_every_other_time"}


def test_outcomes_of_every_kind(tmp_path: Path) -> None:
    kinds = """\
import pytest


@pytest.fixture
def broken():
    raise RuntimeError


@pytest.fixture
def late():
    yield
    raise RuntimeError


@pytest.mark.skip
def test_skipped(): ...


@pytest.mark.xfail
def test_xfailed():
    assert False


@pytest.mark.xfail
def test_xpassed(): ...


def test_error(broken): ...


def test_late(late): ...


@pytest.mark.parametrize("text", ["ä ö", "::"])
def test_names(text): ...
"""
    found = examined(tmp_path, files={"tests/test_core.py": kinds}, allow_failing=True).outcomes
    assert found is not None
    assert {name.partition("::")[2]: outcome for name, outcome in found.by_id.items()} == {
        "test_skipped": "skipped",
        "test_xfailed": "xfailed",
        "test_xpassed": "xpassed",
        "test_error": "error",
        "test_late": "error",
        "test_names[\\xe4 \\xf6]": "passed",
        "test_names[::]": "passed",
    }


def test_a_suite_without_tests(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="ran no tests"):
        examined(tmp_path, files={"tests/test_core.py": ""})


@pytest.mark.parametrize(
    ("command", "structured"),
    [
        (("sh", "-c", f"cd . && {sys.executable} -m pytest -q -x"), True),
        ((sys.executable, "-I", "-m", "pytest", "-q", "tests", "-p", "no:cacheprovider"), False),
        ((sys.executable, "-c", "import shop.core as c; assert c.unique([1, 1]) == [1]"), False),
    ],
)
def test_test_commands_of_all_kinds(tmp_path: Path, command: tuple[str, ...], structured: bool) -> None:
    tests = TESTS if structured else "def test_nothing(): ...\n"
    found = examined(tmp_path, files={"tests/test_core.py": tests}, tests=command).outcomes
    assert found is not None
    assert found.structured is structured
    assert len(found.by_id) == (3 if structured else 1)


def test_a_failing_command_tells_nothing(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="the test command fails"):
        examined(tmp_path, tests=("false",))
