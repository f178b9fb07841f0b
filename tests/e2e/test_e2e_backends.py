"""The same example in every sandbox: the same edits are kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from e2e_support import Terminal

from hasten.sandbox import engine, image
from hasten.sandbox.registry import SANDBOXES

ROOT = Path(__file__).parents[2]
BASE = "hasten-test-base:bookworm"
pytestmark = [pytest.mark.e2e, pytest.mark.docker]


def skip_without(name: str) -> None:
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    if SANDBOXES[name].own_system and not image.inspect(engine.connect(), BASE):
        pytest.skip(f"{name}: no image {BASE} (made by tests/sandbox/base_image.sh)")


@pytest.mark.parametrize("name", list(SANDBOXES))
def test_the_same_edits_are_kept(name: str, tmp_path: Path) -> None:
    skip_without(name)
    repo = tmp_path / "simulation"
    shutil.copytree(ROOT / "examples" / "simulation", repo, ignore=shutil.ignore_patterns(".hasten"))
    host = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    terminal = Terminal(tmp_path / "cache", {"HASTEN_SANDBOX_BASE": BASE, "DOCKER_HOST": host})
    done = terminal.run("optimize", "--sandbox", name, "--json", cwd=repo)
    assert done.code == 0, done.err
    [night] = done.data["verdict"]["workloads"]
    assert night["ci"][0] > 2
    kept = {edit["origin"] for edit in done.data["kept"]}
    assert "rules:pop-front" in kept
    assert f"sandbox {name}" in done.err
    if SANDBOXES[name].own_system:
        assert "(py-spy)" in done.err, "the profiler works in there"
