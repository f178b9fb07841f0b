"""Runners by the place they are set up for, and commands run at the same time on several of them."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hasten import SandboxError
from hasten.sandbox.base import Command, Execution
from hasten.sandbox.folders import Folder, folder_of, remove
from hasten.sandbox.reaper import TASKS_PER_PROCESS, free_bytes
from hasten.sandbox.session import REPORT_S, START_S, RunnerGoneError, Session, execution, receive, request
from hasten.sandbox.wire import Wire

RUNNER_TASKS = 16
ROOM_BYTES = 16 << 20  # With less than this left on the disk of the host, a failure may be the disk's.
MAX_IDLE = 12  # Runners kept for next time, about 10 MB each.
GONE = b"hasten: the program ended the process that watches it\n"


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


class RunnerSandbox(ABC):
    """What the local backends share: one runner a place, kept for the next execution.

    To be used from the thread that made it.
    """

    name: str
    confined: bool
    immune = False
    """Whether programs inside cannot end the runner, so that somebody else did when it is gone."""

    def __init__(self, mount_at: Path, readable: Sequence[Path], scratch: Path) -> None:
        """``mount_at``: the user's repository. ``readable``: host paths that programs need (interpreters,
        virtual environments, tools). ``scratch``: a folder on the host for HOME, TMPDIR and artefacts; made
        if missing."""
        self.mount_at = mount_at
        self.readable = tuple(readable)
        scratch.mkdir(parents=True, exist_ok=True)
        self.scratch = Path(tempfile.mkdtemp(dir=scratch, prefix="s"))
        self.idle: dict[Place, list[Seat]] = {}
        self.opened = 0

    @abstractmethod
    def launch(self, place: Place, home: Path) -> Launch:
        """How to start a runner; ``home`` is an empty folder of its own."""

    @abstractmethod
    def where(self, tree: Path) -> str: ...

    def place(self, command: Command) -> Place:
        """What the runner of a command has to be set up for. Raises ``SandboxError`` without its tree."""
        return place_of(command)

    def before(self, commands: Sequence[Command]) -> None:  # noqa: B027
        """Called before the commands start; a backend may have something to do."""

    def after(self, commands: Sequence[Command], executions: list[Execution]) -> list[Execution]:
        """Called when they have ended; what a backend finds only then is added."""
        return executions

    def run(self, commands: Sequence[Command]) -> list[Execution]:
        """Start all commands at the same time, in the order given, and wait for all of them.

        When a runner breaks down or a disk fills up, all of them run once more; the program whose runner
        breaks down again is taken to have done it and has exit status 137. Raises ``SandboxError`` when no
        result can be trusted, as runners break down or the disk of the host is full.
        """
        self.before(commands)
        executions = self.settle(commands)
        if any(each.limit == "disk" for each in executions):  # Perhaps somebody else has filled it.
            executions = self.settle(commands)
        if not all(each.ok for each in executions):
            self.demand_room(commands)
        return self.after(commands, executions)

    def demand_room(self, commands: Sequence[Command]) -> None:
        """Raises ``SandboxError`` when the host's disk is full, which makes anybody fail: not by what the
        commands wrote themselves, as that is removed first."""
        if free_bytes(str(self.scratch)) >= ROOM_BYTES:
            return
        for command in commands:
            self.forget(command.tree)
        if free_bytes(str(self.scratch)) < ROOM_BYTES:
            raise SandboxError(
                f"There is no space left in {self.scratch.parent}, and a program failed.",
                "Make room, or choose another place with HASTEN_CACHE_DIR.",
            )

    def settle(self, commands: Sequence[Command]) -> list[Execution]:
        """One execution of each; see ``run`` for runners that break down."""
        try:
            executions = self.attempt(commands)
        except RunnerGoneError:
            executions = [None]
        if None in executions:
            for command in commands:
                self.forget(command.tree)
            try:
                executions = self.attempt(commands)
            except RunnerGoneError as error:
                raise SandboxError(f"The sandbox breaks down: {error}.", "Run `hasten doctor`.") from error
        if None in executions and self.immune:
            raise SandboxError("What watches the programs is ended again and again.", "Run `hasten doctor`.")
        ended = Execution(137, b"", GONE, 0.0, 0.0, 0)
        return [each or ended for each in executions]

    def attempt(self, commands: Sequence[Command]) -> list[Execution | None]:
        """``None`` where the runner broke down. Raises ``RunnerGoneError`` when it did before the start."""
        seats: list[Seat] = []
        try:
            for command in commands:
                seats.append(self.take(self.place(command)))  # noqa: PERF401 - those before a failure are closed.
            self.make_ready(seats, commands)
            found = self.execute(seats, commands)
        except BaseException:
            for seat in seats:
                seat.close()
            raise
        for seat, result in zip(seats, found, strict=True):
            if result is None or not seat.put_back():
                seat.close()
            else:
                self.idle.setdefault(seat.place, []).append(seat)
        self.tidy()
        return found

    def make_ready(self, seats: list[Seat], commands: Sequence[Command]) -> None:
        """Everything is prepared before any command starts. Raises ``RunnerGoneError``."""
        for seat, command in zip(seats, commands, strict=True):
            if command.cpu is not None and seat.session.cpus and command.cpu not in seat.session.cpus:
                raise SandboxError(f"Core {command.cpu} is not among {sorted(seat.session.cpus)}.")
            seat.session.send(request(command))
        for i, answer in enumerate(receive([seat.session for seat in seats], START_S)):
            if isinstance(answer, RunnerGoneError):
                raise answer
            if "unclean" in answer:
                seats[i].close()
                seats[i] = self.open(seats[i].place)
                seats[i].session.send(request(commands[i]))
                again = receive([seats[i].session], START_S)[0]
                if isinstance(again, RunnerGoneError) or "ready" not in again:
                    raise RunnerGoneError("a new runner is not clean")

    def execute(self, seats: Sequence[Seat], commands: Sequence[Command]) -> list[Execution | None]:
        for seat in seats:
            with suppress(RunnerGoneError):  # Its report will be missing.
                seat.session.send({"go": 1})
        patience = max((command.limits.wall_s for command in commands), default=0.0) + REPORT_S
        found: list[Execution | None] = []
        for seat, command, report in zip(
            seats, commands, receive([seat.session for seat in seats], patience), strict=True
        ):
            try:
                done = None if isinstance(report, RunnerGoneError) else execution(report)
            except RunnerGoneError:
                done = None
            crowded = seat.session.wire.crowded()
            if done and done.limit is None and crowded:
                done = replace(done, limit="processes", leftover=0)
            if done and command.artefacts:
                folders = {folder.name: folder for folder in seat.launch.folders}
                digests = {name: folders[folder_of(name)].digest(name) for name in command.artefacts}
                done = replace(done, artefacts=digests)
            found.append(done)
        return found

    def take(self, place: Place) -> Seat:
        """A free runner of a place, or a new one."""
        waiting = self.idle.get(place)
        if not waiting:
            return self.open(place)
        seat = waiting.pop()
        if not waiting:
            del self.idle[place]
        return seat

    def open(self, place: Place) -> Seat:
        self.opened += 1
        home = self.scratch / f"{self.opened:06d}"
        home.mkdir()
        launch = self.launch(place, home)
        # What is written to the host's disk is bounded; read-only trees and scratch in memory need no watch.
        setup = {**launch.setup, "writable": place.writable or bool(place.exchange or place.folders)}
        return Seat(place, launch, Session(launch.start(), setup), home)

    def tidy(self) -> None:
        """Close runners of trees that are gone, and the oldest ones when there are too many."""
        gone = [place for place in self.idle if not place.tree.exists()]
        busy = sum(map(len, self.idle.values())) - MAX_IDLE
        for place in dict.fromkeys([*gone, *list(self.idle)[: max(0, busy)]]):
            self.close_place(place)

    def close_place(self, place: Place) -> None:
        for seat in self.idle.pop(place):
            seat.close()

    def forget(self, tree: Path) -> None:
        """End the runners of a tree that will not be used any more."""
        for place in [place for place in self.idle if place.tree == tree]:
            self.close_place(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for place in list(self.idle):
                self.close_place(place)
        finally:
            with suppress(OSError, RecursionError):
                remove(self.scratch)
