import json
import subprocess
import sys
from collections import Counter

import pytest

from hasten import ProfilerError
from hasten.profilers.base import Frame, Profile, merge
from hasten.profilers.pyspy import INTERPRETER, OUTPUT, PySpy, find_binary, parse_speedscope

PROGRAM = """\
import json, subprocess, sys

def leaf(n):
    return sum([i * i for i in range(n)])

def recurse(depth, n):
    return leaf(n) if depth == 0 else recurse(depth - 1, n)

def work():
    for _ in range(60):
        recurse(3, 60000)

def child():
    subprocess.run([sys.executable, __file__, "child"], check=True)

work() if len(sys.argv) > 1 else child()
"""


def document(*stacks):
    frames = list(dict.fromkeys(frame for stack in stacks for frame in stack))
    return {
        "shared": {"frames": [{"name": n, "file": f, "line": line} for n, f, line in frames]},
        "profiles": [{"samples": [[frames.index(frame) for frame in stack] for stack in stacks]}],
    }


def test_roots_for_processes_and_shims_are_dropped():
    work = ("work", "/repo/a.py", 3)
    stacks, samples = parse_speedscope(
        document(
            [('process 7:"/usr/bin/env bash shim"', "", 0), ('process 9:"python a.py"', "", 0), work],
            [
                ("thread (0x7F)", "", 0),
                ("0x7fab", "/lib/libc.so.6", 0),
                ("main", "/usr/bin/python3.11", 0),
                work,
            ],
        )
    )
    assert stacks == {(Frame("work", "/repo/a.py", 3),): 2.0}
    assert samples == 2


def test_native_frames_lose_what_differs_between_runs():
    stacks, _ = parse_speedscope(
        document(
            [("f", "/repo/a.py", 1), ("0x7f01", "/lib/libc.so.6", 0)],
            [("f", "/repo/a.py", 1), ("0x7f02", "/lib/libc.so.6", 0)],
            [("f", "/repo/a.py", 1), ("scan_once", "/build/Modules/_json.c", 1414)],
        )
    )
    assert stacks == {
        (Frame("f", "/repo/a.py", 1), Frame("libc.so.6", "libc.so.6", 0, True)): 2.0,
        (Frame("f", "/repo/a.py", 1), Frame("scan_once", "_json.c", 0, True)): 1.0,
    }


def test_samples_without_python_are_the_interpreters():
    stacks, _ = parse_speedscope(
        document([("process 1", "", 0)], [("gc_collect_main", "/lib/libpython3.11.so", 0)])
    )
    assert set(stacks) == {
        (INTERPRETER,),
        (INTERPRETER, Frame("gc_collect_main", "libpython3.11.so", 0, True)),
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"shared": {"frames": [3]}, "profiles": []}', "not json"])
def test_a_broken_file_is_a_profiler_error(tmp_path, text):
    (tmp_path / OUTPUT).write_text(text)
    with pytest.raises(ProfilerError):
        PySpy().load(tmp_path)


def test_an_index_out_of_range_is_a_profiler_error(tmp_path):
    broken = document([("f", "/a.py", 1)])
    broken["profiles"][0]["samples"] = [[5]]
    (tmp_path / OUTPUT).write_text(json.dumps(broken))
    with pytest.raises(ProfilerError):
        PySpy().load(tmp_path)


def test_no_file_is_a_profiler_error(tmp_path):
    with pytest.raises(ProfilerError, match="no profile"):
        PySpy().load(tmp_path)


@pytest.mark.parametrize("native", [True, False])
def test_a_real_run_finds_recursion_in_a_child_process(tmp_path, native):
    assert find_binary(), "py-spy is a dependency of ours"
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    profiler = PySpy(rate_hz=200, native=native)
    argv = profiler.command([sys.executable, str(program)], tmp_path)
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    profile = profiler.load(tmp_path)
    assert profile.samples == profile.total
    functions: Counter[str] = Counter()
    for stack, weight in profile.stacks.items():
        names = [frame.function for frame in stack if frame.file == str(program)]
        functions.update(dict.fromkeys(names, weight))
        if "leaf" in names:
            assert names[:6] == ["<module>", "work", "recurse", "recurse", "recurse", "recurse"]
    assert functions["leaf"] > profile.total / 2
    assert not any(frame.function.startswith("process ") for stack in profile.stacks for frame in stack)


def test_profiles_of_several_runs_add_up():
    stack = (Frame("f", "/a.py", 1),)
    one = Profile({stack: 2.0}, "py-spy", rate_hz=200.0, samples=2)
    both = merge([one, Profile({stack: 3.0, (): 1.0}, "py-spy", rate_hz=200.0, samples=4)])
    assert both.stacks == {stack: 5.0, (): 1.0}
    assert (both.samples, both.runs, both.total) == (6, 2, 6.0)


def test_idle_threads_do_not_count():
    wait = ("Popen._try_wait", "/usr/lib/python3.11/subprocess.py", 1917)
    work = ("work", "/repo/a.py", 3)
    stacks, samples = parse_speedscope(
        document(
            [work, wait],
            [work, wait, ("__wait4", "/lib/libc.so.6", 0)],
            [work, ("memcpy", "/lib/libc.so.6", 0)],
        )
    )
    assert stacks == {(Frame("work", "/repo/a.py", 3), Frame("memcpy", "libc.so.6", 0, True)): 1.0}
    assert samples == 1
