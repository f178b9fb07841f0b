"""What every backend has to do alike: one execution, its surroundings, its times."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import pytest
from sandbox_helpers import ENV, Run, program

from hasten import SandboxError
from hasten.sandbox.base import BrokenOffError, Command
from hasten.sandbox.pool import RunnerSandbox

SPIN = "import time\nwhile time.process_time() < {}: pass\n"


def test_output_input_and_status(run: Run) -> None:
    data = os.urandom(3 << 20)
    code = (
        "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())\n"
        "print('oh', file=sys.stderr); sys.exit(7)"
    )
    done = run(*program(code), stdin=data)
    assert done.stdout == data
    assert (done.stderr, done.exit_code, done.limit, done.ok) == (b"oh\n", 7, None, False)


def test_no_input_reads_as_empty(run: Run) -> None:
    assert run("cat").ok


def test_environment_is_the_given_one(run_here: Run, sandbox: RunnerSandbox, tree: Path) -> None:
    os.environ["HASTEN_TEST_SECRET"] = "secret"
    done = run_here("env", env={"PATH": "/usr/bin:/bin", "HOME": "/elsewhere", "NAME": "with = and ü"})
    seen = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    assert set(seen) == {"PATH", "NAME", "HOME", "TMPDIR", "PWD"}
    assert seen["NAME"] == "with = and ü"
    assert seen["HOME"] != "/elsewhere"
    assert seen["PWD"] == sandbox.where(tree)


def test_starts_in_the_given_folder(run_here: Run, sandbox: RunnerSandbox, tree: Path) -> None:
    (tree / "süb dir").mkdir()
    done = run_here("sh", "-c", "pwd -P; echo $PWD; cat ../data.txt", cwd="süb dir")
    expected = f"{sandbox.where(tree)}/süb dir"
    assert done.stdout.decode().splitlines() == [expected, expected, "as it was"]


@pytest.mark.parametrize(
    ("argv", "more", "code"),
    [
        (("no-such-program",), {}, 127),
        (("./no-such-program",), {}, 127),
        (("./data.txt",), {}, 126),
        (("true",), {"cwd": "nowhere"}, 127),
        (("true",), {"env": {"PATH": "/nowhere"}}, 127),
        (("tr\0ue",), {}, 126),
    ],
)
def test_what_cannot_be_started_is_an_execution(
    run: Run, argv: tuple[str, ...], more: dict[str, object], code: int
) -> None:
    done = run(*argv, **more)
    assert done.exit_code == code
    assert b"cannot start" in done.stderr


def test_program_of_the_tree(run_here: Run, tree: Path) -> None:
    (tree / "tool").write_text("#!/bin/sh\necho $1\n")
    (tree / "tool").chmod(0o755)
    assert run_here("./tool", "hello").stdout == b"hello\n"


def test_ended_by_a_signal(run: Run) -> None:
    done = run("sh", "-c", "kill -SEGV $$")
    assert (done.exit_code, done.limit) == (128 + signal.SIGSEGV, None)


def test_signals_have_their_defaults(run: Run) -> None:
    code = (
        "import signal\n"
        "for name in ('SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGTERM', 'SIGCHLD'):\n"
        "  print(signal.getsignal(getattr(signal, name)) == signal.SIG_IGN)"
    )
    assert set(run(*program(code)).stdout.split()) == {b"False"}
    # Python ignores SIGPIPE itself: ask a program that does not.
    assert run("sh", "-c", "yes | head -n 1 >/dev/null; kill -PIPE $$").exit_code == 128 + signal.SIGPIPE


def test_times_of_a_busy_program(run: Run) -> None:
    done = run(*program(SPIN.format(0.2)))
    assert done.cpu_s >= 0.2
    assert done.main_cpu_s is not None and done.blocked_s is not None
    assert 0.2 <= done.main_cpu_s <= done.wall_s
    assert done.blocked_s < done.main_cpu_s


def test_times_of_a_waiting_program(run: Run) -> None:
    done = run(*program("import time; time.sleep(0.2)"))
    assert done.blocked_s is not None and done.main_cpu_s is not None
    assert done.wall_s >= 0.2
    assert done.blocked_s > done.main_cpu_s


def test_cpu_of_children_counts(run: Run) -> None:
    spin = SPIN.format(0.2)
    code = f"import os\npid = os.fork()\nif pid == 0:\n  exec({spin!r}); os._exit(0)\nos.waitpid(pid, 0)"
    done = run(*program(code))
    assert done.cpu_s >= 0.2
    assert done.main_cpu_s is not None and done.main_cpu_s < 0.2


def test_cpu_of_the_abandoned_counts(run: Run) -> None:
    code = (
        "import os, time\nr, w = os.pipe()\n"
        f"if os.fork() == 0:\n  os.setsid()\n  exec({SPIN.format(0.2)!r})\n"
        "  os.write(w, b'x'); time.sleep(600)\n"
        "os.read(r, 1)"
    )
    done = run(*program(code))
    assert (done.exit_code, done.leftover) == (0, 1)
    assert done.cpu_s >= 0.2


def test_peak_memory(run: Run) -> None:
    small, large = run(*program("pass")), run(*program("b'x' * (96 << 20)"))
    assert large.peak_rss_bytes - small.peak_rss_bytes > 64 << 20


def test_children_that_end_by_themselves_are_no_leftover(run: Run) -> None:
    code = "import os\nr, w = os.pipe()\nif os.fork() == 0:\n  os.close(w); os.read(r, 1)\n"
    assert run(*program(code)).leftover == 0


def test_artefacts(run_here: Run, tree: Path) -> None:
    (tree / "out").mkdir()
    (tree / "out" / "old.txt").write_text("old")
    (tree / "out" / "doomed.txt").write_text("doomed")
    code = (
        "import os\nopen('out/new.txt', 'w').write('new')\nopen('out/old.txt', 'a').write('er')\n"
        "open('extra/deep/other.bin', 'wb').write(bytes(1000))\nos.unlink('out/doomed.txt')\n"
        "os.makedirs('out/more/and/more'); os.symlink('/etc/passwd', 'out/link'); os.mkfifo('out/pipe')\n"
    )
    names = ("out/new.txt", "out/old.txt", "extra/deep/other.bin", "out/missing", "out/link", "out/pipe")
    for _ in range(2):
        done = run_here(*program(code), artefacts=names)
        assert (done.exit_code, done.stderr, done.limit) == (0, b"", None)
        sums = [hashlib.sha256(data).hexdigest() for data in (b"new", b"older", bytes(1000))]
        assert dict(done.artefacts) == dict(zip(names, [*sums, "", "", ""], strict=True))
        assert sorted(path.name for path in (tree / "out").iterdir()) == ["doomed.txt", "old.txt"]
        assert (tree / "out" / "old.txt").read_text() == "old"
        assert not list((tree / "extra" / "deep").iterdir())


def test_restored_even_when_times_and_sizes_lie(run_here: Run, tree: Path) -> None:
    code = (
        "import os\ns = os.stat('data.txt')\nprint(open('data.txt').read())\n"
        "open('data.txt', 'w').write('AS IT WAS\\n')\nos.utime('data.txt', ns=(s.st_atime_ns, s.st_mtime_ns))"
    )
    outputs = [run_here(*program(code), artefacts=("data.txt",)) for _ in range(2)]
    assert [each.stdout for each in outputs] == [b"as it was\n\n"] * 2
    assert outputs[0].artefacts["data.txt"] == hashlib.sha256(b"AS IT WAS\n").hexdigest()


def test_artefact_at_the_top_leaves_folders_protected(
    run_here: Run, sandbox: RunnerSandbox, tree: Path
) -> None:
    (tree / "src").mkdir()
    (tree / "src" / "a.py").write_text("a = 1\n")
    code = (
        "open('report.txt', 'w').write('r')\nprint(open('src/a.py').read())\nopen('src/a.py', 'w').write('')"
    )
    done = run_here(*program(code), artefacts=("report.txt",))
    assert done.artefacts["report.txt"] == hashlib.sha256(b"r").hexdigest()
    assert b"a = 1" in done.stdout
    if sandbox.confined:
        assert b"Read-only file system" in done.stderr
    else:
        assert done.limit == "tree"


def test_writable_tree_keeps_what_is_written(run_here: Run, tree: Path) -> None:
    assert run_here("sh", "-c", "echo new > data.txt", writable=True).ok
    assert (tree / "data.txt").read_text() == "new\n"
    assert run_here("cat", "data.txt").stdout == b"new\n"
    assert run_here("cat", "data.txt").limit is None


def test_exchange_folder(run_here: Run, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    done = run_here(
        "sh",
        "-c",
        'echo profile > "$1/out"',
        "sh",
        str(tmp_path / "exchange"),
        exchange=tmp_path / "exchange",
    )
    assert done.ok
    assert (tmp_path / "exchange" / "out").read_text() == "profile\n"


def test_missing_tree_is_an_error(sandbox: RunnerSandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxError):
        sandbox.run([Command(("true",), tmp_path / "gone", env=ENV)])


def test_missing_core_is_an_error_and_the_sandbox_goes_on(run: Run) -> None:
    with pytest.raises(SandboxError, match="Core 9999"):
        run("true", cpu=9999)
    assert run("true").ok


def test_time_lasts_until_the_unattended_have_ended(run: Run) -> None:
    done = run(*program("import os, time\nif os.fork() == 0:\n  time.sleep(0.03)"))
    # On a busy machine the child may outlive its grace; then it is a leftover, and refused for that.
    assert done.leftover == 1 or done.wall_s >= 0.03


def test_tests_that_are_cut_short_are_not_run_again_in_the_tree_they_may_have_changed(
    run_here: Run, sandbox: RunnerSandbox, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "exchange").mkdir()
    code = "import os, time\nopen('runs', 'a').write('x')\nos.kill(os.getppid(), 9)\ntime.sleep(0.2)"
    words = {"writable": True, "exchange": tmp_path / "exchange"}
    if sandbox.confined:
        assert run_here(*program(code), **words).ok, "nobody in there can do it"
    else:
        with pytest.raises(BrokenOffError) as cut:
            run_here(*program(code), **words)
        assert [each.exit_code for each in cut.value.executions or []] == [137]
    assert (tree / "runs").read_text() == "x"
