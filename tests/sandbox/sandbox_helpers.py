"""What the tests of the sandboxes share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from hasten.sandbox.base import Command, Execution
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.registry import SANDBOXES, Equipment, choose
from hasten.sandbox.session import interpreter

# The first folder is there only where the sandbox shows this machine's programs.
ENV = {"PATH": f"{Path(interpreter()).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
BASE_IMAGE = "hasten-test-base:bookworm"
Run = Callable[..., Execution]


def program(code: str, *args: str) -> tuple[str, ...]:
    return ("python3", "-I", "-S", "-c", code, *args)


def open_sandbox(name: str, folder: Path, readable: Sequence[Path] = ()) -> RunnerSandbox:
    reason = SANDBOXES[name].available()
    if reason is not None:
        pytest.skip(f"{name}: {reason}")
    repo = folder / "répo of someone"
    repo.mkdir(exist_ok=True)
    return choose(
        name,
        mount_at=repo,
        readable=readable,
        scratch=folder / "scratch",
        equipment=equipment(folder) if SANDBOXES[name].own_system else None,
    )


def equipment(folder: Path) -> Equipment:
    """The engine with the image for tests, which skip where it is missing: no registry is asked for it."""
    from hasten.sandbox import engine, image

    found = engine.connect()
    if not image.inspect(found, BASE_IMAGE):
        pytest.skip(f"docker: no image {BASE_IMAGE} (made by tests/sandbox/base_image.sh)")
    return Equipment(found, image.prepare(found, BASE_IMAGE, folder / "cache"))


def runner_of(sandbox: RunnerSandbox, tree: Path) -> Run:
    def one(*argv: str, **more: Any) -> Execution:
        [execution] = sandbox.run([Command(argv, tree, **{"env": ENV, **more})])
        return execution

    return one


def by_name(name: str) -> ParameterSet:
    """Containers take seconds to start, so they belong to the slow tier."""
    slow = (pytest.mark.docker,) if SANDBOXES[name].own_system else ()
    return pytest.param(name, marks=slow)
