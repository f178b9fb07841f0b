"""When the disk of the host is full, nobody is blamed for what fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_helpers import ENV, by_name, open_sandbox, program, runner_of

from hasten import SandboxError
from hasten.sandbox.base import MIB, Command
from hasten.sandbox.registry import SANDBOXES

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
FAIL = program("open('/nowhere')")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB."""
    place = tmp_path / "small disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", place]).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("name", [by_name(name) for name in SANDBOXES])
def test_a_failure_on_a_full_disk_is_no_result(name: str, small_disk: Path, tree: Path) -> None:
    filler = small_disk / "filler"
    with open_sandbox(name, small_disk) as sandbox:
        run = runner_of(sandbox, tree)
        failed = run(*FAIL)
        assert (failed.exit_code, failed.limit) == (1, None)
        filler.write_bytes(bytes(40 * MIB))
        assert run("true").ok, "what succeeds is not in doubt"
        with pytest.raises(SandboxError, match="no space left"):
            run(*FAIL)
        filler.unlink()
        assert run(*FAIL).exit_code == 1


def test_who_fills_it_is_blamed(small_disk: Path, tree: Path, tmp_path: Path) -> None:
    """In the sandbox whose programs write to the disk of the host."""
    code = "import os\nopen(os.environ['TMPDIR'] + '/f', 'wb', 0).write(bytes(64 << 20)) == 64 << 20 or 1 / 0"
    other = tmp_path / "other"
    other.mkdir()
    with open_sandbox("process", small_disk) as sandbox:
        honest, filler = sandbox.run(
            [Command(("true",), tree, env=ENV), Command(program(code), other, env=ENV)]
        )
        assert honest.ok and filler.limit == "disk"
        assert runner_of(sandbox, other)("true").ok
