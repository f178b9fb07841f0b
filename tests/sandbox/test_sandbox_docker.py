"""What only the container sandbox does: its options, what it leaves behind, and engines that go away."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_helpers import BASE_IMAGE, ENV, equipment, open_sandbox, program

from hasten import SandboxError
from hasten.sandbox import docker
from hasten.sandbox.base import MIB, BrokenOffError, Command, Limits
from hasten.sandbox.building import Recipe
from hasten.sandbox.container import Box, Container, limits
from hasten.sandbox.docker import DockerSandbox
from hasten.sandbox.engine import LABEL, Engine, connect, sweep
from hasten.sandbox.image import prepare

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(docker.available() is not None, reason="no engine answers"),
]
PATIENCE_S = 60


@pytest.fixture
def box(tmp_path: Path) -> Iterator[DockerSandbox]:
    with open_sandbox("docker", tmp_path) as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        yield sandbox


def ours(engine: Engine) -> list[str]:
    """Containers of this process."""
    api = engine.client.api
    marks = [LABEL, f"hasten.pid={os.getpid()}"]
    return [each["Id"] for each in api.containers(all=True, filters={"label": marks})]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true before patience ends; the engine removes containers in its own time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def command(tree: Path, code: str, **more: object) -> Command:
    return Command(program(code), tree, env=ENV, **more)  # type: ignore[arg-type]


def described(sandbox: DockerSandbox) -> dict[str, Any]:
    [found] = ours(sandbox.engine)
    return dict(sandbox.engine.client.api.inspect_container(found))


def test_a_container_may_do_next_to_nothing(box: DockerSandbox, tree: Path) -> None:
    box.run([command(tree, "pass", cpu=0, limits=Limits(memory_bytes=512 * MIB, processes=32))])
    facts = described(box)
    host = facts["HostConfig"]
    assert host["NetworkMode"] == "none" and host["ReadonlyRootfs"] and host["CapDrop"]
    assert host["SecurityOpt"] == ["no-new-privileges"] and not host["Privileged"] and not host["CapAdd"]
    assert host["CpusetCpus"] == "0" and host["AutoRemove"]
    assert host["IpcMode"] in ("private", "shareable")  # Podman's word for what nobody is told to share.
    assert host["Memory"] == host["MemorySwap"] == 512 * MIB + docker.RUNNER_BYTES
    assert 32 < host["PidsLimit"] < 512
    mounts = facts["Mounts"]
    sources = {each["Source"] for each in mounts if each["Destination"] == str(box.mount_at)}
    assert sources == {str(tree)}
    assert not any(each["RW"] for each in mounts)
    assert not [each for each in mounts if "docker.sock" in each["Source"]]


def test_programs_are_nobody_and_see_no_environment_of_the_host(
    box: DockerSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    code = "import os; print(os.getuid(), os.environ, open('/proc/1/comm').read())"
    done = box.run([command(tree, code)])[0]
    assert b"secret" not in done.stdout
    assert int(done.stdout.split()[0]) != 0 or box.engine.rootless
    status = box.run([Command(("cat", "/proc/self/status"), tree, env=ENV)])[0].stdout.decode()
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


def test_a_profiler_may_look_into_the_program_and_nobody_else(
    box: DockerSandbox, tree: Path, tmp_path: Path
) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    look = Command(("grep", "CapBnd", "/proc/self/status"), tree, env=ENV)
    with_tools = Command(look.argv, tree, env=ENV, exchange=exchange)
    plain, profiled = (box.run([each])[0].stdout.split()[1] for each in (look, with_tools))
    assert int(plain, 16) == 0
    assert int(profiled, 16) == 1 << 19  # CAP_SYS_PTRACE in linux/capability.h


def test_a_profiler_can_write_where_the_kernel_is_strict(
    box: DockerSandbox, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There it runs as root, without the capability to write to folders of others."""
    monkeypatch.setattr(docker, "YAMA", tmp_path / "scope")
    (tmp_path / "scope").write_text("2\n")
    out = tmp_path / "exchange" / "out"
    out.mkdir(parents=True, mode=0o700)
    code = f"import os; open({str(out / 'profile')!r}, 'w').write(str(os.getuid()))"
    done = box.run([command(tree, code, exchange=out.parent)])[0]
    assert (done.stderr, (out / "profile").read_text()) == (b"", "0")


def test_a_measured_program_cannot_leave_its_core(box: DockerSandbox, tree: Path) -> None:
    core = max(os.sched_getaffinity(0))
    code = f"import os\nos.sched_setaffinity(0, {{0, {core}}})\nprint(os.sched_getaffinity(0))"
    assert box.run([command(tree, code, cpu=core)])[0].stdout.decode() == f"{{{core}}}\n"


def test_an_engine_that_cannot_limit_is_not_asked_to() -> None:
    wanted = Box("i", (), "1:1", (), (), 1, memory_bytes=5, tasks=6, cpu=1)
    everything = {"MemoryLimit": True, "SwapLimit": True, "PidsLimit": True, "CPUSet": True}
    assert limits(wanted, everything) == {
        "mem_limit": 5,
        "memswap_limit": 5,
        "pids_limit": 6,
        "cpuset_cpus": "1",
    }
    assert limits(wanted, {}) == {}


def test_nothing_stays_behind(tmp_path: Path, tree: Path) -> None:
    with open_sandbox("docker", tmp_path) as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        sandbox.run([command(tree, "pass"), command(tree, "pass")])
        assert len(ours(sandbox.engine)) == 2
        engine = sandbox.engine
    assert eventually(lambda: not ours(engine))


def test_a_container_killed_in_the_middle_is_replaced(box: DockerSandbox, tree: Path) -> None:
    box.run([command(tree, "pass")])
    for each in ours(box.engine):
        box.engine.client.api.kill(each)
    assert box.run([command(tree, "print('again')")])[0].stdout == b"again\n"


def test_containers_killed_again_and_again_are_no_verdict(
    box: DockerSandbox, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs cannot end what watches them here, so it is never said that they did."""
    started = Container.__init__

    def doomed(self: Container, *args: object) -> None:
        started(self, *args)  # type: ignore[arg-type]
        self.engine.client.api.kill(self.id)

    monkeypatch.setattr(Container, "__init__", doomed)
    with pytest.raises(SandboxError):
        box.run([command(tree, "pass")])


def test_tests_whose_container_is_killed_need_a_new_tree(box: DockerSandbox, tree: Path) -> None:
    exchange = tree.with_name("exchange")
    exchange.mkdir()

    def kill() -> None:
        while not (exchange / "started").exists():
            time.sleep(0.01)
        for each in ours(box.engine):
            box.engine.client.api.kill(each)

    code = f"import time; open({str(exchange / 'started')!r}, 'w'); time.sleep(60)"
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with pytest.raises(BrokenOffError) as cut:
        box.run([command(tree, code, writable=True, exchange=exchange)])
    killer.join()
    assert cut.value.executions is None


def test_an_image_that_vanished_says_what_to_do(tmp_path: Path, tree: Path) -> None:
    found = equipment(tmp_path)
    api = found.engine.client.api
    api.tag(BASE_IMAGE, "hasten-test-vanishing", "1")
    image = prepare(found.engine, "hasten-test-vanishing:1", tmp_path / "cache")
    gone = type(image)(**{**vars(image), "id": "sha256:" + "0" * 64})
    api.remove_image("hasten-test-vanishing:1", noprune=True)
    with DockerSandbox(found.engine, gone, tmp_path / "repo", tmp_path / "scratch") as sandbox:
        with pytest.raises(SandboxError, match="not there any more") as raised:
            sandbox.run([command(tree, "pass")])
        assert "hasten sandbox build" in raised.value.hint


def test_volumes_of_an_image_keep_nothing(tmp_path: Path, tree: Path) -> None:
    found = equipment(tmp_path)
    recipe = Recipe(
        f"Test {uuid.uuid4().hex}",
        f"FROM {BASE_IMAGE}\nRUN mkdir -m 777 /data && touch /data/seed\nVOLUME /data\n",
        bases=(BASE_IMAGE,),
    )
    image = prepare(found.engine, recipe, tmp_path / "cache")
    assert image == replace(prepare(found.engine, recipe, tmp_path / "cache"), built=True)
    assert "/data" in image.notes[-1]
    try:
        with DockerSandbox(found.engine, image, tmp_path / "repo", tmp_path / "scratch") as sandbox:
            write = command(tree, "import os; print(os.listdir('/data')); open('/data/answer', 'w').close()")
            assert [sandbox.run([write])[0].stdout for _ in range(2)] == [b"[]\n"] * 2
            assert "volume" not in {each["Type"] for each in described(sandbox)["Mounts"]}
    finally:
        found.engine.client.api.remove_image(image.name, force=True)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("dockerd"), reason="only root starts an engine")
def test_an_engine_that_restarts_is_waited_for(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of our own: the first half of the work before it is stopped, the second when it came back."""
    folder = Path(tempfile.mkdtemp(prefix="eng"))  # Names of sockets may not be long.
    socket = folder / "s"
    # In a network and mounts of its own: the bridge and the mounts of the engine beside it stay as they are.
    argv = ["unshare", "--net", "--mount", "dockerd", "-H", f"unix://{socket}", "--iptables=false"]
    for option in ("data-root", "exec-root"):
        argv += [f"--{option}", str(folder / option)]
    argv += ["--pidfile", str(folder / "pid")]

    def start() -> subprocess.Popen[bytes]:
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(argv, stdout=log, stderr=log)

    equipment(tmp_path)  # Skips without the image.
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    daemon = start()
    try:
        assert eventually(lambda: docker.available() is None)
        export = ["docker", "-H", "unix:///var/run/docker.sock", "save", BASE_IMAGE]
        with subprocess.Popen(export, stdout=subprocess.PIPE) as saved:
            load = ["docker", "-H", f"unix://{socket}", "load"]
            subprocess.run(load, stdin=saved.stdout, check=True, capture_output=True)
        own = connect()
        image = prepare(own, BASE_IMAGE, tmp_path / "cache2")
        with DockerSandbox(own, image, tmp_path / "repo", tmp_path / "scratch") as sandbox:
            assert sandbox.run([command(tree, "print(1)")])[0].stdout == b"1\n"
            daemon.terminate()
            daemon.wait()
            daemon = start()
            assert sandbox.run([command(tree, "print(2)")])[0].stdout == b"2\n"
        sweep(own)
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(folder, ignore_errors=True)
