import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hasten import ProfilerError
from hasten.agent.localize.usercode import UserCode
from hasten.profilers import perf
from hasten.profilers.base import Frame
from hasten.profilers.perf import OUTPUT, Perf, parse_script
from hasten.profilers.pyspy import INTERPRETER
from hasten.profilers.registry import PROFILERS
from hasten.sandbox.base import Command, Limits
from hasten.sandbox.registry import SANDBOXES, choose

# As perf 6.1 prints a run of Python 3.13, shortened.
LIB = "/opt/py/lib/libpython3.13.so.1.0"
FOLLOWED = f"""\
python  7297/7297  31327.114201:
    19a9d0 long_neg ({LIB})
    8b234 _PyEval_EvalFrameDefault ({LIB})
    85 py::Index.sort.<locals>.<lambda>:/home/a b (c)/shop.py (/tmp/jitted-7297-31.so)
    2bc5f0 py_trampoline_evaluator ({LIB})
    ef8ec _PyFunction_Vectorcall ({LIB})
    13e9be list_sort_impl ({LIB})
    22f0a1 builtin_sorted ({LIB})
    f01be PyObject_Vectorcall ({LIB})
    8e60a _PyEval_EvalFrameDefault ({LIB})
    85 py::Index.sort:/home/a b (c)/shop.py (/tmp/jitted-7297-30.so)
    2bc5f0 py_trampoline_evaluator ({LIB})
    85 py::<module>:/home/a b (c)/shop.py (/tmp/jitted-7297-12.so)
    2beed6 Py_BytesMain ({LIB})
    27304 __libc_start_main@@GLIBC_2.34 (/usr/lib/x86_64-linux-gnu/libc.so.6)
    1080 _start (/opt/py/bin/python3.13)

"""
STARTING = """\
python  7297/7297  31327.018323:
    e29e _dl_relocate_object (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)
    1ab78 _dl_start_user (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)

"""
# Of a build without frame pointers: the stack ends at once.
CUT_OFF = f"""\
python  3876/3876  31270.341422:
    8d6d2 _PyEval_EvalFrameDefault ({LIB})
    7ffc19160df0 [unknown] ([unknown])
    7f46b64f0bc0 [unknown] ([unknown])

"""
NATIVE_THREAD = """\
python  7297/7301  31327.118323:
    5129e dgemm_kernel (/opt/py/lib/python3.13/site-packages/numpy.libs/libopenblas.so)
    8f1c4 [unknown] (/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted))

"""
SHOP = "/home/a b (c)/shop.py"

PROGRAM = """\
class Index:
    def sort(self, n):
        return sorted([(-i) % 1001 for i in range(n)], key=lambda v: -v)

def recurse(depth, n):
    return Index().sort(n) if depth == 0 else recurse(depth - 1, n)

def work():
    def inner():
        for _ in range(25):
            recurse(3, 40000)
    inner()

work()
raise SystemExit(3)
"""


def test_it_comes_between_py_spy_and_cprofile():
    assert list(PROFILERS) == ["py-spy", "perf", "cProfile"]


def test_python_frames_are_named_and_the_interpreters_dispatch_is_left_out():
    stacks, samples = parse_script((FOLLOWED * 2).splitlines(keepends=True))
    stack = (
        Frame("<module>", SHOP),
        Frame("Index.sort", SHOP),
        Frame("builtin_sorted", "libpython3.13.so.1.0", 0, True),
        Frame("list_sort_impl", "libpython3.13.so.1.0", 0, True),
        Frame("Index.sort.<locals>.<lambda>", SHOP),
        Frame("long_neg", "libpython3.13.so.1.0", 0, True),
    )
    assert (stacks, samples) == ({stack: 2.0}, 2)


def test_samples_without_python_are_the_interpreters():
    stacks, samples = parse_script((STARTING + FOLLOWED + NATIVE_THREAD * 5).splitlines())
    blas = "/opt/py/lib/python3.13/site-packages/numpy.libs/libopenblas.so"
    loader = "ld-linux-x86-64.so.2"
    assert samples == 7
    assert stacks[(INTERPRETER, Frame("dgemm_kernel", blas, 0, True))] == 5
    starting = (Frame("_dl_start_user", loader, 0, True), Frame("_dl_relocate_object", loader, 0, True))
    assert stacks[(INTERPRETER, *starting)] == 1


def test_idle_samples_do_not_count():
    waiting = FOLLOWED.replace("long_neg", "__poll")
    assert parse_script((FOLLOWED + waiting).splitlines())[1] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs Python 3.13"),
        ("nothing of perf's\n\t\x00\n", "needs Python 3.13"),
        (CUT_OFF * 9, "needs Python 3.13"),
        (CUT_OFF * 9 + FOLLOWED, "follow only 1 of 10"),
    ],
)
def test_what_names_no_python_is_refused(tmp_path, text, said):
    (tmp_path / OUTPUT).write_text(text)
    with pytest.raises(ProfilerError, match=said) as caught:
        Perf().load(tmp_path)
    assert caught.value.hint


def test_no_file_a_pipe_and_a_huge_file_are_profiler_errors(tmp_path, monkeypatch):
    for prepare in (lambda file: None, os.mkfifo):
        prepare(tmp_path / OUTPUT)
        with pytest.raises(ProfilerError, match="no profile"):
            Perf().load(tmp_path)
    (tmp_path / OUTPUT).unlink()
    (tmp_path / OUTPUT).write_text(FOLLOWED)
    assert Perf().load(tmp_path).samples == 1
    monkeypatch.setattr(perf, "MAX_BYTES", 100)
    with pytest.raises(ProfilerError, match="too large"):
        Perf().load(tmp_path)


def test_without_perf_there_is_no_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProfilerError, match="not installed") as caught:
        Perf().command(["python3"], tmp_path)
    assert caught.value.hint


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    made = folder / "bin" / "perf"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    monkeypatch.setattr(perf, "find_binary", lambda: made)
    return made


REFUSAL = (
    "echo 'Error: Access to performance monitoring and observability operations is limited.' >&2; exit 255"
)


@pytest.mark.parametrize(
    ("script", "there", "said"),
    [(REFUSAL, True, "does not let perf observe"), ("", False, "not installed inside the sandbox")],
)
def test_a_refusal_is_explained_and_the_program_is_not_run(tmp_path, monkeypatch, script, there, said):
    made = pretend(tmp_path, monkeypatch, script)
    argv = Perf().command(["touch", str(tmp_path / "ran")], tmp_path)
    if not there:
        made.unlink()
    assert subprocess.run(argv, check=False, timeout=60).returncode == 0
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ProfilerError, match=said) as caught:
        Perf().load(tmp_path)
    assert caught.value.hint


@pytest.mark.parametrize("shebang", [False, True])
def test_a_python_that_cannot_name_its_functions_is_not_run(tmp_path, monkeypatch, shebang):
    pretend(tmp_path, monkeypatch, "exit 0")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 111\n")
    tool = tmp_path / "tool"
    tool.write_text(f"#!{old}\n")
    for program in (old, tool):
        program.chmod(0o755)
    argv = Perf().command([str(tool if shebang else old)], tmp_path)
    assert subprocess.run(argv, check=False, timeout=60).returncode == 0
    with pytest.raises(ProfilerError, match=r"needs Python 3\.12"):
        Perf().load(tmp_path)


@pytest.mark.parametrize(
    ("qualname", "owner"),
    [
        ("Index.sort", "Index.sort"),
        ("Index.sort.<locals>.<lambda>", "Index.sort"),
        ("work.<locals>.inner.<locals>.<genexpr>", "work"),
        ("recurse", "recurse"),
        ("Index", None),
        ("<lambda>", None),
        ("<module>", None),
        ("gone", None),
    ],
)
def test_a_frame_without_a_line_is_located_by_its_name(qualname, owner):
    code = UserCode("/repo", {"a.py": PROGRAM}.get)
    found = code.owner(Frame(qualname, "/repo/a.py"))
    assert (found and found.qualname) == owner


def newer_python() -> tuple[str, Path]:
    """A Python 3.13 or later and its prefix. Older ones need frame pointers, which few builds have."""
    asks = "import json, sys; print(json.dumps([sys.version_info[:2], sys.executable, sys.base_prefix]))"
    for name in (sys.executable, "python3.14", "python3.13", "python3"):
        if program := shutil.which(name):
            done = subprocess.run([program, "-c", asks], capture_output=True, text=True, timeout=60)
            if done.returncode == 0:
                version, executable, prefix = json.loads(done.stdout)
                if version >= [3, 13]:
                    return executable, Path(prefix)
    pytest.skip("no Python 3.13 or later on the PATH")


def demand_perf(folder: Path) -> None:
    binary = perf.find_binary()
    if binary is None:
        pytest.skip("perf is not installed")
    probe = [binary, "record", "-q", "-N", "-e", "cpu-clock:u", "-o", folder / "probe", "--", "true"]
    if subprocess.run(probe, capture_output=True, timeout=60).returncode:
        pytest.skip("perf is not permitted here")


@pytest.mark.parametrize("name", ["process", "bubblewrap"])
def test_a_real_run_in_a_sandbox_is_followed(tmp_path, name):
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    demand_perf(tmp_path)
    python, prefix = newer_python()
    tree, out = tmp_path / "a tree", tmp_path / "exchange"
    tree.mkdir()
    out.mkdir()
    (tree / "program.py").write_text(PROGRAM)
    profiler = Perf(rate_hz=250)
    with choose(name, mount_at=tree, readable=[prefix], scratch=tmp_path / "scratch") as sandbox:
        argv = profiler.command([python, "program.py"], out)
        env = {"PATH": "/usr/bin:/bin", **profiler.environment(out)}
        command = Command(tuple(argv), tree, env=env, exchange=out, limits=Limits(wall_s=60))
        [execution] = sandbox.run([command])
        source = f"{sandbox.where(tree)}/program.py"
    assert (execution.exit_code, execution.stderr) == (3, b"")
    profile = profiler.load(out)
    assert (profile.source, profile.samples) == ("perf", profile.total)
    functions: Counter[str] = Counter()
    for stack, weight in profile.stacks.items():
        names = [frame.function for frame in stack if frame.file == source]
        functions.update(dict.fromkeys(names, weight))
        if "Index.sort" in names:
            path = ["<module>", "work", "work.<locals>.inner", *["recurse"] * 4, "Index.sort"]
            assert names[: len(path)] == path
    assert functions["Index.sort"] > profile.total / 2
