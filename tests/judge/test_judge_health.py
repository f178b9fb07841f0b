"""What the judge says of programs that cannot be measured, and of test suites of all kinds."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from judge_project import CORE, MAIN, TESTS, open_court, workload

from hasten import WorkloadError
from hasten.agent.judge.base import Baseline
from hasten.agent.judge.health import interpreter_of, repeats_for, sample_size
from hasten.agent.types import Workload
from hasten.sandbox.base import Execution

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


def test_too_long(tmp_path: Path) -> None:
    endless = workload("main", 1500, timeout_s=0.3)
    with pytest.raises(WorkloadError, match="took longer than its time limit") as caught:
        examined(tmp_path / "a", endless, files={"shop/__main__.py": "while True: pass\n"}, tests=None)
    assert "0.3 s" in caught.value.hint


def test_short_programs_are_repeated_or_refused(tmp_path: Path) -> None:
    took = [Execution(0, b"", b"", 0.2, 0.0105, 1, main_cpu_s=0.0105, blocked_s=0.0)] * 5
    with pytest.raises(WorkloadError, match=r"only 0.5 ms besides the start of its interpreter") as caught:
        sample_size(SHORT, took, startup_s=0.010)
    assert "at least 50 ms" in caught.value.hint
    assert sample_size(SHORT, took, startup_s=0.005) == 5
    with pytest.raises(WorkloadError, match=r"only 1.5 ms, too short"):
        sample_size(SHORT, [replace(took[0], cpu_s=0.0015, main_cpu_s=0.0015)], startup_s=0.0)
    assert examined(tmp_path, SHORT, tests=None).traits["main"].startup_s > 0.001
    assert repeats_for(seconds=0.060, work=0.040) == 1
    assert repeats_for(seconds=0.015, work=0.005) == 4
    assert repeats_for(seconds=0.045, work=0.009) == 2
    assert repeats_for(seconds=0.003, work=0.002) == 8


def test_the_interpreter_of_a_command_is_told(tmp_path: Path) -> None:
    assert interpreter_of(["/x/python3", "-S", "-I", "-m", "shop", "-v"]) == ["/x/python3", "-S", "-I"]
    assert interpreter_of(["python", "run.py", "-S"]) == ["python"]
    assert interpreter_of(["sh", "-c", "python run.py"]) == []
    assert interpreter_of(["no/such/program"]) == []
    (tmp_path / "tool").write_text("#!/x/bin/python3 -I\nprint()\n")
    assert interpreter_of([str(tmp_path / "tool"), "run"]) == ["/x/bin/python3", "-I"]


@pytest.mark.e2e
def test_the_baseline_is_compared_with_itself(tmp_path: Path) -> None:
    seen = examined(tmp_path, calibrate_s=1.0, tests=None).traits["main"].calibration
    assert seen is not None
    assert 8 <= seen.pairs <= 20
    assert 0 < seen.noise < 1
    assert not seen.accepted


@pytest.mark.e2e
def test_a_busier_machine_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load is the one thing here that cannot be had for real on demand."""
    with open_court(tmp_path, SHORT, calibrate_s=1.0, tests=None) as court:
        baseline = court.healthy()
        first = baseline.traits["main"].calibration
        assert first is not None
        for load, again in ((first.load or 0.0, False), (50.0 + 2 * (first.load or 0.0), True)):
            monkeypatch.setattr("os.getloadavg", lambda load=load: (load, load, load))
            court.verdict({"shop/core.py": CORE + "# changed\n"}, baseline)
            assert bool(court.judge.benches.calibrations) is again


def test_waiting_programs_are_recognised(tmp_path: Path) -> None:
    baseline = examined(tmp_path, Workload("main", ("sleep", "0.05")), tests=None)
    assert baseline.traits["main"].mode.name == "interleaved"
    assert baseline.outcomes is None


FAILING = TESTS + "\n\ndef test_broken():\n    assert 1 == 2\n"


@pytest.mark.e2e
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


@pytest.mark.e2e
def test_a_suite_without_tests(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="ran no tests"):
        examined(tmp_path, files={"tests/test_core.py": ""})


@pytest.mark.e2e
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
