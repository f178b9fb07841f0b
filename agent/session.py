"""Starting, resuming and driving a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from hasten import HastenError, ModelError, SandboxError, UsageError, __version__
from hasten.agent.decide import Action, decide
from hasten.agent.deliver import repository
from hasten.agent.deliver.result import write_patch
from hasten.agent.disk import DiskError, enough_disk
from hasten.agent.events import Event, Paused, Resumed, Started
from hasten.agent.journal import Journal, RunStore, new_run_id
from hasten.agent.propose.answer_cache import AnswerCache
from hasten.agent.propose.asking import ModelProposer
from hasten.agent.propose.model import Model, available
from hasten.agent.run import Run
from hasten.agent.settings import Settings
from hasten.agent.workshop import Workshop
from hasten.agent.workspace import Workspace, cache_dir, needs_confinement, open_workspace
from hasten.sandbox.tree import digest


class Watch(Protocol):
    """Someone who looks on while a run works."""

    def action(self, action: Action, run: Run) -> None: ...

    def event(self, event: Event, run: Run) -> None: ...

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None: ...


def start(repo: Path, settings: Settings, watch: Watch, *, commit: bool = True) -> Run:
    """A new run from snapshot to delivery. Raises ``HastenError`` where it cannot go on.

    The lock is held for the whole run; whatever stops it leaves a journal that ``resume`` takes up.
    """
    store = RunStore(repo, settings.runs_dir)
    run_id = new_run_id()
    with open_workspace(repo, settings, run_id, progress=watch.progress) as space, held(store, repo):
        model = proposer(space)
        checkout = repository.inspect(repo)
        base = space.snapshot()
        folder = store.create(run_id)
        started = Started(
            run_id=run_id,
            repo=str(repo),
            settings=settings,
            digest=digest(base),
            head=checkout.head if checkout else "",
            dirty=checkout.dirty if checkout else (),
            commit=commit,
            version=__version__,
        )
        journal = Journal(folder)
        journal.append(started)
        run = Run(started=started)
        watch.event(started, run)
        return drive(run, Workshop(space, folder, base, model), journal, watch)


def resume(store: RunStore, run_id: str, watch: Watch) -> Run:
    """Go on with a run that stopped. Nothing judged is judged again, no answer is paid for twice.

    Raises ``UsageError`` when the run has ended, or its snapshot is gone and the repository has changed.
    """
    run = store.load(run_id)
    if run is None:
        raise UsageError(f"Run {run_id} has no readable journal.", "Start a new run with 'hasten optimize'.")
    if run.delivered:
        return run
    repo = Path(run.started.repo)
    with (
        open_workspace(repo, run.started.settings, run_id, progress=watch.progress) as space,
        held(store, repo),
    ):
        base = snapshot_again(space, run)
        model = proposer(space)
        journal = Journal(store.folder(run_id))
        event = Resumed(version=__version__)
        journal.append(event)
        run = run.after(event)
        watch.event(event, run)
        return drive(run, Workshop(space, store.folder(run_id), base, model), journal, watch)


@contextlib.contextmanager
def held(store: RunStore, repo: Path) -> Iterator[None]:
    """The repository's lock, with ``.hasten`` hidden from git."""
    with store.lock():
        if store.root == repo / ".hasten":
            repository.exclude_runs(repo)
        try:
            yield
        finally:
            store.sweep()


def snapshot_again(space: Workspace, run: Run) -> Path:
    """The tree the run started from, made anew: trees do not outlive the process that made them."""
    base = space.snapshot()
    if digest(base) != run.started.digest:
        raise UsageError(
            "The repository has changed since the run was stopped, so its samples no longer fit.",
            "Start a new run, or put the files back as they were.",
        )
    return base


def drive(run: Run, workshop: Workshop, journal: Journal, watch: Watch) -> Run:
    """Decide, do, record, until nothing is left to do. An event is on disk before anyone acts on it."""
    try:
        with enough_disk():
            while action := decide(run, workshop.strategies):
                watch.action(action, run)
                for event in workshop.perform(action, run):
                    entry = journal.append(event)
                    run = replace(run.after(event), worked_s=entry.worked_s)
                    watch.event(event, run)
    except (HastenError, KeyboardInterrupt) as stop:
        pause(run, workshop, journal, stop)
        raise
    finally:
        journal.close()
    return run


def pause(run: Run, workshop: Workshop, journal: Journal, stop: HastenError | KeyboardInterrupt) -> None:
    """Leave a run so that it can go on, with what was kept so far in its patch file. The hint says how."""
    if not run.done and isinstance(stop, HastenError):
        return  # nothing to go on with: the workload or the tests are not fit
    with contextlib.suppress(DiskError):
        journal.append(Paused(stop.message if isinstance(stop, HastenError) else "interrupted"))
    if isinstance(stop, HastenError):
        line = RunStore(workshop.space.repo, workshop.space.settings.runs_dir).resume_line(run.started.run_id)
        stop.hint = f"{stop.hint} What was judged is kept; go on with: {line}".lstrip()
    if run.stack:
        with contextlib.suppress(OSError):  # the journal holds the same, and a full disk may be why we stop
            write_patch(workshop.folder, workshop.stack.changes(run))


def proposer(space: Workspace, *, asks: bool = True) -> ModelProposer | None:
    """The model of the settings, ready to be asked (or only to be shown prompts for); ``None`` without one.

    Raises ``SandboxError`` where its code would run without a boundary that the user did not waive, and
    ``ModelError`` where it cannot be asked: before anything is run for it.
    """
    settings = space.settings.model
    if settings.name is None:
        return None
    if needs_confinement(space.sandbox, space.settings):
        raise SandboxError(
            "Code written by a model would run here without a security boundary.",
            "Install bubblewrap (see 'hasten doctor'), or accept the risk with --sandbox process.",
        )
    if asks and (reason := available(settings.name, settings.api_base)):
        raise ModelError(reason, "See 'hasten doctor'; without --model the rewrite rules work alone.")
    model = Model(
        settings.name,
        api_base=settings.api_base,
        timeout_s=settings.timeout,
        max_output_tokens=settings.max_output_tokens,
    )
    return ModelProposer(model, AnswerCache(cache_dir() / "answers"), settings.strategies)
