"""What runs on this machine, seen through /proc."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

POLL_S = 0.01
GONE_S = 60.0
"""Sandboxes end by themselves once hasten is gone; a busy machine may take its time."""


def stat_of(pid: int) -> tuple[str, int, str] | None:
    """State, parent and start time of a process; ``None`` when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError):
        return None
    return fields[0], int(fields[1]), fields[19]


def descendants(pid: int) -> list[tuple[int, str]]:
    """Every process below ``pid``, each with its start time, which tells it from a later one."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = {number: stat for number in numbers if (stat := stat_of(number))}
    below, wanted = list[tuple[int, str]](), {pid}
    while wanted:
        wanted = {child for child, (_, parent, _) in found.items() if parent in wanted}
        below += [(child, found[child][2]) for child in wanted]
    return below


def alive(process: tuple[int, str]) -> bool:
    stat = stat_of(process[0])
    return stat is not None and stat[0] != "Z" and stat[2] == process[1]


def mentioning(mark: str) -> list[str]:
    """Command lines of processes that name ``mark``: sandboxes name the folders they were set up for."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                lines += [line] if mark in line else []
    return lines


def wait_until_gone(processes: Sequence[tuple[int, str]], mark: str) -> None:
    """Nothing of a stopped hasten stays: neither what it had started nor anything that names ``mark``."""
    ends = time.monotonic() + GONE_S
    while any(map(alive, processes)) or mentioning(mark):
        assert time.monotonic() < ends, (list(filter(alive, processes)), mentioning(mark))
        time.sleep(POLL_S)


def cpu_seconds(words: Sequence[str], env: Mapping[str, str]) -> float:
    """User and system seconds that a program takes."""
    process = subprocess.Popen(words, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime
