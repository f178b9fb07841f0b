"""What the tests of the sandboxes share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hasten.sandbox.base import Command, Execution
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.registry import SANDBOXES, choose
from hasten.sandbox.session import interpreter

ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
Run = Callable[..., Execution]


def program(code: str, *args: str) -> tuple[str, ...]:
    return (interpreter(), "-I", "-S", "-c", code, *args)


def open_sandbox(name: str, folder: Path) -> RunnerSandbox:
    reason = SANDBOXES[name].available()
    if reason is not None:
        pytest.skip(f"{name}: {reason}")
    repo = folder / "répo of someone"
    repo.mkdir()
    return choose(name, mount_at=repo, readable=[], scratch=folder / "scratch")


def runner_of(sandbox: RunnerSandbox, tree: Path) -> Run:
    def one(*argv: str, **more: Any) -> Execution:
        [execution] = sandbox.run([Command(argv, tree, **{"env": ENV, **more})])
        return execution

    return one
