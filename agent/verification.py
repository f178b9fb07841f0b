"""Judging any change, whoever wrote it, with the judge of the loop."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from hasten import UsageError, __version__
from hasten.agent.deliver import repository
from hasten.agent.deliver.patch import Change
from hasten.agent.journal import RunStore, new_run_id
from hasten.agent.judge.base import Baseline, Progress
from hasten.agent.settings import Settings
from hasten.agent.sources import read_text
from hasten.agent.types import Verdict
from hasten.agent.workspace import Workspace, open_workspace
from hasten.sandbox.tree import source_files

VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


@dataclass(frozen=True)
class Asked:
    """Which change to judge. ``base`` and ``head`` are revisions; empty means the working tree."""

    base: str = ""
    head: str = ""
    patch: Path | None = None


@dataclass(frozen=True)
class Verification:
    """The verdict on a change and what it was measured against."""

    verdict: Verdict
    baseline: Baseline
    changed: tuple[str, ...]
    evidence: Path


def verify(repo: Path, settings: Settings, asked: Asked, progress: Progress, store: RunStore) -> Verification:
    """Judge a change in ``repo``; the evidence goes to its runs folder.

    Raises ``HastenError`` where there is nothing to judge or the program as it was is not healthy.
    """
    with open_workspace(repo, settings, new_run_id(), progress=progress, trusted=True) as space:
        before, after = trees(space, asked)
        changes = differences(before, after)
        if not changes:
            raise UsageError(
                "There is no difference to judge.",
                "Name two commits, a patch file, or change something first.",
            )
        baseline = space.judge.baseline(before, settings.allow_failing_tests)
        verdict = space.judge.judge(before, after, changes, baseline)
        with store.lock():
            repository.exclude_runs(repo)
            evidence = write_evidence(store.root / "verify", space, asked, verdict)
        return Verification(verdict, baseline, tuple(sorted(changes)), evidence)


def trees(space: Workspace, asked: Asked) -> tuple[Path, Path]:
    """The two trees, each without history."""
    if asked.patch:
        before = tree_of(space, asked.base)
        after = space.trees.copy(before)
        repository.apply_patch(after, asked.patch)
        return before, after
    return tree_of(space, asked.base or "HEAD"), tree_of(space, asked.head)


def tree_of(space: Workspace, revision: str) -> Path:
    """A revision's files, or the working tree's for ``""``."""
    if not revision:
        return space.snapshot()
    commit = repository.resolve_commit(space.repo, revision)
    tree = space.trees.new()
    repository.export_commit(space.repo, commit, tree)
    return tree


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


def write_evidence(folder: Path, space: Workspace, asked: Asked, verdict: Verdict) -> Path:
    """Every raw sample with what is needed to judge them again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{new_run_id()}.json"
    facts: Mapping[str, object] = {
        "schema": "hasten/evidence/1",
        "hasten": __version__,
        "at": time.time(),
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "host_python": sys.version,
        },
        "python": {"path": space.interpreter.executable, "version": space.interpreter.version},
        "sandbox": space.sandbox.name,
        "base": asked.base,
        "head": asked.head,
        "patch": str(asked.patch or ""),
        "settings": space.settings.model_dump(mode="json"),
        "verdict": VERDICT.dump_python(verdict, mode="json"),
    }
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return path
