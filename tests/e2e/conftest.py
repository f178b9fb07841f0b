"""hasten as its users run it: a process of its own, with a home and a cache of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.shop_project import Ran, make_shop

ROOT = Path(__file__).parents[2]
PRIVATE = ("HASTEN_", "GIT_", "PYTEST_", "COV_")
SECRETS = ("_API_KEY", "_TOKEN", "_API_BASE", "_BASE_URL")


NO_ENGINE = "unix:///nowhere/docker.sock"
"""What does not test containers is the same on machines with and without an engine."""


def unshared(script: str, *words: object) -> tuple[str, ...]:
    """To run a command after ``script`` in mounts of its own; ``$1``, ``$2`` ... are ``words``."""
    shift = f"shift {len(words)}; " if words else ""
    return ("unshare", "--mount", "sh", "-ec", f'{script}; {shift}exec "$@"', "sh", *map(str, words))


def may_mount() -> bool:
    try:
        probe = [*unshared("mount -t tmpfs tmpfs /mnt"), "true"]
        return subprocess.run(probe, capture_output=True).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(not may_mount(), reason="this user may not mount file systems")


@dataclass
class Hasten:
    """Runs the command line: ``hasten("optimize", repo, "-w", "python x.py")``."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def leftovers(self) -> list[str]:
        """What was left where nothing may be: trees in the cache, files in TMPDIR."""
        folders = (self.cache / "work", self.home / "tmp")
        return [path.as_posix() for folder in folders if folder.is_dir() for path in folder.iterdir()]

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(PRIVATE) and not name.endswith(SECRETS) and name != "VIRTUAL_ENV"
        }
        return {
            **kept,
            # A Python with pytest comes first.
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "HASTEN_CACHE_DIR": str(self.cache),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DOCKER_HOST": NO_ENGINE,
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **self.env,
            **(env or {}),
        }

    def argv(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "hasten", *map(str, args)]

    def __call__(
        self,
        *args: object,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        timeout_s: float = 240,
    ) -> Ran:
        """Run to the end. ``before`` is put before the command: ``unshare --mount sh -c ...``."""
        done = subprocess.run(
            [*before, *self.argv(*args)],
            cwd=cwd or self.home,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *args: object, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start and go on; its progress comes line by line on ``stderr``."""
        return subprocess.Popen(
            self.argv(*args),
            cwd=cwd or self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def hasten(tmp_path: Path) -> Hasten:
    """The command line; nothing of the machine's user reaches it."""
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    return Hasten(home)


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Path]:
    """Makes the slow little project: ``shop()``, ``shop("a name", tracked=False)``."""

    def make(name: str = "shop project", **options: object) -> Path:
        return make_shop(tmp_path / name, **options)  # type: ignore[arg-type]

    return make
