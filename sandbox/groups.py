"""Control groups: the kernel bounds how many tasks a runner and its programs have, where we are root.

A fork bomb outruns whoever counts processes. For other users RLIMIT_NPROC does it, which does not bind root.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

PLACES = (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup"))  # Version 1, version 2.
ENTER = 'echo 0 > "$0/cgroup.procs" && exec "$@"'
EMPTY_S = 2.0  # Processes that were killed leave their group a moment later.
_numbers = count(1)


class Group:
    """At most ``tasks`` processes and threads at the same time; does nothing where that cannot be done."""

    def __init__(self, tasks: int | None) -> None:
        self.path: Path | None = None
        if tasks is None or os.geteuid() != 0:
            return
        for place in PLACES:
            if not (place / "cgroup.procs").is_file():
                continue
            with suppress(OSError):
                sweep(place)
                path = place / f"hasten-{os.getpid()}-{next(_numbers)}"
                path.mkdir()
                self.path = path
                (path / "pids.max").write_text(str(tasks))
                return
            self.remove()

    def entered(self, argv: Sequence[str]) -> list[str]:
        """The command line that starts ``argv`` in the group."""
        return ["/bin/sh", "-c", ENTER, str(self.path), *argv] if self.path else list(argv)

    def refused(self) -> int:
        """How often the kernel refused a process or thread for want of room; 0 where it does not tell."""
        with suppress(OSError, IndexError, ValueError):
            if self.path:
                return int((self.path / "pids.events").read_text().split()[1])
        return 0

    def remove(self) -> None:
        """To be called when all processes in it were ended."""
        if self.path is None:
            return
        deadline = time.monotonic() + EMPTY_S
        while True:
            try:
                self.path.rmdir()
            except OSError:
                if time.monotonic() < deadline and self.path.exists():
                    time.sleep(0.005)
                    continue
            self.path = None
            return


def sweep(place: Path) -> None:
    """Groups whose hasten was killed; those with processes in them stay, as nobody can remove them."""
    for left in _left(place):
        with suppress(OSError):
            left.rmdir()


def _left(place: Path) -> Iterator[Path]:
    for path in place.glob("hasten-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            yield path
