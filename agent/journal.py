"""Runs on disk: an append-only journal a run, one run at a time a repository."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shlex
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from hasten import UsageError
from hasten.agent.disk import DiskError, enough_disk
from hasten.agent.events import ENTRY, Entry, Event
from hasten.agent.run import Run, replay

RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


def new_run_id() -> str:
    """Sortable by time: ``20260131-142501-9f3a`` (UTC)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class RunStore:
    """``.hasten/`` of a repository, or ``runs_dir`` of the settings."""

    def __init__(self, repo: Path, runs_dir: str | None = None) -> None:
        self.root = (repo / runs_dir).resolve() if runs_dir else repo / ".hasten"
        self.repo = repo

    def folder(self, run_id: str) -> Path:
        return self.root / "runs" / run_id

    def ids(self) -> list[str]:
        """Run ids, newest first."""
        runs = self.root / "runs"
        if not runs.is_dir():
            return []
        return sorted((p.name for p in runs.iterdir() if RUN_ID.fullmatch(p.name)), reverse=True)

    def resolve(self, name: str | None, *, unfinished: bool = False) -> str:
        """The id for ``name``: a whole id, a unique part of one, or ``None`` for the newest."""
        ids = self.ids()
        if not ids:
            raise UsageError(f"There are no runs in {self.root}.", "Start one with 'hasten optimize'.")
        if name is None:
            if unfinished:
                ids = [i for i in ids if (run := self.intact(i)) is not None and run.delivered is None]
                if not ids:
                    raise UsageError("Every run has ended; there is nothing to resume.", "See 'hasten runs'.")
            return ids[0]
        found = [i for i in ids if name in i]
        if len(found) != 1:
            what = "No run" if not found else "More than one run"
            raise UsageError(f"{what} matches '{name}'.", "List the runs with 'hasten runs'.")
        return found[0]

    def create(self, run_id: str) -> Path:
        """Make the folder of a new run; the lock is held. Raises ``DiskError`` when the disk is full."""
        folder = self.folder(run_id)
        with enough_disk(self.root):
            folder.mkdir(parents=True)
        return folder

    def resume_line(self, run_id: str) -> str:
        """The command that goes on with a run, from anywhere."""
        words = ["hasten", "resume", run_id, "--repo", str(self.repo)]
        if self.root != self.repo / ".hasten":
            words += ["--runs-dir", str(self.root)]
        return shlex.join(words)

    def _open_lock(self) -> IO[str]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            return (self.root / "lock").open("a+")
        except OSError as error:
            raise UsageError(
                f"Cannot write runs to {self.root}: {error.strerror}.",
                "Choose another place with --runs-dir DIR (or HASTEN_RUNS_DIR).",
            ) from None

    def load(self, run_id: str) -> Run | None:
        return replay(read_entries(self.folder(run_id) / "journal.jsonl"))

    def intact(self, run_id: str) -> Run | None:
        """The run, or ``None`` where nothing can be read of it."""
        try:
            return self.load(run_id)
        except UsageError:
            return None

    def sweep(self) -> None:
        """Remove runs that ended before the search began, and the folder when it holds nothing else.

        A damaged journal is left for a person to look at.
        """
        for run_id in self.ids():
            try:
                run = self.load(run_id)
            except UsageError:
                continue
            if run is None or not (run.done or run.paused or run.delivered):
                shutil.rmtree(self.folder(run_id), ignore_errors=True)
        if not self.ids() and not (self.root / "verify").exists():
            shutil.rmtree(self.root, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the repository's only run. The lock dies with the process. Raises ``UsageError`` if it is
        taken or nothing can be written."""
        with self._open_lock() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise UsageError(
                    f"Another run is at work in this repository (process {holder}).",
                    "Wait for it, or stop it; it can be resumed with 'hasten resume'.",
                ) from None
            with enough_disk(self.root):
                file.truncate(0)
                os.write(file.fileno(), str(os.getpid()).encode())
            yield


def read_entries(path: Path) -> list[Entry]:
    """Entries of a journal. A last line cut off by a crash is left out; damage elsewhere is an error."""
    if not path.is_file():
        return []
    *lines, _torn = path.read_bytes().split(b"\n")
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(ENTRY.validate_json(line))
        except ValidationError as error:
            raise UsageError(
                f"{path}, line {number} is damaged or from another version of hasten "
                f"({error.errors()[0]['msg']}).",
                "Start a new run; the old folder can be deleted.",
            ) from None
    return entries


class Journal:
    """Appends events; an event is on disk before anyone acts on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.jsonl"
        entries = read_entries(self.path)
        self._before = entries[-1].worked_s if entries else 0.0
        self._since = time.monotonic()
        # Without a buffer: after a full disk, nothing may wait to be written at the wrong moment.
        self._file = self.path.open("ab", buffering=0)
        self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.truncate(data.rfind(b"\n") + 1)

    @property
    def worked_s(self) -> float:
        """Seconds at work over all sessions of the run."""
        return self._before + time.monotonic() - self._since

    def append(self, event: Event) -> Entry:
        """Write one event and wait until it is on disk: all of it, or nothing. Raises ``DiskError`` when the
        disk is full."""
        entry = Entry(at=time.time(), worked_s=self.worked_s, event=event)
        before = os.fstat(self._file.fileno()).st_size
        try:
            line = memoryview(ENTRY.dump_json(entry) + b"\n")
            while line:
                line = line[self._file.write(line) :]
            os.fsync(self._file.fileno())
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._file.truncate(before)
            if not isinstance(error, OSError):
                raise
            raise DiskError(
                f"Cannot write the journal {self.path}: {error.strerror}.", "Make room on that disk."
            ) from None
        return entry

    def close(self) -> None:
        self._file.close()
