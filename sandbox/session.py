"""The host's side of one runner: start it, speak its line protocol, end it."""

from __future__ import annotations

import binascii
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import hasten
from hasten import SandboxError
from hasten.sandbox.base import Command, Execution

TRUSTED = ("reaper.py", "scratch.py", "runner.py")
"""The modules of this folder that run inside a sandbox."""
BOOT = "import sys; sys.path.append(sys.argv[1]); from hasten.sandbox.runner import main; main()"
START_S = 60.0  # A loaded machine may take this long to start a runner or to empty its scratch folders.
REPORT_S = 60.0  # Past the wall limit: time to end processes and to send up to twice ``output_bytes``.
STOP_S = 15.0  # The runner gives the kernel 10 s to end processes.


def interpreter() -> str:
    """Hasten's own Python, outside any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def runner_argv(import_root: str | Path | None = None) -> list[str]:
    """The runner's command line; ``import_root`` holds ``hasten/sandbox`` as the sandbox sees it."""
    root = import_root or Path(hasten.__file__).parent.parent
    return [interpreter(), "-I", "-S", "-X", "utf8", "-c", BOOT, str(root)]


def runner_env() -> dict[str, str]:
    """What the runner itself gets of the host's environment: where shared libraries of Python are."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


class RunnerGoneError(Exception):
    """The runner ended, answered nonsense, or did not answer."""


class Session:
    """One running runner, which executes one command at a time.

    Raises ``SandboxError`` when it does not come up, ``RunnerGoneError`` when it breaks down later.
    """

    def __init__(self, argv: Sequence[str], setup: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=dict(env),
                cwd="/",
                start_new_session=True,  # A Ctrl-C in the terminal is for hasten alone.
            )
        except OSError as error:
            raise SandboxError(f"The sandbox cannot be started: {error}.", "Run `hasten doctor`.") from error
        assert self.process.stdin and self.process.stdout
        self.sink, self.source = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.source, False)
        self.pending = bytearray()
        try:
            self.send(setup)
            hello = receive([self], START_S)[0]
            if isinstance(hello, RunnerGoneError):
                raise hello
            self.cpus: frozenset[int] = frozenset(hello["cpus"])
        except RunnerGoneError as error:
            self.process.kill()
            self.process.wait()
            message = f"The sandbox does not come up: {self.complaint()}."
            self.close()
            raise SandboxError(message, "Run `hasten doctor`.") from error
        except BaseException:
            self.close()
            raise

    def complaint(self) -> str:
        """The last line the launcher or the runner wrote to stderr."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it gave no reason"

    def send(self, message: Mapping[str, Any]) -> None:
        data = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while data:
                data = data[os.write(self.sink, data) :]
        except OSError as error:
            raise RunnerGoneError(str(error)) from error

    def read(self) -> dict[str, Any] | None:
        """The next message, or ``None`` while it is incomplete."""
        with suppress(BlockingIOError):
            while data := os.read(self.source, 1 << 20):
                self.pending += data
                if data.endswith(b"\n"):
                    break
            else:
                raise RunnerGoneError("it ended")
        line, newline, rest = self.pending.partition(b"\n")
        if not newline:
            return None
        self.pending = rest
        try:
            message = json.loads(bytes(line))
        except ValueError as error:
            raise RunnerGoneError("it answered nonsense") from error
        if not isinstance(message, dict):
            raise RunnerGoneError("it answered nonsense")
        return message

    def close(self) -> None:
        """End the runner and everything below it. The end of its stdin tells it to; then it is killed."""
        assert self.process.stdin and self.process.stdout
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        except BaseException:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            self.errors.close()


def receive(sessions: Sequence[Session], timeout_s: float) -> list[dict[str, Any] | RunnerGoneError]:
    """The next message of each session, or why there is none."""
    found: dict[Session, dict[str, Any] | RunnerGoneError] = {}
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        for session in sessions:
            selector.register(session.source, selectors.EVENT_READ, session)
        while len(found) < len(sessions) and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                try:
                    message = key.data.read()
                except RunnerGoneError as error:
                    message = error
                if message is not None:
                    found[key.data] = message
                    selector.unregister(key.fd)
    return [found.get(session, RunnerGoneError("it does not answer")) for session in sessions]


def request(command: Command) -> dict[str, Any]:
    return {
        "argv": command.argv,
        "cwd": command.cwd,
        "env": dict(command.env),
        "stdin": binascii.b2a_base64(command.stdin, newline=False).decode(),
        "limits": asdict(command.limits),
        "cpu": command.cpu,
    }


def execution(report: dict[str, Any]) -> Execution:
    """What the runner reported. Raises ``RunnerGoneError`` when it is no report."""
    try:
        streams = {name: binascii.a2b_base64(report[name]) for name in ("stdout", "stderr")}
        return Execution(**{**report, **streams})
    except (KeyError, TypeError, ValueError) as error:
        raise RunnerGoneError("it answered nonsense") from error
