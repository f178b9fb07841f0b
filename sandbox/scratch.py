"""The folders programs may write to, emptied between executions. Trusted, stdlib only, Python 3.8+."""

# Without pathlib the runner starts sooner and is smaller.
# ruff: noqa: PTH101, PTH116

from __future__ import annotations

import os
import stat

from hasten.sandbox.reaper import LINUX, read


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
            os.chmod(entry.path, stat.S_IMODE(info.st_mode) | 0o700)
            empty(entry.path, kept)
        if entry.path not in kept:
            (os.rmdir if is_dir else os.unlink)(entry.path)


class Scratch:
    """Folders that look the same before every execution, with all else that could outlive one."""

    def __init__(self, folders: list[str]) -> None:
        self.modes = {folder: stat.S_IMODE(os.stat(folder).st_mode) for folder in folders}
        self.kept = frozenset(path for folder in folders for path, *_ in survey(folder))
        self.first = self.remains()

    def remains(self) -> list[object]:
        """Files, System V objects, keys, and what a program may do to this process (it has the same user)."""
        found: list[object] = [os.getpriority(os.PRIO_PROCESS, 0), [survey(folder) for folder in self.modes]]
        if os.getpid() == 1:
            found += [read("/proc/sysvipc/" + kind) for kind in ("shm", "sem", "msg")]
            found += [line.split()[0] for line in read("/proc/keys").splitlines()]
        return found

    def clean(self) -> bool:
        """Empty the folders. False when something stays behind: then nothing else may run here."""
        try:
            for folder, mode in self.modes.items():
                os.chmod(folder, mode)
                empty(folder, self.kept)
            return self.remains() == self.first
        except (OSError, RecursionError):
            return False
