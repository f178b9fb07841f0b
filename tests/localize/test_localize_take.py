import sys
from dataclasses import replace

import pytest

from hasten import ProfilerError
from hasten.agent.localize import take
from hasten.agent.localize.targets import find_targets, shares
from hasten.profilers import perf, pyspy
from hasten.profilers.base import Frame, Profile
from hasten.profilers.pyspy import PySpy
from hasten.sandbox.base import Execution, Limits

STACK = (Frame("f", "/a.py", 1),)


def targets_of(place, profile):
    root = place.sandbox.where(place.tree)
    found = find_targets(profile, root, place.read, "report", min_share=0.001)
    return {t.definition.qualname: t for t in found}


def test_a_recursive_workload_is_sampled_and_attributed(place):
    seen = []
    profile, note = place.profile(place.workload(), lambda kind, facts: seen.append((kind, facts)))
    assert (profile.source, note) == ("py-spy", "")
    assert profile.samples >= take.MIN_SAMPLES
    assert {kind for kind, _ in seen} == {"profile"}
    assert seen[-1][1]["samples"] == profile.samples
    found = targets_of(place, profile)
    assert found["squares"].call_path == tuple(f"report.py::{n}" for n in ("main", "descend", "squares"))
    assert found["descend"].self_share < 0.1 < found["descend"].inclusive_share <= 1
    parts = shares(profile, str(place.tree), place.read)
    assert found["main"].inclusive_share == pytest.approx(parts.user, abs=0.02)
    assert any("json" in name for name, _ in found["encode"].callees)
    assert "re.findall (stdlib)" in dict(found["match"].callees)


@pytest.mark.e2e
def test_a_child_process_is_sampled(place):
    profile, _ = place.profile(place.workload(sys.executable, "report.py", "spawn", "40"))
    found = targets_of(place, profile)
    assert found["squares"].inclusive_share > 0.02
    assert profile.source == "py-spy"


@pytest.mark.e2e
def test_a_console_script_is_sampled(place):
    place.write("bin/tool", f"#!{sys.executable}\nimport report\nreport.main(40)\n")
    (place.tree / "bin/tool").chmod(0o755)
    profile, _ = place.profile(place.workload(str(place.tree / "bin/tool")))
    assert "squares" in targets_of(place, profile)


@pytest.mark.e2e
def test_a_workload_of_milliseconds_falls_back_to_cprofile(place):
    place.write("fleeting.py", "def tiny():\n    return sum([i * i for i in range(2000)])\n\ntiny()\n")
    profile, note = place.profile(place.workload(sys.executable, "fleeting.py"))
    assert profile.source == "cProfile"
    assert note.startswith("profiled with cProfile instead: ")
    assert shares(profile, str(place.tree), place.read).user > 0


def test_without_py_spy_and_perf_cprofile_says_so(place, monkeypatch):
    monkeypatch.setattr(pyspy, "find_binary", lambda: None)
    monkeypatch.setattr(perf, "find_binary", lambda: None)
    profile, note = place.profile(place.workload())
    assert profile.source == "cProfile"
    assert note == "profiled with cProfile instead: py-spy is not installed. perf is not installed."
    found = targets_of(place, profile)
    assert found["squares"].call_path == tuple(f"report.py::{n}" for n in ("main", "descend", "squares"))
    assert found["encode"].lines == {}


def test_a_py_spy_that_may_not_attach_is_explained(place, tmp_path, monkeypatch):
    refused = tmp_path / "py-spy"
    refused.write_text(
        "#!/bin/sh\necho 'Error: Permission Denied: Try running again with sudo' >&2\nexit 1\n"
    )
    refused.chmod(0o755)
    monkeypatch.setattr(pyspy, "find_binary", lambda: refused)
    monkeypatch.setattr(perf, "find_binary", lambda: None)
    profile, note = place.profile(place.workload())
    assert profile.source == "cProfile"
    assert "does not let py-spy attach" in note


@pytest.mark.e2e
def test_a_program_that_is_not_python_cannot_be_profiled(place):
    with pytest.raises(ProfilerError, match=r"cannot be profiled.*cProfile saw no Python code") as caught:
        place.profile(place.workload("/bin/true"))
    assert caught.value.hint


def test_the_workloads_own_path_and_variables_reach_it(place, monkeypatch):
    monkeypatch.setattr(pyspy, "find_binary", lambda: None)
    place.write("lib/extra.py", "def work():\n    return sum(range(100000))\n")
    place.write("use.py", "import extra, os\nassert os.environ['MODE'] == 'x'\nextra.work()\n")
    workload = replace(
        place.workload(sys.executable, "use.py"), env={"PYTHONPATH": str(place.tree / "lib"), "MODE": "x"}
    )
    profile, _ = place.profile(workload)
    assert "work" in {frame.function for stack in profile.stacks for frame in stack}


def seen(samples, rate, runs=1):
    return Profile({STACK: float(samples)}, "py-spy", rate_hz=float(rate), samples=samples, runs=runs)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (2000, PySpy(200)),
        (200, PySpy(200)),
        (20, PySpy(take.FLEETING_HZ, native=False)),
        (0, PySpy(take.FLEETING_HZ, native=False)),
    ],
)
def test_short_workloads_are_sampled_more_often(samples, expected):
    assert take.retuned(PySpy(200), seen(samples, 200)) == expected


def test_settings_do_not_swing_back():
    fleeting = PySpy(take.FLEETING_HZ, native=False)
    assert take.retuned(fleeting, seen(400, take.FLEETING_HZ)) == fleeting
    assert take.retuned(PySpy(), seen(900, 200)) == PySpy()


def test_a_thin_profile_is_refused():
    take.check(seen(120, 200))
    with pytest.raises(ProfilerError, match="too briefly"):
        take.check(seen(200, 1000, runs=8))
    with pytest.raises(ProfilerError, match="only 90 samples"):
        take.check(seen(90, 200))


@pytest.mark.parametrize(
    ("execution", "said"),
    [
        (Execution(137, b"", b"", 1, 1, 1, limit="memory"), "hit its memory limit"),
        (
            Execution(1, b"", b"Error: Operation not permitted (os error 1)", 1, 1, 1),
            "does not let py-spy attach",
        ),
        (
            Execution(1, b"", b"\nError: No python processes found\n", 1, 1, 1),
            "ends too soon",
        ),
        (Execution(9, b"", b"\nError: strange\nmore\n", 1, 1, 1), "exit status 9: Error: strange."),
        (Execution(0, b"", b"", 1, 1, 1), ""),
    ],
)
def test_the_cause_is_read_from_how_the_run_ended(execution, said):
    cause = take.cause("py-spy", execution)
    assert said in cause
    assert bool(cause) == bool(said)


def test_limits_leave_room_for_the_profiler():
    assert take.roomier(Limits(wall_s=10, memory_bytes=None)).memory_bytes is None
    roomy = take.roomier(Limits(wall_s=10, cpu_s=5, memory_bytes=1))
    assert (roomy.wall_s, roomy.cpu_s, roomy.memory_bytes) == (40, 20, 1 + take.PROFILER_BYTES)


@pytest.mark.e2e
def test_native_frames_are_given_up_when_py_spy_cannot_read_them(place, tmp_path, monkeypatch):
    fussy = tmp_path / "py-spy"
    fussy.write_text(f'#!/bin/sh\ncase "$*" in *--native*) exit 1;; esac\nexec {pyspy.find_binary()} "$@"\n')
    fussy.chmod(0o755)
    monkeypatch.setattr(pyspy, "find_binary", lambda: fussy)
    profile, note = place.profile(place.workload())
    assert (profile.source, note) == ("py-spy", "")
    assert "squares" in targets_of(place, profile)
