"""Folders that artefacts are written to: writable during an execution, put back after it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

from hasten.sandbox.scratch import empty


def remove(path: Path) -> None:
    """Remove a file or a whole folder, whatever permissions a program left on it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    path.chmod(0o700)
    empty(str(path), frozenset())
    path.rmdir()


def copy_files(source: Path, target: Path) -> None:
    """Copy the files and links directly in ``source``; its folders become empty ones. Times are kept."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            (target / entry.name).mkdir(exist_ok=True)
        elif entry.is_symlink() or entry.is_file():
            shutil.copy2(entry.path, target / entry.name, follow_symlinks=False)


def digest(path: Path) -> str:
    """SHA-256 of a regular file; ``""`` when there is none (a link or a pipe is none)."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        return hashlib.file_digest(file, "sha256").hexdigest()


class Folder:
    """The folder ``name`` of a tree: the program writes to ``live``, ``origin`` keeps what belongs there.

    Only the files directly in it are put back; folders in it are not writable (or not trusted to be).
    """

    def __init__(self, name: str, live: Path, origin: Path) -> None:
        self.name, self.live, self.origin = name, live, origin
        self.states = self.look()

    def look(self) -> dict[str, tuple[int, int, int]]:
        """What tells that a file was touched: unlike the time of modification, ctime cannot be set."""
        infos = [(entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(self.live)]
        return {
            name: (info.st_ino, info.st_ctime_ns, info.st_size)
            for name, info in infos
            if not stat.S_ISDIR(info.st_mode)
        }

    def digest(self, artefact: str) -> str:
        return digest(self.live / Path(artefact).name)

    def put_back(self) -> None:
        """Raises ``OSError`` or ``RecursionError`` when it cannot be done."""
        now = self.look()
        for name in now:
            if now[name] != self.states.get(name):
                (self.live / name).unlink()
        belongs = {entry.name for entry in os.scandir(self.origin)}
        for entry in list(os.scandir(self.live)):
            if entry.name not in belongs:
                remove(Path(entry.path))
        for name, state in self.states.items():
            if now.get(name) != state:
                shutil.copy2(self.origin / name, self.live / name, follow_symlinks=False)
        self.states = self.look()


def folder_of(artefact: str) -> str:
    """The folder of a declared artefact, relative to the tree: ``"."`` for one at its top."""
    return os.path.normpath(Path(artefact).parent)
