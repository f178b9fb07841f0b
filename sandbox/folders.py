"""Folders that artefacts are written to: writable during an execution, put back after it."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hasten.sandbox.reaper import LINUX

Owner = tuple[int, int] | None


def remove(path: Path) -> None:
    """Remove a file or a whole folder, whatever permissions a program left on it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    path.chmod(0o700)
    while levelled(path):
        pass
    path.rmdir()


def discard(path: Path) -> None:
    """Remove what can be removed; never raises."""
    try:
        remove(path)
    except OSError:
        with suppress(RecursionError):
            shutil.rmtree(path, ignore_errors=True)


def levelled(folder: Path) -> bool:
    """Remove the two topmost levels of a folder; what is below moves up. Whether there was anything below:
    folders in one another may be too deep for names and for recursion."""
    device, mark, found = folder.lstat().st_dev, secrets.token_hex(8), 0
    for entry in list(os.scandir(folder)):
        if not entry.is_dir(follow_symlinks=False):
            Path(entry.path).unlink()
            continue
        if entry.stat(follow_symlinks=False).st_dev != device:
            raise OSError(errno.EXDEV, "something is mounted there", entry.path)
        Path(entry.path).chmod(0o700)
        for below in list(os.scandir(entry.path)):
            if below.is_dir(follow_symlinks=False):
                Path(below.path).chmod(0o700)
                Path(below.path).rename(folder / f"{mark}-{found}")
                found += 1
            else:
                Path(below.path).unlink()
        Path(entry.path).rmdir()
    return found > 0


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


def own(path: Path, owner: Owner) -> None:
    """Give a file, or a folder with all that is in it, to somebody else. Links are not followed."""
    if owner is None:
        return
    os.chown(path, *owner, follow_symlinks=False)
    if path.is_dir() and not path.is_symlink():
        for folder, names, files in os.walk(path):
            for name in (*names, *files):
                os.chown(Path(folder, name), *owner, follow_symlinks=False)


class Folder:
    """The folder ``name`` of a tree: the program writes to ``live``, ``origin`` keeps what belongs there.

    Only the files directly in it are put back; folders in it are not writable (or not trusted to be).
    """

    def __init__(self, name: str, live: Path, origin: Path, owner: Owner = None) -> None:
        """``owner``: number of the user and group that programs have, where it is not ours."""
        self.name, self.live, self.origin, self.owner = name, live, origin, owner
        own(live, owner)
        self.states = self.look()
        self.marks = self.look_at_itself()
        self.times = self.live.stat()

    @classmethod
    def beside(cls, tree: Path, name: str, live: Path, owner: Owner = None) -> Folder:
        """One that programs see over that of the tree; ``live`` is made, with what belongs there."""
        origin = tree / name
        origin.mkdir(parents=True, exist_ok=True)
        copy_files(origin, live)
        return cls(name, live, origin, owner)

    def layers(self, writable: bool) -> Iterator[tuple[str, str, bool]]:
        """(folder of the host, where it belongs in the tree, whether programs may write to it): the live
        folder, and on top of it the folders of the tree that are in it, ``writable`` as the tree is."""
        yield str(self.live), self.name, True
        for entry in sorted(os.scandir(self.origin), key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                yield entry.path, os.path.normpath(f"{self.name}/{entry.name}"), writable

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
        is_folder = {entry.name: entry.is_dir(follow_symlinks=False) for entry in os.scandir(self.origin)}
        for entry in list(os.scandir(self.live)):
            changed = entry.name in now and now[entry.name] != self.states.get(entry.name)
            if changed or is_folder.get(entry.name) != entry.is_dir(follow_symlinks=False):
                remove(Path(entry.path))
        for name, state in self.states.items():
            if now.get(name) != state:
                shutil.copy2(self.origin / name, self.live / name, follow_symlinks=False)
                own(self.live / name, self.owner)
        self.states = self.look()
        os.utime(self.live, ns=(self.times.st_atime_ns, self.times.st_mtime_ns))
        if self.look_at_itself() != self.marks:
            raise OSError(errno.EIO, "the folder itself was changed", str(self.live))

    def look_at_itself(self) -> list[object]:
        """What a program could leave on the folder itself; a folder that was full once may stay larger."""
        info = self.live.stat()
        return [info.st_mode, info.st_size, sorted(os.listxattr(self.live)) if LINUX else []]


def folder_of(artefact: str) -> str:
    """The folder of a declared artefact, relative to the tree: ``"."`` for one at its top."""
    return os.path.normpath(Path(artefact).parent)
