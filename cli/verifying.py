"""What ``hasten verify`` does: judges a change, decides again from samples, judges a tree against itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from rich.markup import escape

from hasten import UsageError
from hasten.agent import evidence, evidence_files, sameness
from hasten.agent.deliver import repository
from hasten.agent.journal import RunStore
from hasten.agent.judge.base import Progress
from hasten.agent.settings import Settings
from hasten.agent.types import Metric
from hasten.agent.verification import Asked
from hasten.agent.verification import verify as verify_change
from hasten.agent.workspace import check_repository
from hasten.cli import config, jobs, verified
from hasten.cli.options import KeyPath
from hasten.cli.result import Result
from hasten.cli.screen import Screen
from hasten.cli.watch import open_watch

OPTIONS: dict[KeyPath, str] = {
    ("tests",): "--tests",
    ("no_tests",): "--no-tests",
    ("allow_failing_tests",): "--allow-failing-tests",
    ("judge", "min_speedup"): "--min-speedup",
    ("judge", "max_cpu_growth"): "--max-cpu-growth",
    ("judge", "max_minutes"): "--minutes",
    ("judge", "open_ended"): "--open-ended",
    ("python",): "--python",
    ("sandbox", "backend"): "--sandbox",
    ("runs_dir",): "--runs-dir",
}
"""How a setting is written on the command line of ``verify``."""
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """The command line. ``typed`` holds the settings that were given, by key path."""

    base: str | None = None
    head: str | None = None
    patch: Path | None = None
    recheck: Path | None = None
    aa: bool = False
    seconds: float | None = None
    repo: Path | None = None
    typed: jobs.Flags | None = None
    words: list[str] | None = None
    metric: str | None = None

    @property
    def flags(self) -> jobs.Flags:
        return self.typed or {}

    @property
    def options(self) -> tuple[str, ...]:
        """What was typed besides the change, to be typed again."""
        words = [word for each in self.words or () for word in ("--workload", each)]
        words += ["--metric", self.metric] if self.metric else []
        for path, value in self.flags.items():
            words += [OPTIONS[path]] if value is True else [OPTIONS[path], str(value)]
        return tuple(words)


def verify(line: Line, screen: Screen) -> Result:
    """Whichever of the three the command line asks for. Raises ``UsageError`` where it asks for two."""
    refuse_contradictions(line)
    if line.recheck:
        return verified.of_recheck(evidence.recheck(evidence_files.read(line.recheck)), line.recheck)
    if line.aa:
        return judge_itself(line, screen)
    return judge_change(line, screen)


def refuse_contradictions(line: Line) -> None:
    """Raise ``UsageError`` for options that exclude each other."""
    if line.recheck:
        others = [line.base, line.patch, line.aa or None, line.repo, line.words, line.metric, line.seconds]
        if any(other is not None for other in others) or line.flags:
            raise UsageError(
                "--recheck takes everything from the evidence file, so nothing else can be given.",
                "Leave the other arguments out: hasten verify --recheck EVIDENCE.",
            )
        return
    if line.aa:
        if line.head or line.patch or (line.base and line.repo):
            raise UsageError(
                "--aa judges one tree against itself, so no change can be named.",
                "Name the folder at most: hasten verify --aa [REPO].",
            )
        if line.seconds is not None and not line.seconds > 0:
            raise UsageError("--seconds has to be above 0.", f"The default is {sameness.SECONDS:g}.")
        return
    if line.seconds is not None:
        raise UsageError("--seconds goes with --aa only.", "To bound a verification, use --minutes.")
    if line.patch and line.head:
        raise UsageError(
            "A patch and a HEAD commit exclude each other.", "Name BASE and --patch, or BASE HEAD."
        )
    if line.patch and not line.patch.is_file():
        raise UsageError(f"There is no patch file {line.patch}.", "Name a file that 'git diff' wrote.")


def judge_change(line: Line, screen: Screen) -> Result:
    """Judge a change, however it was named."""
    folders, notes = read_arguments(line)
    repo = check_repository(line.repo or (folders[0] if folders else Path()))
    for folder in folders or ():
        check_repository(folder)
    settings = load_settings(repo, line)
    asked = (
        Asked(folders=folders, options=line.options, notes=notes)
        if folders
        else Asked(line.base or "", line.head or "", line.patch, options=line.options, notes=notes)
    )
    for note in () if screen.quiet or screen.json else notes:
        screen.err.print(f"[yellow]note[/]: {escape(note)}")
    store = RunStore(repo, settings.runs_dir)
    return verified.of_verification(watched(screen, lambda p: verify_change(repo, settings, asked, p, store)))


def judge_itself(line: Line, screen: Screen) -> Result:
    """Judge a tree against itself."""
    repo = check_repository(line.repo or Path(line.base or ""))
    settings = load_settings(repo, line)
    store, seconds = RunStore(repo, settings.runs_dir), line.seconds or sameness.SECONDS
    found, path = watched(screen, lambda p: sameness.judge_itself(repo, settings, seconds, p, store))
    return verified.of_same_tree(found, path)


def watched(screen: Screen, work: Callable[[Progress], T]) -> T:
    """``work`` with its progress on the screen."""
    watch = open_watch(screen)
    try:
        return work(watch.progress)
    finally:
        watch.close()


def load_settings(repo: Path, line: Line) -> Settings:
    """As for the other commands, with ``--metric`` for every workload."""
    settings = jobs.load_settings(repo, line.flags, line.words)
    if line.metric is None:
        return settings
    if line.metric not in get_args(Metric):
        raise UsageError(
            f"There is no metric '{line.metric}'.", f"Choose one of {', '.join(get_args(Metric))}."
        )
    table = {
        name: {**workload.model_dump(exclude_unset=True), "metric": line.metric}
        for name, workload in settings.workloads.items()
    }
    return config.load(repo, {**line.flags, ("workloads",): config.Replace(table)}).settings


def read_arguments(line: Line) -> tuple[tuple[Path, Path] | None, tuple[str, ...]]:
    """Whether BASE and HEAD are two folders, and what to say about it where they could be revisions too.

    A revision wins, unless the argument contains a path separator or starts with a dot. Raises ``UsageError``
    where one is a folder and the other is not.
    """
    if not line.base:
        return None, ()
    given = [word for word in (line.base, line.head) if word]
    folders = [Path(word).is_dir() for word in given]
    revisions = [is_revision(line.repo or Path(), word) for word in given]
    paths = [
        folder and ("/" in word or word.startswith(".") or not revision)
        for word, folder, revision in zip(given, folders, revisions, strict=True)
    ]
    both = [word for word, f, r in zip(given, folders, revisions, strict=True) if f and r]
    if not any(paths):
        notes = [f"'{word}' is read as a revision; write ./{word} for the folder." for word in both]
        return None, tuple(notes)
    if not all(paths) or len(given) < 2 or line.patch:
        named = given[paths.index(True)]
        raise UsageError(
            f"'{named}' is a folder, so it can only be compared with another folder.",
            "Name two folders, or two commits; the repository of commits is named with --repo.",
        )
    notes = [f"'{word}' is read as a folder, not as the revision of that name." for word in both]
    return (Path(given[0]).resolve(), Path(given[1]).resolve()), tuple(notes)


def is_revision(folder: Path, word: str) -> bool:
    try:
        repository.resolve_commit(folder, word)
    except UsageError:
        return False
    return True
