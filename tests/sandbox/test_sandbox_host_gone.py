"""When the host is interrupted or killed, no program stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hasten.sandbox.registry import SANDBOXES

HOST = """
import sys
from pathlib import Path
from sandbox_helpers import ENV, program
from hasten.sandbox.base import Command
from hasten.sandbox.registry import choose

PROGRAM = '''
import os, sys, time
out = os.open(sys.argv[1], os.O_WRONLY)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.write(out, b"deep\\\\n")
        time.sleep(600)
    os._exit(0)
os.write(out, b"top\\\\n")
time.sleep(600)
'''
name, folder = sys.argv[1], Path(sys.argv[2])
with choose(name, mount_at=folder / "repo", readable=[], scratch=folder / "scratch") as sandbox:
    pipe = str(folder / "exchange" / "pipe")
    sandbox.run([Command(program(PROGRAM, pipe), folder / "tree", env=ENV, exchange=folder / "exchange")] * 2)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
@pytest.mark.parametrize("name", list(SANDBOXES))
def test_descendants_end_with_the_host(name: str, ending: signal.Signals, tmp_path: Path) -> None:
    """The pipe reads as ended only when every process that has it open is gone."""
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    for folder in ("repo", "tree", "exchange"):
        (tmp_path / folder).mkdir()
    os.mkfifo(tmp_path / "exchange" / "pipe")
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, name, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
    )
    try:
        with (tmp_path / "exchange" / "pipe").open("rb") as pipe:
            started = sorted(pipe.readline() for _ in range(4))
            host.send_signal(ending)
            rest = pipe.read()
        _, errors = host.communicate()
    finally:
        host.kill()
        host.wait()
    assert started == [b"deep\n", b"deep\n", b"top\n", b"top\n"]
    assert rest == b""
    if ending == signal.SIGINT:
        assert b"KeyboardInterrupt" in errors
        assert not list((tmp_path / "scratch").iterdir())
