"""The user's programs as sandbox commands: one place decides their environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hasten.agent.types import Workload
from hasten.sandbox.base import Command, Limits, Sandbox


def program_env(base: Mapping[str, str], root: str, hash_seed: int = 0) -> dict[str, str]:
    """Environment of a program whose source tree appears at ``root``.

    The tree comes first on PYTHONPATH so that an editable install of the user's own checkout does not win
    over the tree under test. Byte code is compiled beforehand and never written (trees are read-only).
    """
    env = {
        **base,
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{root}:{root}/src",
    }
    if extra := base.get("PYTHONPATH"):
        env["PYTHONPATH"] += f":{extra}"
    return env


def workload_command(
    workload: Workload,
    tree: Path,
    sandbox: Sandbox,
    env: Mapping[str, str],
    limits: Limits,
    *,
    hash_seed: int = 0,
    cpu: int | None = None,
) -> Command:
    """One execution of ``workload`` in ``tree``; the workload's own timeout and variables win."""
    return Command(
        argv=workload.argv,
        tree=tree,
        cwd=workload.cwd,
        env={**program_env(env, sandbox.where(tree), hash_seed), **workload.env},
        stdin=workload.stdin.encode(),
        limits=replace(limits, wall_s=workload.timeout_s),
        cpu=cpu,
        artefacts=workload.artefacts,
    )


def tests_command(
    argv: Sequence[str],
    tree: Path,
    sandbox: Sandbox,
    env: Mapping[str, str],
    limits: Limits,
    exchange: Path | None = None,
) -> Command:
    """One run of the test command in ``tree``, a copy that is thrown away afterwards."""
    return Command(
        argv=tuple(argv),
        tree=tree,
        env=program_env(env, sandbox.where(tree)),
        limits=limits,
        writable=True,
        exchange=exchange,
    )
