"""Programs as plain processes of this user: a scrubbed environment and limits, but no security boundary."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hasten.sandbox.base import Command, Execution
from hasten.sandbox.folders import Folder, copy_files
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.seats import Launch, Place
from hasten.sandbox.session import runner_argv, runner_env
from hasten.sandbox.wire import Pipes

Fingerprint = frozenset[tuple[str, int, int, int]]


def available() -> str | None:
    """Why this backend does not work here; ``None`` when it does."""
    return None if os.name == "posix" else f"it needs a POSIX system, not {sys.platform}"


def fingerprint(tree: Path) -> Fingerprint:
    """Path, size, mode and time of modification of everything in a tree (about 3 microseconds a file)."""
    found = []
    todo = [str(tree)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                    found.append((entry.path, 0, info.st_mode, 0))
                else:
                    found.append((entry.path, info.st_size, info.st_mode, info.st_mtime_ns))
    return frozenset(found)


class ProcessSandbox(RunnerSandbox):
    """The fallback. A program can read what this user can, and is only *seen* to change a read-only tree:
    its ``Execution`` then has the limit ``tree``, and the tree has to be made anew.

    A tree may be changed from outside only before its first execution or after ``forget``.
    """

    name = "process"
    confined = False

    def __init__(self, mount_at: Path, readable: Sequence[Path], scratch: Path) -> None:
        super().__init__(mount_at, readable, scratch)
        self.fingerprints: dict[Path, Fingerprint] = {}

    def where(self, tree: Path) -> str:
        return str(tree)

    def launch(self, place: Place, home: Path) -> Launch:
        scratch = [home / "home", home / "tmp"]
        for folder in scratch:
            folder.mkdir()
        setup = {"root": str(place.tree), "home": str(scratch[0]), "tmp": str(scratch[1])}
        folders = []
        for index, name in enumerate(place.folders):
            live, origin = place.tree / name, home / f"origin{index}"
            copy_files(live, origin)
            folders.append(Folder(name, live, origin))
        start = partial(Pipes, runner_argv(), runner_env(), place.tasks)
        return Launch(start, {**setup, "scratch": list(map(str, scratch))}, folders)

    def before(self, commands: Sequence[Command]) -> None:
        for command in commands:
            folders = {(command.tree / artefact).parent for artefact in command.artefacts}
            missing = [folder for folder in folders if not folder.is_dir()]
            for folder in missing:
                folder.mkdir(parents=True, exist_ok=True)
            if command.writable:
                self.fingerprints.pop(command.tree, None)
            elif (missing or command.tree not in self.fingerprints) and command.tree.is_dir():
                self.fingerprints[command.tree] = fingerprint(command.tree)

    def after(self, commands: Sequence[Command], executions: list[Execution]) -> list[Execution]:
        trees = {command.tree for command in commands if not command.writable}
        changed = {tree for tree in trees if fingerprint(tree) != self.fingerprints.get(tree)}
        return [
            replace(execution, limit=execution.limit or "tree") if command.tree in changed else execution
            for command, execution in zip(commands, executions, strict=True)
        ]

    def forget(self, tree: Path) -> None:
        super().forget(tree)
        self.fingerprints.pop(tree, None)
