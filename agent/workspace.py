"""Everything that commands share to run the user's code: trees, sandbox, interpreter, judge."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_cache_dir

from hasten import SandboxError, UsageError, WorkloadError
from hasten.agent.interpreter import (
    Interpreter,
    base_env,
    outermost,
    resolve_argv,
    wants_pytest,
)
from hasten.agent.judge.base import Criteria, Progress, silent
from hasten.agent.judge.judge import Judge
from hasten.agent.settings import Settings, split_command
from hasten.agent.stage import set_stage
from hasten.agent.types import Workload
from hasten.sandbox import registry
from hasten.sandbox.base import Sandbox
from hasten.sandbox.folders import discard
from hasten.sandbox.tree import Trees, source_files


def cache_dir() -> Path:
    """Where disposable trees and paid answers live: ``HASTEN_CACHE_DIR`` or the user's cache folder."""
    chosen = os.environ.get("HASTEN_CACHE_DIR")
    return Path(chosen).absolute() if chosen else Path(user_cache_dir("hasten"))


def check_repository(folder: Path) -> Path:
    """The absolute path of a folder with Python code. Raises ``UsageError`` otherwise."""
    repo = folder.resolve()
    if not repo.exists():
        raise UsageError(f"There is no folder {folder}.", "Name the repository to work on.")
    if not repo.is_dir():
        raise UsageError(f"{folder} is not a folder.", "Name the repository, not a file in it.")
    if not any(name.endswith(".py") for name in source_files(repo)):
        raise UsageError(
            f"{folder} holds no Python source files.",
            "hasten optimizes Python; name the folder of the project.",
        )
    return repo


@dataclass(frozen=True)
class Workspace:
    """One repository under work. ``folder`` is ours, outside the repository, and thrown away at the end."""

    repo: Path
    settings: Settings
    interpreter: Interpreter
    sandbox: Sandbox
    trees: Trees
    criteria: Criteria
    workloads: tuple[Workload, ...]
    judge: Judge
    exchange: Path
    readable: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    """What is to know about the sandbox that was chosen."""

    def snapshot(self) -> Path:
        """A tree of the repository as it is now, with the ignored files that the settings ask for."""
        return self.trees.snapshot(self.repo, (".venv", "venv"), self.settings.also)

    @property
    def open_workloads(self) -> tuple[Workload, ...]:
        """The workloads that proposers may know of."""
        return tuple(w for w in self.workloads if not w.holdout) or self.workloads


def resolve_workloads(settings: Settings, interpreter: Interpreter, repo: Path) -> tuple[Workload, ...]:
    """The workloads of a run. Raises ``UsageError`` where there is none or a folder is missing."""
    workloads = settings.workload_list()
    if not workloads:
        raise UsageError(
            "No workload was given, so there is nothing to make faster.",
            'Name a command that stands for real use: --workload "python -m yourpackage ...", '
            "or let 'hasten init' suggest one.",
        )
    if all(w.holdout for w in workloads):
        raise UsageError("Every workload is marked holdout.", "Leave at least one open to the proposers.")
    for workload in workloads:
        if not (repo / workload.cwd).is_dir():
            raise UsageError(
                f"Workload '{workload.name}': there is no folder {workload.cwd} in the repository.",
                "Set its cwd relative to the repository.",
            )
    return tuple(replace(w, argv=resolve_argv(w.argv, interpreter, repo)) for w in workloads)


def resolve_tests(settings: Settings, interpreter: Interpreter, repo: Path) -> tuple[str, ...] | None:
    """The test command, or ``None`` with ``--no-tests``. Raises ``UsageError`` when neither was said."""
    if settings.no_tests:
        return None
    if settings.tests is None:
        raise UsageError(
            "No test command was given, so changed behaviour could go unseen.",
            'Give one with --tests "pytest -q", or accept a check of the output alone with --no-tests.',
        )
    argv = split_command(settings.tests)
    if wants_pytest(argv) and "pytest" in interpreter.missing:
        raise WorkloadError(
            f"pytest is not installed for {interpreter.executable} ({interpreter.origin}).",
            f"Run '{interpreter.executable} -m pip install pytest', or name another with --python.",
        )
    return resolve_argv(argv, interpreter, repo)


def criteria_for(settings: Settings, interpreter: Interpreter, tests: tuple[str, ...] | None) -> Criteria:
    return Criteria(
        python=interpreter.executable,
        env=base_env(interpreter),
        tests=tests,
        limits=settings.sandbox.limits(),
        min_effect=settings.judge.min_speedup,
        max_cpu_growth=settings.judge.max_cpu_growth,
        max_rss_growth=settings.judge.max_memory_growth,
        measure_s=settings.judge.max_minutes * 60,
        open_ended=settings.judge.open_ended,
        allow_paths=tuple(settings.judge.include),
        protect_paths=tuple(settings.judge.exclude),
    )


@contextlib.contextmanager
def open_workspace(
    repo: Path,
    settings: Settings,
    name: str,
    *,
    needs_tests: bool = True,
    trusted: bool = False,
    progress: Progress = silent,
) -> Iterator[Workspace]:
    """A workspace in the cache folder ``work/name``, removed at the end.

    Raises ``UsageError``, ``WorkloadError`` or ``SandboxError`` before anything of the user's is run.
    """
    stage = set_stage(repo, settings, cache_dir(), progress)
    interpreter = stage.interpreter
    workloads = resolve_workloads(settings, interpreter, repo)
    if not trusted and (counted := [w.name for w in workloads if w.metric == "instructions"]):
        raise UsageError(
            f"Workload '{counted[0]}' is measured in instructions, which a candidate could fake.",
            "Use the metric auto here; instructions are for 'hasten verify', on changes of people you trust.",
        )
    tests = resolve_tests(settings, interpreter, repo) if needs_tests else None
    criteria = replace(criteria_for(settings, interpreter, tests), trusted_author=trusted)
    with scratch_folder(name) as folder:
        exchange = folder / "exchange"
        exchange.mkdir()
        readable = readable_paths(repo, settings, None if stage.equipment else interpreter)
        with registry.choose(
            stage.backend,
            mount_at=repo,
            readable=readable,
            scratch=folder / "scratch",
            equipment=stage.equipment,
        ) as sandbox:
            trees = Trees(folder / "trees", link=sandbox.confined)
            seed = zlib.crc32(name.encode())  # another order of the coin's throws in each run
            judge = Judge(sandbox, trees, criteria, workloads, exchange, progress, seed)
            yield Workspace(
                repo=repo,
                settings=settings,
                interpreter=interpreter,
                sandbox=sandbox,
                trees=trees,
                criteria=criteria,
                workloads=workloads,
                judge=judge,
                exchange=exchange,
                readable=readable,
                notes=stage.notes,
            )


def readable_paths(repo: Path, settings: Settings, interpreter: Interpreter | None) -> tuple[Path, ...]:
    """What programs may read beside the system and their tree: what the user names and, where it is an
    interpreter of this machine, its folders and hasten's own for its profilers.

    Of the repository itself only environments count: an editable install puts the user's own sources on the
    interpreter's path, and shown there they would hide the tree under test.
    """
    named = tuple(
        Path(os.path.normpath(repo / Path(name).expanduser())) for name in settings.sandbox.readable
    )
    if interpreter is None:
        return named
    loaded = {
        path
        for path in interpreter.readable
        if not path.is_relative_to(repo) or (path / "pyvenv.cfg").is_file()
    }
    return (*sorted(outermost(loaded)), Path(sys.prefix), *named)


@contextlib.contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """An empty folder of ours for the trees of one run, gone afterwards.

    Folders that a killed process left behind are removed too: their lock is free.
    """
    parent = cache_dir() / "work"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with alone_in(parent):
            for old in parent.iterdir():
                with (old / "lock").open("a") as lock, contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    discard(old)
            folder = parent / name
            folder.mkdir()
            lock = (folder / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise SandboxError(
            f"Cannot write to {parent}: {error.strerror}.", "Choose another place with HASTEN_CACHE_DIR."
        ) from None
    with lock:
        try:
            yield folder
        finally:
            discard(folder)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process of ours is in here: a new folder must not be swept before it is locked."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def python_sources(repo: Path) -> list[str]:
    return [name for name in source_files(repo) if name.endswith(".py")]


def needs_confinement(sandbox: Sandbox, settings: Settings) -> bool:
    """Whether model-written code may not run here: no boundary, and the user did not accept that."""
    return not sandbox.confined and settings.sandbox.backend != "process"
