"""Limits end a program with everything below it, and are named."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sandbox_helpers import Run, program

from hasten.sandbox.base import MIB, Limits
from hasten.sandbox.pool import RunnerSandbox

FORK = """
import os, time
for _ in range({n}):
  if os.fork() == 0:
    {child}
    os._exit(0)
{parent}
"""
SLEEP = "time.sleep(600)"
FILL = "x = b'x' * (40 << 20); " + SLEEP


@pytest.mark.parametrize(
    ("name", "code", "limits"),
    [
        ("wall", "import time; time.sleep(600)", Limits(wall_s=0.3)),
        ("wall", "while True: pass", Limits(wall_s=0.3)),
        ("cpu", "while True: pass", Limits(cpu_s=0.3)),
        ("cpu", FORK.format(n=3, child="while True: pass", parent=SLEEP), Limits(cpu_s=0.4)),
        ("memory", f"x = b'x' * (2 << 30); {SLEEP}", Limits(memory_bytes=256 * MIB)),
        ("memory", FORK.format(n=8, child=FILL, parent=SLEEP), Limits(memory_bytes=256 * MIB)),
        ("processes", FORK.format(n=100, child=SLEEP, parent=SLEEP), Limits(processes=64)),
        ("output", "while True: print('x' * 1000)", Limits(output_bytes=MIB)),
        ("output", "import sys\nwhile True: sys.stderr.write('x' * 1000)", Limits(output_bytes=MIB)),
    ],
)  # fmt: skip
def test_limit_is_enforced_and_named(run: Run, name: str, code: str, limits: Limits) -> None:
    done = run(*program("import time\n" + code), limits=limits)
    assert (done.limit, done.exit_code, done.leftover) == (name, 128 + signal.SIGKILL, 0)
    assert len(done.stdout) <= limits.output_bytes and len(done.stderr) <= limits.output_bytes
    assert run("true").ok


def test_limit_that_the_kernel_enforces_first_is_named(run: Run) -> None:
    """It refuses the forks before anybody counts, and the program fails by itself."""
    code = "import time\n" + FORK.format(n=5000, child="time.sleep(600)", parent="")
    done = run(*program(code), limits=Limits(processes=4))
    assert (done.limit, done.ok, done.leftover) == ("processes", False, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel tells only root that it refuses threads")
def test_threads_that_the_kernel_refuses_are_named(run: Run) -> None:
    code = (
        "import threading\ngate = threading.Event()\n"
        "while True: threading.Thread(target=gate.wait, daemon=True).start()"
    )
    done = run(*program(code), limits=Limits(processes=4))
    assert (done.limit, done.ok, done.leftover) == ("processes", False, 0)
    assert run("true").ok


@pytest.mark.parametrize("code", [1, 0])
def test_a_program_that_failed_over_a_large_file(run: Run, code: int) -> None:
    """Whoever copes with it is not accused."""
    body = "import os, sys\nopen(os.environ['TMPDIR'] + '/f', 'wb', 0).write(bytes(3 << 20))\nsys.exit(%d)"
    done = run(*program(body % code), limits=Limits(file_bytes=MIB))
    assert (done.exit_code, done.limit) == (code, "file" if code else None)


@pytest.mark.e2e
def test_a_program_that_failed_over_a_full_disk(run: Run, sandbox: RunnerSandbox) -> None:
    if not sandbox.confined:
        pytest.skip("its scratch is on the disk of this machine")
    code = (
        "import itertools, os\nfor n in itertools.count():\n"
        "  with open(os.environ['TMPDIR'] + f'/f{n}', 'wb') as f: f.write(bytes(64 << 20))"
    )
    limits = Limits(memory_bytes=None)
    assert run(*program(code), limits=limits).limit == "disk"
    assert run("true", limits=limits).ok


def test_shared_memory_of_workers_counts_once(run: Run) -> None:
    code = "import time\nx = b'x' * (100 << 20)\n" + FORK.format(
        n=6, child="time.sleep(0.4)", parent="for _ in range(6): os.wait()"
    )
    assert run(*program(code), limits=Limits(memory_bytes=250 * MIB)).ok


def test_exactly_the_output_limit_is_allowed(run: Run) -> None:
    done = run(*program("print('x' * 4095)"), limits=Limits(output_bytes=4096))
    assert (done.ok, len(done.stdout)) == (True, 4096)


def test_files_cannot_grow_beyond_the_limit(run: Run) -> None:
    done = run(
        "sh",
        "-c",
        'head -c 3000000 /dev/zero > "$TMPDIR/f"; ls -l "$TMPDIR/f"',
        limits=Limits(file_bytes=MIB),
    )
    assert b" 1048576 " in done.stdout
    assert run("head", "-c", "1", "/dev/zero").ok


def test_program_ended_by_the_file_limit(run: Run) -> None:
    code = (
        "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "open(os.environ['TMPDIR'] + '/f', 'wb').write(bytes(3 << 20))"
    )
    done = run(*program(code), limits=Limits(file_bytes=MIB))
    assert (done.limit, done.exit_code) == ("file", 128 + signal.SIGXFSZ)


def test_ignoring_signals_does_not_help(run: Run) -> None:
    code = (
        "import signal, time\nfor n in range(1, 32):\n  try: signal.signal(n, signal.SIG_IGN)\n"
        "  except OSError: pass\ntime.sleep(600)"
    )
    assert run(*program(code), limits=Limits(wall_s=0.3)).limit == "wall"


def test_daemon_is_found_ended_and_counted(run: Run) -> None:
    """Double fork in new sessions, every signal ignored, pipes held open."""
    code = (
        "import os, signal, sys, time\nr, w = os.pipe()\n"
        "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    os.setsid()\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "    os.write(w, b'x'); time.sleep(600)\n  os._exit(0)\n"
        "os.read(r, 1); print('done')"
    )
    done = run(*program(code))
    assert (done.stdout, done.exit_code, done.leftover, done.limit) == (b"done\n", 0, 1, None)


def test_endless_chain_of_forks_is_ended(run: Run) -> None:
    """Most links are gone before a list of processes is read."""
    code = """
import os, time
if os.fork() == 0:
  for _ in range(3000):
    if os.fork(): os._exit(0)
time.sleep(600)
"""
    assert run(*program(code), limits=Limits(wall_s=0.2)).limit == "wall"
    assert run("true").ok


def test_limits_do_not_reach_the_next_execution(run_here: Run, tree: Path) -> None:
    run_here("true", limits=Limits(cpu_s=1, file_bytes=10))
    assert run_here("sh", "-c", 'ulimit -t; ulimit -f; head -c 100 /dev/zero > "$TMPDIR/f"').ok
