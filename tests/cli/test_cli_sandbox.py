"""``hasten sandbox`` as a user types it, against a real engine."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hasten.sandbox import engine as engines
from hasten.sandbox.engine import Engine, labels
from hasten.sandbox.image import inspect

BASE_IMAGE = "hasten-test-base:bookworm"
HASTEN = (sys.executable, "-m", "hasten")


@pytest.fixture
def engine() -> Iterator[Engine]:
    if reason := engines.available():
        pytest.skip(reason)
    found = engines.connect()
    if not inspect(found, BASE_IMAGE):
        pytest.skip(f"no image {BASE_IMAGE}: tests/sandbox/base_image.sh makes it")
    yield found
    found.client.close()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HASTEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HASTEN_SANDBOX_IMAGE", BASE_IMAGE)
    repo = tmp_path / "shop"
    repo.mkdir()
    (repo / "shop.py").write_text("print('welcome')\n")
    return repo


def run(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HASTEN, *words], input=text, capture_output=True, text=True, timeout=120)


def answer(*words: str) -> dict[str, Any]:
    done = run(*words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def test_no_engine(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///not/there.sock")
    for words in (["build", str(shop)], ["shell", "--repo", str(shop), "--", "true"], ["prune"]):
        done = run("sandbox", *words)
        assert done.returncode == 4
        assert "/not/there.sock" in done.stderr
        assert "Traceback" not in done.stderr


def test_usage(shop: Path) -> None:
    assert run("sandbox", "build", str(shop / "nowhere")).returncode == 2
    done = run("sandbox", "shell", "--repo", str(shop), "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


@pytest.mark.docker
def test_build_says_what_there_is(engine: Engine, shop: Path) -> None:
    found = answer("sandbox", "build", str(shop))
    assert (found["image"], found["built"]) == (BASE_IMAGE, False)
    assert found["engine"]["kind"] == engine.kind
    done = run("sandbox", "build", str(shop))
    assert done.stdout.startswith(f"Up to date: {BASE_IMAGE} with Python {found['version']}")


@pytest.mark.docker
def test_a_build_that_fails(engine: Engine, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HASTEN_SANDBOX_IMAGE")
    monkeypatch.setenv("HASTEN_SANDBOX_DOCKERFILE", "Dockerfile")
    (shop / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nRUN echo no such luck; false\n")
    done = run("sandbox", "build", str(shop))
    assert done.returncode == 4
    assert "RUN echo no such luck; false" in done.stderr
    log = next((shop.parent / "cache" / "images").glob("*.log"))
    assert str(log) in done.stderr.replace("\n", "")


@pytest.mark.docker
def test_a_command_runs_where_candidates_run(engine: Engine, shop: Path) -> None:
    code = "import os, sys; print(os.getcwd(), open('shop.py').read());"
    code += "print(input(), file=sys.stderr); sys.exit(7)"
    done = run("sandbox", "shell", "--repo", str(shop), "--", "python", "-c", code, text="hello\n")
    assert done.returncode == 7
    assert done.stdout == f"{shop} print('welcome')\n\n"
    assert done.stderr.splitlines()[-1] == "hello"
    code = "import os; print(sorted(os.listdir('/sys/class/net')), os.getuid() != 0, os.access('.', os.W_OK))"
    found = answer("sandbox", "shell", "--repo", str(shop), "--json", "--", "python", "-c", code)
    assert (found["exit_code"], found["stdout"]) == (0, "['lo'] True False\n")
    done = run("sandbox", "shell", "--repo", str(shop), "--writable", "--", "sh", "-c", "echo > new; ls")
    assert done.stdout.split() == ["new", "shop.py"]
    assert [path.name for path in shop.iterdir()] == ["shop.py"]


@pytest.mark.docker
def test_input_that_nobody_takes_and_programs_that_are_not_there(engine: Engine, shop: Path) -> None:
    shell = ("sandbox", "shell", "--repo", str(shop), "--")
    assert len(run(*shell, "cat", text="x" * 10_000_000).stdout) == 10_000_000
    with Path("/dev/zero").open("rb") as zeros:
        assert subprocess.run([*HASTEN, *shell, "true"], stdin=zeros, timeout=120).returncode == 0
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *HASTEN, *shell, "echo", "hello"]
    assert subprocess.run(closed, capture_output=True, timeout=120).stdout == b"hello\n"
    with subprocess.Popen(
        [*HASTEN, *shell, "yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as endless:
        assert endless.stdout and endless.stdout.readline() == b"y\n"
        endless.stdout.close()
        assert endless.stderr and b"error" not in endless.stderr.read()
    for name in ("./nothing", "nothing"):
        done = run(*shell, name)
        assert (done.returncode, f'no program "{name}"' in done.stderr) == (4, True)


@pytest.mark.docker
def test_a_cache_that_cannot_be_written(engine: Engine, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASTEN_CACHE_DIR", str(shop / "shop.py"))
    done = run("sandbox", "build", str(shop))
    assert done.returncode == 4
    assert "Choose another place with HASTEN_CACHE_DIR" in done.stderr.replace("\n", " ")


def read_until(terminal: int, word: bytes) -> bytes:
    """What a terminal shows, up to a word or the end."""
    shown, deadline = b"", time.monotonic() + 60
    while word not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                data = os.read(terminal, 4096)
            except OSError:  # Linux says so when the other side is closed.
                break
            if not data:
                break
            shown += data
    return shown


@pytest.mark.docker
def test_a_shell_on_a_terminal(engine: Engine, shop: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(HASTEN[0], [*HASTEN, "sandbox", "shell", "--repo", str(shop)])
    try:
        assert b"$ " in read_until(terminal, b"$ ")
        os.write(terminal, b"tty; python3 shop.py; sleep 600\n")
        assert b"welcome\r\n" in read_until(terminal, b"welcome\r\n")
        os.write(terminal, b"\x03")  # Ctrl-C is for the program inside.
        os.write(terminal, b"exit 5\n")
        read_until(terminal, b"\x00 never")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    finally:
        os.close(terminal)


@pytest.mark.docker
def test_what_a_killed_hasten_left_is_pruned(engine: Engine, shop: Path) -> None:
    words = [*HASTEN, "sandbox", "shell", "--repo", str(shop), "--", "sh", "-c", "echo up; sleep 600"]
    living = engine.client.containers.create(BASE_IMAGE, ["true"], labels=labels())
    try:
        with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as killed:
            assert killed.stdout
            assert killed.stdout.readline() == b"up\n"
            assert boxes_of(engine, killed.pid)
            killed.send_signal(signal.SIGKILL)
        # Another test's hasten may have been faster, but then there is nothing left either.
        assert set(answer("sandbox", "prune")) >= {"containers", "networks", "volumes", "images"}
        assert not boxes_of(engine, killed.pid)
        assert living.id in [box.id for box in engine.client.containers.list(all=True)]
    finally:
        living.remove()


def boxes_of(engine: Engine, pid: int) -> list[Any]:
    """The containers of a hasten."""
    return list(engine.client.containers.list(all=True, filters={"label": [f"hasten.pid={pid}"]}))
