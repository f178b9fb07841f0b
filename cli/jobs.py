"""What the commands that work on a repository do; imported only when one of them runs."""

from __future__ import annotations

from pathlib import Path

from hasten import HastenError, UsageError
from hasten.agent.journal import RunStore
from hasten.agent.session import resume as resume_run
from hasten.agent.session import start
from hasten.agent.settings import Settings
from hasten.agent.workspace import check_repository
from hasten.cli import config, summary, tables
from hasten.cli.options import KeyPath, workload_flags
from hasten.cli.result import Result
from hasten.cli.screen import Screen
from hasten.cli.watch import open_watch

Flags = dict[KeyPath, object]


def load_settings(repo: Path, flags: Flags, words: list[str] | None) -> Settings:
    """Files, environment and flags together; ``--workload`` replaces the configured workloads."""
    settings = config.load(repo, flags).settings
    configured = settings.model_dump(exclude_unset=True).get("workloads", {})
    table = workload_flags(words, configured)
    if table is None:
        return settings
    return config.load(repo, {**flags, ("workloads",): config.Replace(table)}).settings


def optimize(folder: Path, flags: Flags, words: list[str] | None, screen: Screen, *, commit: bool) -> Result:
    """A whole run."""
    repo = check_repository(folder)
    settings = load_settings(repo, flags, words)
    store, watch = RunStore(repo, settings.runs_dir), open_watch(screen)
    earlier = store.ids()
    try:
        run = start(repo, settings, watch, commit=commit)
    except KeyboardInterrupt:
        begun = [run_id for run_id in store.ids() if run_id not in earlier]
        raise StoppedError(store, begun[0] if begun else "") from None
    finally:
        watch.close()
    return summary.of_run(run, store.folder(run.started.run_id))


def resume(folder: Path, name: str | None, flags: Flags, screen: Screen) -> Result:
    """Go on with a run."""
    store = store_of(folder, flags)
    watch = open_watch(screen)
    run_id = store.resolve(name, unfinished=True)
    try:
        run = resume_run(store, run_id, watch)
    except KeyboardInterrupt:
        raise StoppedError(store, run_id) from None
    finally:
        watch.close()
    return summary.of_run(run, store.folder(run_id))


class StoppedError(HastenError):
    """Ctrl-C during a run."""

    exit_code = 130
    code = "interrupted"

    def __init__(self, store: RunStore, run_id: str) -> None:
        """``run_id`` is empty when nothing was begun that could go on."""
        run = store.load(run_id) if run_id else None
        kept = f" with {count(len(run.stack), 'kept edit')}" if run and run.stack else ""
        hint = f"Go on with: {store.resume_line(run_id)}" if run else ""
        super().__init__(f"Interrupted{kept}; your repository is as it was.", hint)


def count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def rehearse(folder: Path, flags: Flags, words: list[str] | None, screen: Screen) -> Result:
    """What a run would look at and try, without judging, asking or writing."""
    from hasten.agent.rehearsal import rehearse as rehearse_run

    repo = check_repository(folder)
    settings = load_settings(repo, flags, words)
    watch = open_watch(screen)
    try:
        return summary.of_rehearsal(rehearse_run(repo, settings, watch))
    finally:
        watch.close()


def list_runs(folder: Path, flags: Flags) -> Result:
    """The runs of a repository."""
    store = store_of(folder, flags)
    return summary.of_runs({name: store.intact(name) for name in store.ids()})


def show_run(folder: Path, name: str | None, flags: Flags, patch: bool) -> Result:
    """Report or patch of a run."""
    store = store_of(folder, flags)
    run_id = store.resolve(name)
    return summary.of_shown(store.load(run_id), store.folder(run_id), patch)


def apply_run(folder: Path, name: str | None, flags: Flags) -> Result:
    """Apply a run's patch to the working tree."""
    from hasten.agent.deliver.repository import apply_patch

    store = store_of(folder, flags)
    run_id = store.resolve(name)
    patch = store.folder(run_id) / "patch.diff"
    changed = [line[6:] for line in read(patch).splitlines() if line.startswith("+++ b/")]
    if not changed:
        return Result({"run": run_id, "files": []}, f"Run {run_id} kept no edit; nothing to apply.")
    try:
        apply_patch(store.repo, patch)
    except UsageError as error:
        raise UsageError(
            error.message,
            "The files have changed since the run, or the patch is applied already; nothing was.",
        ) from None
    return Result({"run": run_id, "files": changed}, f"Applied run {run_id} to {', '.join(changed)}.")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def store_of(folder: Path, flags: Flags) -> RunStore:
    repo = folder.absolute().resolve()
    return RunStore(repo, config.load(repo, flags).settings.runs_dir)


def profile(
    folder: Path, flags: Flags, words: list[str] | None, screen: Screen, form: str, output: Path | None
) -> Result:
    """Profile the workloads and write the profile as asked."""
    from hasten.agent.survey import survey

    repo = check_repository(folder)
    settings = load_settings(repo, flags, words)
    tables.demand_room(form, len(settings.workloads))
    watch = open_watch(screen)
    try:
        found = survey(repo, settings, watch.progress)
    finally:
        watch.close()
    return tables.of_profile(found, form, output)
