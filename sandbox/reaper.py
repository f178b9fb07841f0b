"""The processes below this one: seen, counted, ended and waited for. Trusted, stdlib only, Python 3.8+.

The caller is pid 1 of a namespace or a child subreaper, so that no descendant escapes to another parent.
"""

# Without pathlib the runner starts sooner and is smaller.
# ruff: noqa: PTH110, PTH123, PTH208

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from contextlib import suppress

LINUX = sys.platform == "linux"
END_S = 10.0  # What SIGKILL has not ended by then is stuck in the kernel.
TASKS_PER_PROCESS = 2  # Of a limit on processes; threads count. With 16, ending a fork bomb took minutes.
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SUBREAPER = 1, 4, 36  # prctl options

libc = ctypes.CDLL(None)


def prctl(option: int, value: int) -> None:
    if LINUX:
        libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def read(path: str) -> str:
    """The text of a file of the kernel; empty when it is not there (any more)."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def io_priority() -> int:
    """Of this process; 0 on machines whose number of the system call is not known here."""
    number = {"x86_64": 252, "aarch64": 31}.get(os.uname().machine) if LINUX else None
    return int(libc.syscall(number, 1, 0)) if number else 0


def free_bytes(folder: str) -> int:
    """Left for programs on the disk that holds ``folder``; 0 where it is not there."""
    with suppress(OSError):
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize
    return 0


REFUSALS = {
    "memory": ("oom_kill", "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"),
    "processes": ("max", "/sys/fs/cgroup/pids.events", "/sys/fs/cgroup/pids/pids.events"),
}


def refusals() -> dict[str, int]:
    """How often the kernel ended a process of this control group for want of memory, and refused a fork (0
    where it does not tell)."""
    found = dict.fromkeys(REFUSALS, 0)
    for name, (word, *paths) in REFUSALS.items():
        for line in "".join(map(read, paths)).splitlines():
            if line.startswith(f"{word} "):
                found[name] = int(line.split()[1])
    return found


def newly_refused(before: dict[str, int]) -> str | None:
    """The limit that the kernel has enforced since it was asked for ``refusals``."""
    return next((name for name, times in refusals().items() if times > before[name]), None)


def users_of_its_own() -> bool:
    """Whether nobody outside of this namespace is counted among the processes of its users."""
    return LINUX and read("/proc/self/uid_map").split() != ["0", "0", str(2**32 - 1)]


class Seen:
    """One process as ``/proc/<pid>/stat`` shows it. Seconds and bytes."""

    def __init__(self, pid: int, fields: list[str]) -> None:
        self.pid, self.state, self.parent = pid, fields[0], int(fields[1])
        # Its own user and system time and that of the children it has waited for.
        self.cpu_s = sum(map(int, fields[11:15])) / TICK
        self.threads, self.rss = int(fields[17]), int(fields[21]) * PAGE

    @property
    def alive(self) -> bool:
        return self.state not in "ZX"


def look(pids: list[int]) -> list[Seen]:
    texts = [(pid, read(f"/proc/{pid}/stat")) for pid in pids]
    return [Seen(pid, text[text.rindex(")") + 2 :].split()) for pid, text in texts if text]


def shared_out(pids: list[int]) -> int:
    """Resident bytes of processes together, pages they share counted once (forked workers share most)."""
    total = 0
    for pid in pids:
        lines = read(f"/proc/{pid}/smaps_rollup").splitlines()
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def everyone() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if LINUX else []


def children(parent: int) -> list[int]:
    with suppress(OSError):
        tasks = [f"/proc/{parent}/task/{tid}/children" for tid in os.listdir(f"/proc/{parent}/task")]
        return [int(child) for task in tasks for child in read(task).split()]
    return []


def descendants() -> list[int]:
    """Every process below this one, zombies included."""
    me = os.getpid()
    if me == 1:
        return [pid for pid in everyone() if pid != 1]
    below = children
    if not os.path.exists(f"/proc/{me}/task/{me}/children"):  # A kernel without CONFIG_PROC_CHILDREN.
        table = look(everyone())
        below = lambda parent: [seen.pid for seen in table if seen.parent == parent]  # noqa: E731
    found: list[int] = []
    todo = [me]
    while todo:
        born = below(todo.pop())
        found += born
        todo += born
    return found


def kill_all(group: int | None = None) -> None:
    """One blow at every descendant. Below pid 1 it is atomic: no process can fork its way out of it.

    ``group`` is ended with them, as long as its leader has not been waited for.
    """
    if group is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for pid in [-1] if os.getpid() == 1 else descendants():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


class Reaped:
    """CPU seconds and highest resident bytes of the processes that were waited for here."""

    def __init__(self) -> None:
        self.cpu_s, self.peak_rss = 0.0, 0

    def add(self, usage: resource.struct_rusage) -> None:
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.peak_rss = max(self.peak_rss, usage.ru_maxrss * (1024 if LINUX else 1))

    def wait(self, pid: int, flags: int = os.WNOHANG) -> int | None:
        """Wait for ``pid`` (-1: any child). Its wait status; ``None`` when none has ended."""
        found, status, usage = os.wait4(pid, flags)
        if found == 0:
            return None
        self.add(usage)
        return status


def end_all(reaped: Reaped, grace_s: float) -> int:
    """End every descendant and wait for it. How many were alive when the grace was over, if there was any.

    Raises ``TimeoutError`` when the kernel does not let one of them go.
    """
    start = time.monotonic()
    survivors = None
    while True:
        try:
            while reaped.wait(-1) is not None:
                pass
        except ChildProcessError:
            return survivors or 0
        waited = time.monotonic() - start
        if waited > END_S:
            raise TimeoutError("a process does not end")
        if waited >= grace_s:
            if survivors is None:
                survivors = sum(seen.alive for seen in look(descendants())) if grace_s else 0
            kill_all()
        time.sleep(0.001)
