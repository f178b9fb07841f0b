"""The folders programs may write to, emptied between executions. Trusted, stdlib only, Python 3.8+."""

# Without pathlib the runner starts sooner and is smaller.
# ruff: noqa: PTH101, PTH102, PTH106, PTH110, PTH116

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from hasten.sandbox.reaper import LINUX, io_priority, read

LOOKED_AT = 10_000  # Files of a folder whose sizes are asked for.
DEVICES = tuple("/dev/" + name for name in ("null", "zero", "full", "random", "urandom", "tty"))


def survey(folder: str) -> list[tuple[str, int, int, list[str]]]:
    """Everything in ``folder`` on its own file system, with what could carry a message to a later
    execution: path, mode, owner, extended attributes."""
    info = os.lstat(folder)
    marks = [(folder, info.st_mode, info.st_uid, os.listxattr(folder) if LINUX else [])]
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            below = entry.stat(follow_symlinks=False)
            if below.st_dev == info.st_dev and stat.S_ISDIR(below.st_mode):
                marks += survey(entry.path)
            else:  # A file, or something mounted here: not ours to look into, but it has to stay.
                marks.append((entry.path, stat.S_IFMT(below.st_mode), 0, []))
    return marks


def empty(folder: str, kept: frozenset[str]) -> None:
    """Remove what is in ``folder`` except the paths in ``kept``; never reaches into another file system."""
    device = os.lstat(folder).st_dev
    with os.scandir(folder) as scanned:
        entries = list(scanned)
    for entry in entries:
        info = entry.stat(follow_symlinks=False)
        is_dir = stat.S_ISDIR(info.st_mode)
        if is_dir and info.st_dev == device:
            if info.st_mode & 0o700 != 0o700:
                os.chmod(entry.path, stat.S_IMODE(info.st_mode) | 0o700)
            empty(entry.path, kept)
        if entry.path not in kept:
            (os.rmdir if is_dir else os.unlink)(entry.path)


def sizes(folder: str) -> Iterator[int]:
    """Bytes of each file in ``folder`` on its own file system."""
    device, waiting = os.lstat(folder).st_dev, [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                if info.st_dev == device and stat.S_ISDIR(info.st_mode):
                    waiting.append(entry.path)
                elif info.st_dev == device:
                    yield info.st_size


def overfull(folders: list[str], file_bytes: int | None) -> str | None:
    """The limit that what is in ``folders`` has reached: ``disk`` or ``file``. Says why a program failed that
    the kernel would not let write."""
    for folder in folders:
        with suppress(OSError):
            disk = os.statvfs(folder)
            if (disk.f_blocks and not disk.f_bavail) or (disk.f_files and not disk.f_favail):
                return "disk"
            if file_bytes and any(size >= file_bytes for size in islice(sizes(folder), LOOKED_AT)):
                return "file"
    return None


def privileges() -> list[object]:
    """What programs of the same user can set on this process, and what could so carry a message."""
    kinds = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    found: list[object] = [resource.getrlimit(getattr(resource, name)) for name in sorted(kinds)]
    found.append(os.getpriority(os.PRIO_PROCESS, 0))
    if hasattr(os, "sched_getscheduler"):
        found += [os.sched_getscheduler(0), os.sched_getparam(0).sched_priority]
    return [*found, io_priority()]


def reset_times(folder: str) -> None:
    """Make the times of a folder say nothing."""
    try:
        os.utime(folder, ns=(0, 0))
    except PermissionError:  # It is not ours, so nobody here could choose a time for it: now will do.
        os.mkdir(folder + "/now")
        os.rmdir(folder + "/now")


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def reset_devices(modes: dict[str, int]) -> None:
    """Devices are shared with the host and all sandboxes: whoever may write to one may set its times to now,
    and root its mode. Both are overwritten, so that they carry no message."""
    for path, before in modes.items():
        with suppress(OSError):
            os.utime(path)
            if mode(path) != before:
                os.chmod(path, before)


class Scratch:
    """Folders that look the same before every execution, with all else that could outlive one."""

    def __init__(self, folders: list[str]) -> None:
        self.modes = {folder: mode(folder) for folder in folders}
        self.devices = {path: mode(path) for path in DEVICES if os.path.exists(path)}
        self.kept = frozenset(path for folder in folders for path, *_ in survey(folder))
        self.first = self.remains()

    def remains(self) -> list[object]:
        """Files, System V objects, keys, and what a program may do to this process (it has the same user)."""
        found: list[object] = [privileges(), [survey(folder) for folder in self.modes]]
        if os.getpid() == 1:
            found += [read("/proc/sysvipc/" + kind) for kind in ("shm", "sem", "msg")]
            found += [line.split()[0] for line in read("/proc/keys").splitlines()]
            found += [read("/proc/net/" + kind) for kind in ("dev", "snmp", "snmp6")]  # Packets are counted.
        return found

    def clean(self) -> bool:
        """Empty the folders. False when something stays behind: then nothing else may run here."""
        try:
            for folder, before in self.modes.items():
                if mode(folder) != before:
                    os.chmod(folder, before)
                empty(folder, self.kept)
                reset_times(folder)
            if os.getpid() == 1:
                reset_devices(self.devices)
            return self.remains() == self.first
        except (OSError, RecursionError):
            return False
