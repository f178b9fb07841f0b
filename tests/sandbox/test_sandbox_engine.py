"""Which engine answers, and the removal of what dead runs left in it."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from container_helpers import BASE_IMAGE, need_image

from hasten import SandboxError
from hasten.sandbox import engine as engines
from hasten.sandbox.endpoints import DEFAULT, endpoints
from hasten.sandbox.engine import Engine
from hasten.sandbox.owners import OWNER, UNSEEN_S, gone, labels, started


@pytest.fixture
def lonely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings of Docker's."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_environment_is_asked_first(lonely: Path) -> None:
    config = lonely / ".docker"
    config.mkdir()
    (config / "config.json").write_text(json.dumps({"currentContext": "default"}))
    usual = [place.host for place in endpoints({"XDG_RUNTIME_DIR": "/run/user/7"})]
    assert usual[0] == DEFAULT
    assert "unix:///run/user/7/podman/podman.sock" in usual
    [only] = endpoints({"DOCKER_HOST": "tcp://elsewhere:2375", "DOCKER_CONTEXT": "nonsense"})
    assert (only.host, only.socket) == ("tcp://elsewhere:2375", "")
    assert endpoints({"DOCKER_HOST": "unix:///a/b.sock"})[0].socket == "/a/b.sock"


def test_a_context_is_final(lonely: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = hashlib.sha256(b"colima").hexdigest()  # As 'docker context create' names its folders.
    meta = lonely / ".docker" / "contexts" / "meta" / key
    meta.mkdir(parents=True)
    host = "unix:///somewhere/colima.sock"
    (meta / "meta.json").write_text(json.dumps({"Name": "colima", "Endpoints": {"docker": {"Host": host}}}))
    [place] = endpoints({"DOCKER_CONTEXT": "colima"})
    assert (place.host, place.socket, place.certificates) == (host, "/somewhere/colima.sock", None)
    (lonely / ".docker" / "config.json").write_text(json.dumps({"currentContext": "colima"}))
    assert endpoints({}) == [place]
    assert "colima" in (engines.available() or "")
    monkeypatch.setenv("DOCKER_CONTEXT", "nonsense")
    assert "no docker context 'nonsense'" in (engines.available() or "")
    (meta / "meta.json").write_text("{")
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    assert "cannot be read" in (engines.available() or "")


@pytest.mark.parametrize("host", ["unix:///not/there.sock", "tcp://127.0.0.1:9", "nonsense"])
def test_the_reason_why_none_answers(lonely: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    reason = engines.available()
    assert reason and host in reason and "DOCKER_HOST" in reason and "Start Docker" in reason
    with pytest.raises(SandboxError, match="No container engine answers"):
        engines.connect()


def test_something_else_behind_the_socket(lonely: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(lonely / "other.sock"))
        server.listen()

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(b"SSH-2.0-something\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{lonely}/other.sock")
        assert "something else answers" in (engines.available() or "")
        thread.join()


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_an_owner_that_runs_is_not_gone() -> None:
    mine = labels()
    assert not gone(mine)
    assert gone({**mine, "hasten.pid": str(dead_process())})
    assert gone({**mine, "hasten.started": "1"}), "the number was taken again"
    assert started(os.getpid()) != ""


def test_an_owner_that_cannot_be_looked_up_has_a_day() -> None:
    mine = labels()
    now = time.time()
    for elsewhere in ({"hasten.boot": "another"}, {"hasten.namespace": "pid:[1]"}):
        foreign = {**mine, **elsewhere, "hasten.pid": str(dead_process())}
        assert not gone(foreign, now)
        assert gone(foreign, now + UNSEEN_S + 60)


@pytest.mark.parametrize("missing", ["hasten", *OWNER])
def test_what_is_not_ours_is_never_gone(missing: str) -> None:
    dead = {**labels(), "hasten.pid": str(dead_process())}
    assert gone(dead)
    assert not gone({name: value for name, value in dead.items() if name != missing})


@pytest.fixture
def engine() -> Iterator[Engine]:
    found = need_image()
    yield found
    found.client.close()


@pytest.mark.docker
def test_the_engine_is_described(engine: Engine) -> None:
    assert engines.available() is None
    assert engine.kind in ("docker", "podman")
    assert engine.version[0].isdigit()
    assert engine.host == endpoints(os.environ)[0].host or not os.environ.get("DOCKER_HOST")


@pytest.fixture
def doomed() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until it is killed: what is labelled as its own is safe from every sweep till then,
    those of other tests too, which may come before ours when it is dead."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def owned_by(pid: int) -> dict[str, str]:
    return {**labels(), "hasten.pid": str(pid), "hasten.started": started(pid)}


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.mark.docker
def test_what_the_dead_left_is_swept(engine: Engine, doomed: subprocess.Popen[bytes]) -> None:
    client, limits, owner = engine.client, engines.ulimits(engine), owned_by(doomed.pid)
    running = client.containers.run(
        BASE_IMAGE, ["sleep", "600"], labels=owner, detach=True, ulimits=limits, network_mode="none"
    )
    living = client.containers.create(BASE_IMAGE, ["true"], labels=labels())
    others = client.containers.create(BASE_IMAGE, ["true"], labels={"app": "someone's"})
    name = f"hasten-test-{os.getpid()}"
    client.networks.create(name, labels=owner)
    client.volumes.create(name, labels=owner)
    try:
        assert running.id not in engines.sweep(engine).containers
        assert running.id in {box.id for box in client.containers.list()}
        end(doomed)
        assert not [line for line in engines.sweep(engine).kept if name in line]
        left = {box.id for box in client.containers.list(all=True)}
        assert {living.id, others.id} <= left
        assert running.id not in left
        assert not client.networks.list(names=[name])
        assert name not in {volume.name for volume in client.volumes.list()}
    finally:
        living.remove(force=True)
        others.remove(force=True)


@pytest.mark.docker
def test_two_sweeps_at_the_same_time(engine: Engine, doomed: subprocess.Popen[bytes]) -> None:
    owner = owned_by(doomed.pid)
    made = {str(engine.client.containers.create(BASE_IMAGE, ["true"], labels=owner).name) for _ in range(4)}
    end(doomed)
    found: list[engines.Swept] = []
    threads = [
        threading.Thread(target=lambda: found.append(engines.sweep(engines.connect()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(threads)
    assert not [line for swept in found for line in swept.kept if any(name in line for name in made)]
    assert not made & {box.name for box in engine.client.containers.list(all=True)}
