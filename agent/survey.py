"""Profiles for a person: every workload, on the repository as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hasten import WorkloadError
from hasten.agent.journal import new_run_id
from hasten.agent.judge.base import Progress
from hasten.agent.judge.health import compile_tree
from hasten.agent.localize.take import take_profile
from hasten.agent.localize.targets import Shares, find_targets, shares
from hasten.agent.programs import workload_command
from hasten.agent.settings import Settings
from hasten.agent.sources import reader
from hasten.agent.types import Target, Workload
from hasten.agent.workspace import Workspace, open_workspace
from hasten.profilers.base import Profile


@dataclass(frozen=True)
class Surveyed:
    """One workload's profile and what it says of the repository."""

    workload: Workload
    profile: Profile
    root: str
    """Where the sources appeared to the program."""
    targets: tuple[Target, ...]
    shares: Shares
    note: str


def survey(repo: Path, settings: Settings, progress: Progress) -> list[Surveyed]:
    """Profile every workload once. Raises ``WorkloadError`` when one fails by itself."""
    with open_workspace(repo, settings, new_run_id(), needs_tests=False, progress=progress) as space:
        tree = space.snapshot()
        compile_tree(space.sandbox, space.criteria, tree)
        return [look(space, tree, workload) for workload in space.workloads]


def look(space: Workspace, tree: Path, workload: Workload) -> Surveyed:
    env, limits = space.criteria.env, space.criteria.limits
    [plain] = space.sandbox.run([workload_command(workload, tree, space.sandbox, env, limits)])
    if not plain.ok:
        raise WorkloadError(
            f"Workload '{workload.name}' fails: {why(plain.limit, plain.exit_code, plain.stderr)}.",
            "Make it run by itself in a clean checkout first.",
        )
    profile, note = take_profile(
        space.sandbox, workload, tree, env, limits, space.exchange, space.judge.progress
    )
    root, read = space.sandbox.where(tree), reader(tree)
    return Surveyed(
        workload=workload,
        profile=profile,
        root=root,
        targets=tuple(find_targets(profile, root, read, workload.name, space.settings.min_share)),
        shares=shares(profile, root, read),
        note=note,
    )


def why(limit: str | None, exit_code: int, stderr: bytes) -> str:
    """Why an execution failed, in a few words."""
    if limit:
        return f"it ran into the {limit} limit"
    last = stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"exit status {exit_code}" + (f" ({last[0]})" if last else "")
