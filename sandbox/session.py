"""The host's side of one runner: speak its line protocol, whatever wire it comes over."""

from __future__ import annotations

import binascii
import json
import os
import selectors
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import hasten
from hasten import SandboxError
from hasten.sandbox.base import Command, Execution
from hasten.sandbox.wire import Wire

TRUSTED = ("reaper.py", "scratch.py", "calls.py", "runner.py")
"""The modules of this folder that run inside a sandbox."""
BOOT = "import sys; sys.path.append(sys.argv[1]); from hasten.sandbox.runner import main; main()"
START_S = 60.0  # A loaded machine may take this long to start a runner or to empty its scratch folders.
REPORT_S = 60.0  # Past the wall limit: time to end processes and to send up to twice ``output_bytes``.


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

    def __init__(self, wire: Wire, setup: Mapping[str, Any]) -> None:
        self.wire, self.source = wire, wire.source
        self.pending = bytearray()
        try:
            self.send(setup)
            hello = receive([self], START_S)[0]
            if isinstance(hello, RunnerGoneError):
                raise hello
            self.cpus: frozenset[int] = frozenset(hello["cpus"])
        except RunnerGoneError as error:
            said = wire.complaint() or "it gave no reason"
            self.close()
            raise SandboxError(f"The sandbox does not come up: {said}.", "Run `hasten doctor`.") from error
        except BaseException:
            self.close()
            raise

    def send(self, message: Mapping[str, Any]) -> None:
        try:
            self.wire.send(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise RunnerGoneError(str(error)) from error

    def read(self) -> dict[str, Any] | None:
        """The next message, or ``None`` while it is incomplete."""
        try:
            while data := self.wire.receive():
                self.pending += data
                if data.endswith(b"\n"):
                    break
            else:
                raise RunnerGoneError("it ended")
        except BlockingIOError:
            pass
        except OSError as error:
            raise RunnerGoneError(str(error)) from error
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
        """End the runner and everything below it."""
        self.wire.close()


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
