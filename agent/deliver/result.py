"""Writing the result of a run: patch file, report, samples, and commits on a new branch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from hasten import DeliveryError
from hasten.agent.deliver import plots, repository
from hasten.agent.deliver.patch import Change, unified_diff
from hasten.agent.deliver.report import commit_message, report
from hasten.agent.disk import enough_disk
from hasten.agent.events import Delivered
from hasten.agent.run import Run

UNCOMMITTED = """Uncommitted changes as they were when hasten measured

Not hasten's own: the edits after this commit were measured on top of them.
"""


def deliver(
    run: Run,
    repo: Path,
    folder: Path,
    changes: Mapping[str, Change],
    steps: Sequence[Mapping[str, str]],
    base: Mapping[str, bytes | None],
    commit: bool,
) -> Delivered:
    """Write everything the user gets.

    ``changes`` is the whole stack's; ``steps`` the changed files after each kept edit; ``base`` the content
    of each uncommitted file as it was in the snapshot (``None`` for a deleted one). A branch that cannot be
    written is said in the note, never an error: the patch file holds the same edits.
    """
    with enough_disk(folder):
        write_patch(folder, changes)
        write_samples(run, folder)
    delivered = Delivered()
    if run.stack:
        delivered = commits(run, repo, steps, base) if commit else Delivered(note="no commits were asked for")
    with enough_disk(folder):
        text = report(run, delivered, write_plots(run, folder))
        (folder / "report.md").write_text(text, encoding="utf-8")
    return delivered


def write_patch(folder: Path, changes: Mapping[str, Change]) -> None:
    (folder / "patch.diff").write_text(unified_diff(changes), encoding="utf-8", newline="")


def write_samples(run: Run, folder: Path) -> None:
    """Every raw pair of every measurement, one JSON line each."""
    verdicts = {**run.verdicts, **({"stack": run.confirmed.verdict} if run.confirmed else {})}
    with (folder / "samples.jsonl").open("w", encoding="utf-8") as file:
        for name, verdict in verdicts.items():
            for measurement in verdict.measurements:
                for index, (before, after) in enumerate(measurement.samples):
                    row = {
                        "candidate": name,
                        "workload": measurement.workload,
                        "metric": measurement.metric,
                        "mode": measurement.mode,
                        "pair": index,
                        "before_s": before,
                        "after_s": after,
                    }
                    file.write(json.dumps(row) + "\n")


def write_plots(run: Run, folder: Path) -> list[str]:
    """Pictures of the confirmation, and their paths relative to ``folder``."""
    measurements = run.confirmed.verdict.measurements if run.confirmed else ()
    names = []
    for number, measurement in enumerate(measurements, 1):
        for kind, draw in (("differences", plots.differences), ("interval", plots.interval)):
            name = f"plots/{number}-{kind}.svg"
            (folder / "plots").mkdir(exist_ok=True)
            (folder / name).write_text(draw(measurement), encoding="utf-8")
            names.append(name)
    return names


def commits(
    run: Run, repo: Path, steps: Sequence[Mapping[str, str]], base: Mapping[str, bytes | None]
) -> Delivered:
    """One commit a kept edit on the branch ``hasten/<run>``, after one for the user's uncommitted changes."""
    started = run.started
    if not started.head:
        return Delivered(note="there is no commit to build on, so the result is the patch file alone")
    inside = [path for path in steps[-1] if in_submodule(repo, path)]
    if inside:
        return Delivered(note=f"{inside[0]} lies in a submodule, so the result is the patch file alone")
    plan = [repository.CommitStep(UNCOMMITTED, base)] if base else []
    for name, texts in zip(run.stack, steps, strict=True):
        files = {edit.path: texts[edit.path].encode() for edit in run.candidates[name].edits}
        plan.append(repository.CommitStep(commit_message(run, name), files))
    branch = f"hasten/{started.run_id}"
    try:
        return Delivered(branch, tuple(repository.commit_stack(repo, branch, started.head, plan)))
    except DeliveryError as error:
        return Delivered(note=f"{error.message} {error.hint}")


def in_submodule(repo: Path, path: str) -> bool:
    checkout = repository.inspect(repo)
    prefix = checkout.prefix if checkout else ""
    return any(f"{prefix}{path}".startswith(f"{module}/") for module in repository.submodules(repo))
