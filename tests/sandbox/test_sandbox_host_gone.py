"""When the host is interrupted or killed, no program stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_helpers import by_name, equipment

from hasten.sandbox.registry import SANDBOXES

HOST = """
import sys
from pathlib import Path
from sandbox_helpers import by_name, ENV, open_sandbox, program
from hasten.sandbox.base import Command

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
with open_sandbox(name, folder) as sandbox:
    pipe = str(folder / "exchange" / "pipe")
    sandbox.run([Command(program(PROGRAM, pipe), folder / "tree", env=ENV, exchange=folder / "exchange")] * 2)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
@pytest.mark.parametrize("name", [by_name(name) for name in SANDBOXES])
def test_descendants_end_with_the_host(name: str, ending: signal.Signals, tmp_path: Path) -> None:
    """The pipe reads as ended only when every process that has it open is gone."""
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    if SANDBOXES[name].own_system:
        equipment(tmp_path)  # Skips where there is no image.
    for folder in ("tree", "exchange"):
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
