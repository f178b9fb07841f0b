"""Places where something could be kept for the next execution, each found by an attack that worked once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sandbox_helpers import Run, program

from hasten.sandbox.folders import Folder, remove


def planted(folder: Path) -> tuple[Folder, Path]:
    origin, live = folder / "origin", folder / "live"
    for each in (origin, live):
        each.mkdir()
        (each / "readme.txt").write_text("as it was\n")
    return Folder("results", live, origin), live


def test_a_file_replaced_by_a_folder_is_put_back(tmp_path: Path) -> None:
    folder, live = planted(tmp_path)
    (live / "readme.txt").unlink()
    (live / "readme.txt").mkdir()
    (live / "readme.txt" / "answer").write_text("42")
    folder.put_back()
    assert (live / "readme.txt").read_text() == "as it was\n"


def test_times_of_an_artefact_folder_are_put_back(tmp_path: Path) -> None:
    folder, live = planted(tmp_path)
    before = live.stat().st_mtime_ns
    os.utime(live, ns=(42, 42))
    folder.put_back()
    assert live.stat().st_mtime_ns == before


def test_an_artefact_folder_with_another_mode_is_not_used_again(tmp_path: Path) -> None:
    folder, live = planted(tmp_path)
    live.chmod(0o711)
    with pytest.raises(OSError, match="the folder itself was changed"):
        folder.put_back()


def test_folders_too_deep_for_names_and_recursion_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for number in range(1500):
        os.mkdir("d" * 50, dir_fd=here)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        if number % 300 == 0:
            os.close(os.open("file", os.O_CREAT, dir_fd=here))
            os.chmod("d" * 50, 0, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove(top)
    assert not list(tmp_path.iterdir())


LOOK = "import os\nprint([os.stat(os.environ[name]).st_mtime_ns for name in ('HOME', 'TMPDIR')])"


def test_times_of_scratch_folders_say_nothing(run: Run) -> None:
    leave = "import os\nfor name in ('HOME', 'TMPDIR'): os.utime(os.environ[name], ns=(7, 7))"
    first = run(*program(LOOK)).stdout
    run(*program(leave))
    assert run(*program(LOOK)).stdout == first


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os.sched_setaffinity(0, range(os.cpu_count()))\nprint(len(os.sched_getaffinity(0)))", "1"),
        ("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nprint(os.sched_getscheduler(0))", "0"),
        ("os.setpriority(0, os.getppid(), 19)\nprint(os.getpriority(0, os.getppid()))", "0"),
        ("import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU)", "PermissionError"),
        ("libc.mq_open(b'/x', os.O_CREAT | os.O_RDWR, 0o600, None)\nprint(ctypes.get_errno())", "38"),
        ("libc.syscall(KEYCTL, 0, -3, 0, 0, 0)\nprint(ctypes.get_errno())", "38"),
        (
            "os.preadv(os.open('/proc/self/exe', 0), [bytearray(1)], 0, os.RWF_NOWAIT)",
            "Operation not supported",
        ),
        ("import socket\nsocket.socket(40)", "not supported by protocol"),
    ],
    ids=["core", "class", "priority", "limits", "queue", "keys", "pages", "vsock"],
)
def test_calls_that_programs_may_not_make(run: Run, code: str, said: str) -> None:
    head = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    head += "KEYCTL = 250 if os.uname().machine == 'x86_64' else 219\n"
    done = run(*program(head + code), cpu=max(os.sched_getaffinity(0)))
    assert said in (done.stdout + done.stderr).decode().splitlines()[-1]


def test_a_closed_connection_does_not_hold_its_port(run_confined: Run) -> None:
    talk = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    line = socket.create_connection(server.getsockname(), 1, ("127.0.0.1", 41999))
    other, _ = server.accept()
    line.close()
    other.close()
"""
    bind = "import socket\nsocket.socket().bind(('127.0.0.1', 41999))\nprint('free')"
    assert run_confined(*program(talk)).ok
    assert run_confined(*program(bind)).stdout == b"free\n"
    count = "print(open('/proc/net/dev').read().split('lo:')[1].split()[1])"
    assert run_confined(*program(count)).stdout == b"0\n"


def test_times_of_devices_do_not_last(run_confined: Run) -> None:
    look = "import os\nprint(os.stat('/dev/null').st_mtime_ns)"
    touch = "import os\nos.utime('/dev/null')\n" + look
    touched, seen = (run_confined(*program(code)).stdout for code in (touch, look))
    assert touched.strip() and touched != seen
