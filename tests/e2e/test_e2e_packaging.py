"""The wheel that a user installs, built from the sdist, holds everything and runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("agent", "cli", "profilers", "sandbox")
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, out = tmp_path_factory.mktemp("source") / "hasten", tmp_path_factory.mktemp("dist")
    skip = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "examples")
    shutil.copytree(ROOT, source, symlinks=True, ignore=skip)
    command = [sys.executable, "-m", "build", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(out.glob("*.tar.gz"))) as sdist:
        assert not [member.name for member in sdist if member.issym()]
    return next(out.glob("*.whl"))


def test_every_source_file_is_in_the_wheel_and_only_below_hasten(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"hasten/{path.relative_to(ROOT).as_posix()}"
        for floor in FLOORS
        for pattern in ("*.py", "*.j2")
        for path in (ROOT / floor).rglob(pattern)
    }
    assert wanted <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"hasten"}


def test_an_installed_wheel_runs_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = str(tmp_path / "env" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, cwd=tmp_path)
    for command in (["-m", "hasten", "--version"], [str(tmp_path / "env" / "bin" / "hasten"), "rules"]):
        argv = [python, *command] if command[0] == "-m" else command
        done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, check=True)
        assert done.stdout
