"""Whose a container, network or volume is: labels that tell whether the hasten that made it still runs."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LABEL = "hasten"
"""On everything that belongs to one run. Images carry ``IMAGE_LABEL`` instead, which containers inherit."""
IMAGE_LABEL = "hasten.image"
OWNER = ("hasten.pid", "hasten.started", "hasten.boot", "hasten.namespace", "hasten.created")
UNSEEN_S = 24 * 3600.0
"""An owner that cannot be looked up from here is taken to be gone after so long."""


def labels() -> dict[str, str]:
    """What to put on everything made for this process."""
    pid = os.getpid()
    values = (str(pid), started(pid), boot(), namespace(), str(int(time.time())))
    return {LABEL: "run", **dict(zip(OWNER, values, strict=True))}


def gone(marks: Mapping[str, str], now: float | None = None) -> bool:
    """Whether the owner in ``marks`` has ended. Things that are not ours have none, and stay.

    An owner of another machine, another boot or another PID namespace (a hasten in a container that shares
    the engine) cannot be looked up: it is gone when its things are a day old. ``now``: seconds since 1970.
    """
    if LABEL not in marks or not all(name in marks for name in OWNER):
        return False
    pid, start, its_boot, its_namespace, created = (marks[name] for name in OWNER)
    if not (pid.isdecimal() and created.isdecimal()):
        return False
    if (its_boot, its_namespace) == (boot(), namespace()) and start:
        return started(int(pid)) != start
    return (time.time() if now is None else now) - int(created) > UNSEEN_S


def started(pid: int) -> str:
    """When a process began, as its kernel tells it; ``""`` when there is none. A number taken again differs.

    Linux: clock ticks since the boot, field 22 of ``/proc/<pid>/stat`` (proc(5)); elsewhere what ps says.
    """
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    return said("ps", "-o", "lstart=", "-p", str(pid))


@cache
def boot() -> str:
    """What tells this boot of this machine from every other."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{platform.node()} {said('sysctl', '-n', 'kern.boottime')}"


def namespace() -> str:
    """The PID namespace: process numbers mean the same only in the same one."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return platform.node()


def said(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return " ".join(done.stdout.split())
