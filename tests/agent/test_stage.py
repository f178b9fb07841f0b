"""Which sandbox is taken, where a real engine answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hasten import UsageError
from hasten.agent.settings import SandboxSettings, Settings
from hasten.agent.stage import set_stage
from hasten.sandbox import engine as engines


@pytest.mark.docker
def test_manifests_that_make_no_image_leave_the_other_sandboxes(tmp_path: Path) -> None:
    if reason := engines.available():
        pytest.skip(reason)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "old"\nrequires-python = "<3"\n')
    stage = set_stage(tmp_path, Settings(), tmp_path / "cache")
    assert stage.backend != "docker"
    assert "docker was left out: There is no Python that fits requires-python" in stage.notes[0]
    with pytest.raises(UsageError):
        set_stage(tmp_path, Settings(sandbox=SandboxSettings(backend="docker")), tmp_path / "cache")
