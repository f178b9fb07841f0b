"""Runners by the place they are set up for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hasten import SandboxError
from hasten.sandbox.base import Command
from hasten.sandbox.folders import Folder, folder_of, remove
from hasten.sandbox.reaper import TASKS_PER_PROCESS
from hasten.sandbox.session import Session
from hasten.sandbox.wire import Wire

RUNNER_TASKS = 16


@dataclass(frozen=True)
class Place:
    """What one runner is set up for. ``identity`` tells a tree from a later one at the same path."""

    tree: Path
    identity: tuple[int, int]
    writable: bool
    exchange: Path | None
    folders: tuple[str, ...]
    """Artefact folders relative to the tree, outer ones first."""
    cpu: int | None = None
    """The core it may not leave, for backends that can enforce that."""
    bounds: tuple[int | None, int | None] = (None, None)
    """Memory in bytes and number of processes, to be enforced from outside where that can be done."""

    @property
    def tasks(self) -> int | None:
        """Processes and threads together, what watches them included."""
        processes = self.bounds[1]
        return processes * TASKS_PER_PROCESS + RUNNER_TASKS if processes else None


@dataclass(frozen=True)
class Launch:
    """How a backend starts the runner of a place."""

    start: Callable[[], Wire]
    setup: Mapping[str, Any]
    folders: list[Folder] = field(default_factory=list)


@dataclass(eq=False)
class Seat:
    """A runner with its place and its own folder on the host."""

    place: Place
    launch: Launch
    session: Session
    home: Path

    def close(self) -> None:
        try:
            self.session.close()
        finally:
            with suppress(OSError, RecursionError):
                remove(self.home)

    def put_back(self) -> bool:
        try:
            for folder in self.launch.folders:
                folder.put_back()
        except (OSError, RecursionError):
            return False
        return True


def place_of(command: Command) -> Place:
    """Raises ``SandboxError`` when the tree is not there."""
    try:
        info = command.tree.stat()
    except OSError as error:
        raise SandboxError(f"The source tree {command.tree} cannot be read: {error.strerror}.") from error
    folders = {folder_of(artefact) for artefact in command.artefacts}
    return Place(
        command.tree,
        (info.st_dev, info.st_ino),
        command.writable,
        command.exchange,
        tuple(sorted(folders, key=lambda folder: (len(Path(folder).parts), folder))),
        bounds=(command.limits.memory_bytes, command.limits.processes),
    )
