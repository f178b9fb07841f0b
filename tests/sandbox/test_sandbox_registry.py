from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_helpers import by_name, open_sandbox

from hasten import SandboxError, UsageError
from hasten.sandbox import bubblewrap, registry
from hasten.sandbox.registry import SANDBOXES, choose
from hasten.sandbox.session import Session, runner_argv, runner_env
from hasten.sandbox.wire import Pipes


def test_auto_takes_the_first_that_works(tmp_path: Path) -> None:
    """Of those that need no image."""
    here = {name: backend for name, backend in SANDBOXES.items() if not backend.own_system}
    working = [name for name, backend in here.items() if backend.available() is None]
    with choose("auto", mount_at=tmp_path, readable=[], scratch=tmp_path / "scratch") as sandbox:
        assert sandbox.name == working[0]
    assert not list((tmp_path / "scratch").iterdir())


def test_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="jail"):
        choose("jail", mount_at=tmp_path, readable=[], scratch=tmp_path)


@pytest.mark.parametrize("name", [by_name(name) for name in SANDBOXES])
def test_names_agree(name: str, tmp_path: Path) -> None:
    with open_sandbox(name, tmp_path) as sandbox:
        assert sandbox.name == name


def test_missing_bubblewrap_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(bubblewrap.program.cache_clear)
    bubblewrap.program.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Install" in (bubblewrap.available() or "")
    with pytest.raises(SandboxError, match="not installed"):
        choose("bubblewrap", mount_at=tmp_path, readable=[], scratch=tmp_path)
    with registry.choose("auto", mount_at=tmp_path, readable=[], scratch=tmp_path) as sandbox:
        assert (sandbox.name, sandbox.confined) == ("process", False)


def test_broken_bubblewrap_gives_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(bubblewrap.program.cache_clear)
    request.addfinalizer(bubblewrap.options.cache_clear)
    bubblewrap.program.cache_clear()
    bubblewrap.options.cache_clear()
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2; exit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert "uid map: Permission denied" in (bubblewrap.available() or "")


@pytest.mark.parametrize("code", ["raise SystemExit('oh no')", "print('nonsense')"])
def test_runner_that_does_not_come_up(code: str) -> None:
    with pytest.raises(SandboxError, match="does not come up"):
        Session(Pipes([sys.executable, "-c", code], {}), {})


def test_launcher_that_is_not_there() -> None:
    with pytest.raises(SandboxError, match="cannot be started"):
        Pipes(["/nowhere/bwrap"], {})


def test_runner_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; exec(sys.argv[2]); print(*sorted(n for n in sys.modules if n.startswith('hasten')))"
    boot = "sys.path.append(sys.argv[1]); import hasten.sandbox.runner"
    argv = runner_argv()
    done = subprocess.run(
        [*argv[: argv.index("-c")], "-c", code, argv[-1], boot],
        capture_output=True,
        text=True,
        check=True,
        env=runner_env(),
    )
    expected = [
        "hasten",
        *(f"hasten.sandbox{each}" for each in ("", ".calls", ".reaper", ".runner", ".scratch")),
    ]
    assert done.stdout.split() == expected
