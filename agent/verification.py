"""Judging any change, whoever wrote it, with the judge of the loop."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hasten import UsageError
from hasten.agent import evidence, evidence_files
from hasten.agent.deliver import repository, verification_report
from hasten.agent.deliver.patch import Change, unified_diff
from hasten.agent.evidence import Compared, Evidence
from hasten.agent.journal import RunStore, new_run_id
from hasten.agent.judge import policy
from hasten.agent.judge.base import Baseline, Progress
from hasten.agent.settings import Settings
from hasten.agent.sources import read_text
from hasten.agent.types import Verdict
from hasten.agent.workspace import Workspace, check_repository, open_workspace
from hasten.sandbox.tree import digest, source_files

PATCH = "change.diff"
"""The change as a patch, beside the evidence: commits may go, and a working tree does."""


@dataclass(frozen=True)
class Asked:
    """Which change to judge. ``base`` and ``head`` are revisions; empty means the working tree."""

    base: str = ""
    head: str = ""
    patch: Path | None = None
    folders: tuple[Path, Path] | None = None
    """Before and after; nothing else is given then."""
    options: tuple[str, ...] = ()
    """What else was on the command line, for the command that measures it again."""
    notes: tuple[str, ...] = ()
    """Remarks for the report, such as how an ambiguous argument was read."""


@dataclass(frozen=True)
class Side:
    """One of the two versions. ``commit`` is a whole hash, or empty."""

    tree: Path
    name: str
    commit: str = ""


@dataclass(frozen=True)
class Verification:
    """The verdict on a change and what it was measured against."""

    verdict: Verdict
    baseline: Baseline
    changed: tuple[str, ...]
    evidence: Path
    """The file ``evidence.json``; ``report.md`` and the plots lie beside it."""
    record: Evidence


def verify(repo: Path, settings: Settings, asked: Asked, progress: Progress, store: RunStore) -> Verification:
    """Judge a change; the evidence goes to ``verify/ID`` in the runs folder.

    Raises ``HastenError`` where there is nothing to judge or the program as it was is not healthy.
    """
    name, root = new_run_id(), store.root / "verify"
    with open_workspace(repo, settings, name, progress=progress, trusted=True) as space:
        before, after = sides(space, asked)
        changes = differences(before.tree, after.tree)
        if not changes:
            raise UsageError(
                "There is no difference to judge.",
                "Name two commits, two folders, a patch file, or change something first.",
            )
        evidence_files.demand_writable(root)
        digests = digest(before.tree), digest(after.tree)
        space.judge.rng.seed(evidence.seed_of(name))
        baseline = space.judge.baseline(before.tree, settings.allow_failing_tests)
        verdict = space.judge.judge(before.tree, after.tree, changes, baseline, held_out=True)
        compared = Compared(
            kind=kind_of(asked),
            before=before.name,
            after=after.name,
            before_commit=before.commit,
            after_commit=after.commit,
            before_tree=digests[0],
            after_tree=digests[1],
            changed=tuple(sorted(changes)),
        )
        record = collect(space, name, compared, baseline, verdict)
        patch = as_patch(before.tree, after.tree, changes)
    kept = root / name / PATCH if patch is not None else asked.patch
    notes = (*asked.notes, *space.notes, *policy.worth_a_look(changes))
    record = replace(record, reproduce=command(repo, record.compared, asked, kept), notes=notes)
    files = {evidence_files.FILE: evidence_files.as_json(record), **verification_report.files(record)}
    repository.exclude_runs(repo)
    folder = evidence_files.write(root, name, files if patch is None else {**files, PATCH: patch})
    return Verification(verdict, baseline, record.compared.changed, folder / evidence_files.FILE, record)


def kind_of(asked: Asked) -> Literal["commits", "patch", "working tree", "folders"]:
    if asked.folders:
        return "folders"
    if asked.patch:
        return "patch"
    return "commits" if asked.head else "working tree"


def sides(space: Workspace, asked: Asked) -> tuple[Side, Side]:
    """Before and after, each in a tree without history."""
    if asked.folders:
        before, after = (check_repository(folder) for folder in asked.folders)
        return Side(snapshot(space, before), str(before)), Side(snapshot(space, after), str(after))
    if asked.patch:
        base = side_of(space, asked.base)
        tree = space.trees.copy(base.tree)
        repository.apply_patch(tree, asked.patch)
        return base, Side(tree, f"{base.name} with {asked.patch.name}")
    return side_of(space, asked.base or "HEAD"), side_of(space, asked.head)


def side_of(space: Workspace, revision: str) -> Side:
    """A revision's files, or the working tree's for ``""``."""
    if not revision:
        return Side(space.snapshot(), "the working tree")
    commit = repository.resolve_commit(space.repo, revision)
    tree = space.trees.new()
    repository.export_commit(space.repo, commit, tree)
    return Side(tree, revision, commit)


def snapshot(space: Workspace, folder: Path) -> Path:
    """A tree of any folder, made as that of the repository is."""
    return space.snapshot() if folder == space.repo else replace(space, repo=folder).snapshot()


def differences(before: Path, after: Path) -> dict[str, Change]:
    """Files that differ: path -> (old text, new text); ``None`` where a file is missing."""
    names = sorted({*source_files(before), *source_files(after)})
    found: dict[str, Change] = {}
    for name in names:
        old, new = before / name, after / name
        if contents(old) != contents(new):
            found[name] = (
                None if not old.exists() else read_text(old) or "",
                None if not new.exists() else read_text(new) or "",
            )
    return found


def contents(path: Path) -> bytes | None:
    if path.is_symlink():
        return str(path.readlink()).encode()
    return path.read_bytes() if path.is_file() else None


def as_patch(before: Path, after: Path, changes: Mapping[str, Change]) -> str | None:
    """The change as a patch; ``None`` where a file is a link or no text."""
    sides = [side / name for name in changes for side in (before, after)]
    if any(path.is_symlink() or (path.exists() and read_text(path) is None) for path in sides):
        return None
    return unified_diff(changes)


def collect(
    space: Workspace, name: str, compared: Compared, baseline: Baseline, verdict: Verdict
) -> Evidence:
    """Everything that the verdict rests on, at this moment."""
    outcomes = baseline.outcomes
    return Evidence(
        schema=evidence.SCHEMA,
        id=name,
        at=time.time(),
        machine=evidence.Machine.here(),
        versions=evidence.Versions.here(space.interpreter.executable, space.interpreter.version),
        sandbox=space.sandbox.name,
        seed=evidence.seed_of(name),
        compared=compared,
        settings=space.settings,
        thresholds=evidence.Thresholds.of(space.criteria),
        workloads=baseline.traits,
        tests=evidence.Suite(len(outcomes.by_id) if outcomes else None, tuple(sorted(baseline.flaky))),
        verdict=verdict,
        fingerprint=evidence.fingerprint(verdict),
        reproduce="",
    )


def command(repo: Path, compared: Compared, asked: Asked, patch: Path | None) -> str:
    """The command line that measures the same again, from anywhere; ``patch`` is the change as a file."""
    words = ["hasten", "verify"]
    if compared.kind == "folders":
        words += [compared.before, compared.after]
    elif compared.kind == "commits":
        words += [compared.before_commit, compared.after_commit]
    else:
        words += [compared.before_commit] if compared.before_commit else []
        words += ["--patch", str(patch.resolve())] if patch else []
    return shlex.join([*words, "--repo", str(repo), *asked.options])
