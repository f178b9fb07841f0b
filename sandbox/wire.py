"""The line between the host and a runner: bytes in, bytes out, and its end."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from hasten import SandboxError
from hasten.sandbox.groups import Group

STOP_S = 15.0  # The runner gives the kernel 10 s to end processes.
CHUNK = 1 << 20


class Wire(Protocol):
    """How a backend reaches one runner. Every method may raise ``OSError``: the runner is gone then."""

    source: int
    """Descriptor to wait on for something to ``receive``."""

    def send(self, data: bytes) -> None: ...

    def receive(self) -> bytes:
        """What has arrived; empty at the end. Raises ``BlockingIOError`` while there is nothing."""
        ...

    def complaint(self) -> str:
        """The last line the launcher or the runner wrote to stderr, or ""."""
        ...

    def crowded(self) -> bool:
        """Whether the kernel has refused a process or thread since this was asked last, where it tells this
        side and not the runner."""
        ...

    def close(self) -> None:
        """End the runner and everything below it. The end of its stdin tells it to; then it is killed."""
        ...


def send_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class Pipes:
    """A runner that is a child process of this one. Raises ``SandboxError`` when it cannot be started."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], tasks: int | None = None) -> None:
        """``tasks``: processes and threads that it and its programs may have, where that can be enforced."""
        self.group, self.refused = Group(tasks), 0
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                self.group.entered(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=dict(env),
                cwd="/",
                start_new_session=True,  # A Ctrl-C in the terminal is for hasten alone.
            )
        except OSError as error:
            self.group.remove()
            raise SandboxError(f"The sandbox cannot be started: {error}.", "Run `hasten doctor`.") from error
        assert self.process.stdin and self.process.stdout
        self.sink, self.source = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.source, False)

    def send(self, data: bytes) -> None:
        send_all(self.sink, data)

    def receive(self) -> bytes:
        return os.read(self.source, CHUNK)

    def complaint(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def crowded(self) -> bool:
        before, self.refused = self.refused, self.group.refused()
        return self.refused > before

    def close(self) -> None:
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
            self.group.remove()
