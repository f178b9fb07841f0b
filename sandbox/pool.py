"""Commands run at the same time on several runners, which are kept for the next ones."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hasten import SandboxError
from hasten.sandbox.base import BrokenOffError, Command, Execution
from hasten.sandbox.folders import folder_of, remove
from hasten.sandbox.reaper import free_bytes
from hasten.sandbox.seats import Launch, Place, Seat, place_of
from hasten.sandbox.session import REPORT_S, START_S, RunnerGoneError, Session, execution, receive, request

ROOM_BYTES = 16 << 20  # With less than this left on the disk of the host, a failure may be the disk's.
MAX_IDLE = 12  # Runners kept for next time, about 10 MB each.
GONE = b"hasten: the program ended the process that watches it\n"


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
        breaks down again is taken to have done it and has exit status 137. Raises ``BrokenOffError`` instead
        for commands that are not ``repeatable``, and ``SandboxError`` when no result can be trusted, as
        runners break down or the disk of the host is full.
        """
        self.before(commands)
        found = self.settle(commands)
        if any(each is None or each.limit == "disk" for each in found):  # Somebody else may have done it.
            if not all(command.repeatable for command in commands):
                self.demand_room(commands)
                raise BrokenOffError(self.blamed(found))
            found = self.settle(commands)
        executions = self.blamed(found)
        if not all(each.ok for each in executions):
            self.demand_room(commands)
        return self.after(commands, executions)

    def settle(self, commands: Sequence[Command]) -> list[Execution | None]:
        """``attempt``, with new runners where nothing could be started on the old ones."""
        try:
            found = self.attempt(commands)
        except RunnerGoneError:
            self.retire(*(command.tree for command in commands))
            try:
                found = self.attempt(commands)
            except RunnerGoneError as error:
                raise SandboxError(f"The sandbox breaks down: {error}.", "Run `hasten doctor`.") from error
        if None in found:
            self.retire(*(command.tree for command in commands))
        return found

    def blamed(self, found: Sequence[Execution | None]) -> list[Execution]:
        """Executions whose runners broke down as their programs' deed. Raises ``BrokenOffError`` where
        programs cannot have done it."""
        if None in found and self.immune:
            raise BrokenOffError(None)
        ended = Execution(137, b"", GONE, 0.0, 0.0, 0)
        return [each or ended for each in found]

    def demand_room(self, commands: Sequence[Command]) -> None:
        """Raises ``SandboxError`` when the host's disk is full, which makes anybody fail: not by what the
        commands wrote themselves, as that is removed first."""
        if free_bytes(str(self.scratch)) >= ROOM_BYTES:
            return
        self.retire(*(command.tree for command in commands))
        if free_bytes(str(self.scratch)) < ROOM_BYTES:
            raise SandboxError(
                f"There is no space left in {self.scratch.parent}, and a program failed.",
                "Make room, or choose another place with HASTEN_CACHE_DIR.",
            )

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

    def retire(self, *trees: Path) -> None:
        """End the runners of the trees, with all that was written below them; new ones may follow."""
        for place in [place for place in self.idle if place.tree in trees]:
            self.close_place(place)

    def forget(self, tree: Path) -> None:
        """End the runners of a tree that will not be used any more."""
        self.retire(tree)

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
