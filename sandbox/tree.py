"""Disposable source trees: what is in the working tree of a repository, without its history."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hasten import SandboxError, UsageError
from hasten.sandbox.folders import remove

NOT_SOURCE = {
    *(".git", ".hg", ".svn", ".hasten", "node_modules", "__pycache__", ".tox", ".nox", ".eggs"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"),
}


def walked_files(repo: Path) -> Iterator[str]:
    """The files of a plain folder, without environments, caches and version control."""
    for folder, names, files in os.walk(repo):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(
            name
            for name in names
            if name not in NOT_SOURCE
            and name not in links
            and not name.endswith(".egg-info")
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in (*files, *links):
            if name not in NOT_SOURCE:
                yield (here / name).relative_to(repo).as_posix()


def git_files(repo: Path) -> list[str] | None:
    """What git tracks, and what it does not but would; ``None`` when this is no repository of git."""
    if not any((folder / ".git").exists() for folder in (repo.absolute(), *repo.absolute().parents)):
        return None
    try:
        from git import Git, GitCommandError  # Importing it fails where no git is installed.
    except ImportError:
        return None
    git = Git(str(repo))
    git.update_environment(GIT_OPTIONAL_LOCKS="0")
    flags = ("-z", "--cached", "--others", "--exclude-standard")
    try:
        listed: bytes = git.execute(
            ["git", "-c", "core.fsmonitor=false", "ls-files", *flags],
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    except GitCommandError as error:
        words = str(error.stderr).strip().removeprefix("stderr:").strip(" '\n").splitlines()
        raise UsageError(
            f"git cannot list the files of {repo}: {words[0] if words else 'it gave no reason'}.",
            f"See what 'git -C {repo} status' says; a folder without .git is worked on as it is.",
        ) from error
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def source_files(repo: Path) -> list[str]:
    """The files of the working tree relative to ``repo``, sorted: tracked ones and new ones that are not
    ignored, those of checked-out submodules too; outside git everything but environments and caches.

    Raises ``UsageError`` when git refuses.
    """
    listed = git_files(repo)
    if listed is None:
        return sorted(walked_files(repo))
    found: set[str] = set()
    for name in listed:
        path = repo / name
        if path.is_dir() and not path.is_symlink():  # A submodule, or a repository inside this one.
            if (path / ".git").exists():
                found |= {f"{name.rstrip('/')}/{each}" for each in source_files(path)}
        elif os.path.lexists(path) and PurePosixPath(name).parts[0] != ".hasten":
            found.add(name)
    return sorted(found)


@contextmanager
def enough_space(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SandboxError(
                f"There is no space left in {root}.",
                "Free some, or choose another place with HASTEN_CACHE_DIR.",
            ) from error
        raise


def place(source: Path, target: Path, link: bool = False) -> None:
    """Copy a file or symbolic link, times and permissions kept; or make a hard link where that works."""
    if link and not source.is_symlink():
        try:
            os.link(source, target)
            return
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP):
                raise
    shutil.copy2(source, target, follow_symlinks=False)


def entries(tree: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything in a tree by its relative path, folders before what is in them, sorted."""
    todo = [""]
    while todo:
        folder = todo.pop()
        for entry in sorted(os.scandir(tree / folder), key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}".lstrip("/")
            yield path, entry
            if entry.is_dir(follow_symlinks=False):
                todo.append(path)


def digest(tree: Path) -> str:
    """SHA-256 of the names, contents and executable bits of a tree, byte code left out."""
    total = hashlib.sha256()
    for path, entry in sorted(entries(tree), key=lambda pair: pair[0]):
        if entry.is_dir(follow_symlinks=False) or "__pycache__" in PurePosixPath(path).parts:
            continue
        if entry.is_symlink():
            kind, content = "link", os.fsencode(Path(entry.path).readlink())
        else:
            content = Path(entry.path).read_bytes()
            kind = "program" if entry.stat().st_mode & stat.S_IXUSR else "file"
        total.update(f"{kind} {len(content)} ".encode() + os.fsencode(path) + b"\0" + content)
    return total.hexdigest()


class Trees:
    """Trees below ``root``, with names of the same length so that paths do not tell them apart.

    ``link``: files that a derived tree shares with its base are the same inode. Only sound when programs
    cannot write to trees (a confined sandbox). Raises ``SandboxError`` when the disk is full.
    """

    def __init__(self, root: Path, link: bool) -> None:
        self.root, self.link = root, link
        root.mkdir(parents=True, exist_ok=True)
        self.made = 0

    def snapshot(
        self, repo: Path, mount_points: Sequence[str] = (".venv",), also: Sequence[str] = ()
    ) -> Path:
        """The working tree of ``repo``, uncommitted changes included. ``mount_points``: folders of ``repo``
        that become empty ones; ``also``: ignored files or folders that programs need all the same."""
        tree = self.new()
        extra = [
            f"{path}/{each}" for path in also if (repo / path).is_dir() for each in walked_files(repo / path)
        ]
        extra += [path for path in also if (repo / path).is_file()]
        with enough_space(self.root):
            for path in dict.fromkeys([*source_files(repo), *extra]):
                target = tree / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if stat.S_ISREG(mode := (repo / path).lstat().st_mode) or stat.S_ISLNK(mode):
                    place(repo / path, target)
            for path in mount_points:
                if (repo / path).is_dir():
                    (tree / path).mkdir(parents=True, exist_ok=True)
        return tree

    def derive(self, base: Path, changes: Mapping[str, str | None]) -> Path:
        """A tree like ``base`` with the text of some files replaced (``None``: deleted)."""
        tree = self.duplicate(base, self.link)
        with enough_space(self.root):
            for path, text in changes.items():
                rewrite(tree, path, text)
        return tree

    def copy(self, base: Path) -> Path:
        """A tree like ``base`` that shares nothing with it: may be written to."""
        return self.duplicate(base, link=False)

    def remove(self, tree: Path) -> None:
        if tree.parent != self.root:
            raise SandboxError(f"{tree} is no tree of {self.root}.")
        remove(tree)

    def clear(self) -> None:
        for tree in list(self.root.iterdir()):
            remove(tree)

    def new(self) -> Path:
        self.made += 1
        tree = self.root / f"{self.made:06d}"
        tree.mkdir()
        return tree

    def duplicate(self, base: Path, link: bool) -> Path:
        tree = self.new()
        with enough_space(self.root):
            for path, entry in entries(base):
                if entry.is_dir(follow_symlinks=False):
                    (tree / path).mkdir()
                else:
                    place(Path(entry.path), tree / path, link)
        return tree


def show(tree: Path) -> None:
    """Let everyone read a tree as its owner can: programs may run as somebody else."""
    for folder, _, files in os.walk(tree):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            if path.is_symlink():
                continue
            mode = stat.S_IMODE(path.stat().st_mode)
            shown = mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6
            if shown != mode:
                path.chmod(shown)


def rewrite(tree: Path, path: str, text: str | None) -> None:
    """Replace one file by a new inode; byte code compiled from the old one goes.

    Raises ``SandboxError`` for a path that leads out of the tree.
    """
    target = tree / path
    inside = tree.resolve()
    if (
        PurePosixPath(path).is_absolute()
        or not target.parent.resolve().is_relative_to(inside)
        or ".." in target.parts
    ):
        raise SandboxError(f"The edit of {path} leads out of the source tree.")
    for stale in (target.parent / "__pycache__").glob(f"{target.stem}.*.pyc"):
        stale.unlink()
    mode = stat.S_IMODE(target.stat().st_mode) if target.is_file() else 0o644
    target.unlink(missing_ok=True)
    if text is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
    target.chmod(mode)
