"""Every backend, as one parametrised fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_helpers import Run, by_name, open_sandbox, runner_of

from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.registry import SANDBOXES


@pytest.fixture(scope="module", params=[by_name(name) for name in SANDBOXES])
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunnerSandbox]:
    with open_sandbox(request.param, tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture(scope="module", params=[by_name(name) for name in ("bubblewrap", "docker")])
def confined(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunnerSandbox]:
    """Those that are a boundary."""
    with open_sandbox(request.param, tmp_path_factory.mktemp("confined")) as opened:
        yield opened


def planted(folder: Path) -> Path:
    folder.mkdir()
    (folder / "data.txt").write_text("as it was\n")
    return folder


@pytest.fixture(scope="module")
def common_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that leave their tree alone: starting a runner for each would take most of the time."""
    return planted(tmp_path_factory.mktemp("common") / "ärbol 0")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return planted(tmp_path / "ärbol 1")


@pytest.fixture
def run(sandbox: RunnerSandbox, common_tree: Path) -> Run:
    return runner_of(sandbox, common_tree)


@pytest.fixture
def run_here(sandbox: RunnerSandbox, tree: Path) -> Run:
    """In a tree of the test's own."""
    return runner_of(sandbox, tree)


@pytest.fixture
def run_confined(confined: RunnerSandbox, common_tree: Path) -> Run:
    return runner_of(confined, common_tree)
