import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

import pytest

from hasten import ProfilerError
from hasten.profilers import inject
from hasten.profilers.base import Frame
from hasten.profilers.cprofile import CallGraph, CProfile, Row, as_frame

PROGRAM = """\
import multiprocessing, sys

def hot(n):
    return sum([i * i for i in range(n)])

def left():
    return [hot(20000) for _ in range(9)]

def right():
    return hot(20000)

def pooled():
    multiprocessing.set_start_method("fork")
    with multiprocessing.Pool(1) as pool:
        pool.map(hot, [20000] * 8)

if __name__ == "__main__":
    pooled() if len(sys.argv) > 1 else (left(), right())
"""


def run(argv, out, **extra):
    profiler = CProfile()
    env = inject.layered({"PATH": os.environ["PATH"], **extra}, profiler.environment(out))
    return subprocess.run(profiler.command(argv, out), env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


def inclusive(profile, file):
    """Weight by function of the program, each counted once a stack."""
    found: Counter[str] = Counter()
    for stack, weight in profile.stacks.items():
        for name in {frame.function for frame in stack if frame.file == str(file)}:
            found[name] += weight
    return found


def test_a_short_script_is_seen_whole(program, tmp_path):
    assert run([sys.executable, str(program)], tmp_path).returncode == 0
    profile = CProfile().load(tmp_path)
    seconds = inclusive(profile, program)
    assert profile.unit == "seconds"
    assert seconds["hot"] == pytest.approx(seconds["left"] + seconds["right"], rel=0.2)
    assert seconds["left"] > 3 * seconds["right"]


def test_modules_and_relative_scripts_have_absolute_files(program, tmp_path):
    for argv in ([sys.executable, "-m", "program"], [sys.executable, "program.py"]):
        out = tmp_path / f"out{argv[1]}"
        out.mkdir()
        env = inject.layered({"PATH": os.environ["PATH"]}, CProfile().environment(out))
        subprocess.run(argv, cwd=tmp_path, env=env, check=True, timeout=60)
        assert inclusive(CProfile().load(out), program)["hot"] > 0


def test_a_console_script_is_profiled(program, tmp_path):
    script = tmp_path / "tool"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
        "import program\nprogram.left()\n"
    )
    script.chmod(0o755)
    assert run([str(script)], tmp_path).returncode == 0
    assert inclusive(CProfile().load(tmp_path), program)["left"] > 0


def test_forked_workers_report_too(program, tmp_path):
    done = run([sys.executable, str(program), "pool"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert inclusive(CProfile().load(tmp_path), program)["hot"] > 0
    assert not list((tmp_path / inject.FOLDER).glob("error-*"))


def test_the_users_own_sitecustomize_still_runs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.greeting = 'hello'\n")
    code = "import sys; print(greeting, sys.modules['sitecustomize'].__file__); print(sys.path)"
    done = run([sys.executable, "-c", code], tmp_path, PYTHONPATH=str(tmp_path))
    assert done.stdout.startswith(f"hello {tmp_path / 'sitecustomize.py'}\n"), done.stderr
    assert inject.FOLDER not in done.stdout


def test_exit_status_and_failures_are_the_programs_own(tmp_path):
    assert run([sys.executable, "-c", "import os; os._exit(7)"], tmp_path).returncode == 7
    failed = run([sys.executable, "-c", "raise ValueError('mine')"], tmp_path)
    assert failed.returncode == 1
    assert "mine" in failed.stderr
    assert CProfile().load(tmp_path).samples > 0


def test_an_isolated_interpreter_leaves_nothing(tmp_path):
    run([sys.executable, "-I", "-c", "pass"], tmp_path)
    with pytest.raises(ProfilerError, match="no Python code"):
        CProfile().load(tmp_path)


def test_made_up_reports_do_not_count(tmp_path):
    CProfile().environment(tmp_path)
    folder = tmp_path / inject.FOLDER
    (folder / "report-1.json").write_text('[["a", "b"]]')
    (folder / "report-2.json").write_text("{")
    (folder / "report-3.json").symlink_to("/dev/zero")
    with pytest.raises(ProfilerError):
        CProfile().load(tmp_path)


def row(name: str, own: float, edges: Sequence[tuple[str, float, float]] = ()) -> Row:
    return (
        f"/{name}.py",
        1,
        name,
        1,
        own,
        own,
        [(f"/{c}.py", 1, c, edge_own, total) for c, edge_own, total in edges],
    )


def frames(*names):
    return tuple(Frame(name, f"/{name}.py", 1) for name in names)


def test_own_time_follows_the_callers():
    graph = CallGraph()
    graph.add([row("main", 1), row("a", 1, [("main", 1, 4)]), row("b", 1, [("main", 1, 2)])])
    graph.add([row("leaf", 4, [("a", 3, 3), ("b", 1, 1)])])
    assert graph.stacks() == {
        frames("main"): 1,
        frames("main", "a"): 1,
        frames("main", "b"): 1,
        frames("main", "a", "leaf"): 3,
        frames("main", "b", "leaf"): 1,
    }


def test_time_passed_down_is_split_by_cumulative_time():
    graph = CallGraph()
    graph.add(
        [row("x", 1), row("y", 1), row("mid", 0, [("x", 0, 9), ("y", 0, 3)]), row("leaf", 4, [("mid", 4, 4)])]
    )
    stacks = graph.stacks()
    assert stacks[frames("x", "mid", "leaf")] == pytest.approx(3)
    assert stacks[frames("y", "mid", "leaf")] == pytest.approx(1)


def test_cycles_end_and_no_time_is_lost():
    graph = CallGraph()
    ping = row("ping", 2, [("pong", 1, 5), ("main", 1, 6), ("ping", 0, 1)])
    graph.add([row("main", 1), ping, row("pong", 3, [("ping", 3, 5)])])
    stacks = graph.stacks()
    assert sum(stacks.values()) == pytest.approx(6)
    assert all(len(set(stack)) == len(stack) for stack in stacks)


def test_a_dense_graph_stays_small():
    names = [f"f{i}" for i in range(30)]
    graph = CallGraph()
    graph.add([row(name, 1, [(other, 1 / 29, 1) for other in names if other != name]) for name in names])
    stacks = graph.stacks()
    assert sum(stacks.values()) == pytest.approx(30)
    assert len(stacks) < 5_000


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("<built-in method builtins.sorted>", "sorted"),
        ("<built-in method posix.read>", "posix.read"),
        ("<method 'append' of 'list' objects>", "list.append"),
    ],
)
def test_builtins_are_native(printed, name):
    assert as_frame("~", 0, printed) == Frame(name, "builtins", 0, native=True)


def test_layered_puts_our_path_first():
    assert inject.layered({"PYTHONPATH": "/b"}, {"PYTHONPATH": "/a"}) == {"PYTHONPATH": "/a:/b"}
    assert inject.layered({"X": "1"}, {"PYTHONPATH": "/a"}) == {"X": "1", "PYTHONPATH": "/a"}


def test_options_reach_the_probe_as_json(tmp_path):
    probe = tmp_path / "probe.py"
    probe.write_text("def start(o): global g; g = o\ndef restart(o): start(o)\ndef stop(): return g\n")
    env = inject.layered({"PATH": os.environ["PATH"]}, inject.install(tmp_path, probe, {"keys": ["a::b"]}))
    subprocess.run([sys.executable, "-c", "pass"], env=env, check=True, timeout=60)
    assert list(inject.reports(tmp_path)) == [{"keys": ["a::b"]}]
    assert json.loads((tmp_path / inject.FOLDER / "options.json").read_text()) == {"keys": ["a::b"]}
