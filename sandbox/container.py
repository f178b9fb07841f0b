"""One container with a runner in it: its options, and the wire to it."""

from __future__ import annotations

import re
import select
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hasten import SandboxError
from hasten.sandbox.engine import Engine, labels, ulimits
from hasten.sandbox.wire import CHUNK, STOP_S

if TYPE_CHECKING:
    import socket

HEADER = struct.Struct(">BxxxI")  # Which stream, and how many bytes of it follow (Docker API, "attach").
STDOUT = 1
NO_PROGRAM = re.compile(r'exec: ("[^"]*")')
SCRATCH_INODES = 1 << 18
COMPLAINT = 4000
"""Bytes kept of what a runner writes to stderr."""


@dataclass(frozen=True)
class Mount:
    """A file or folder of the host, shown at ``at``."""

    source: str
    at: str
    writable: bool = False


@dataclass(frozen=True)
class Box:
    """What one container may see and use."""

    image: str
    argv: Sequence[str]
    user: str
    """``uid:gid`` inside."""
    mounts: Sequence[Mount]
    scratch: Sequence[str]
    """Folders in memory, ``scratch_bytes`` each."""
    scratch_bytes: int
    memory_bytes: int | None = None
    tasks: int | None = None
    cpu: int | None = None
    capabilities: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=labels)


def host_config(engine: Engine, box: Box, can: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's options for a box. ``can``: what ``docker info`` says this engine can limit."""
    from docker.types import LogConfig
    from docker.types import Mount as Bind

    uid, gid = box.user.split(":")
    owned = f"uid={uid},gid={gid},nr_inodes={SCRATCH_INODES}" if engine.kind == "docker" else "U,notmpcopyup"
    options = f"rw,exec,nosuid,nodev,mode=1777,size={box.scratch_bytes},{owned}"
    config: dict[str, Any] = engine.client.api.create_host_config(
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        cap_add=list(box.capabilities),
        security_opt=["no-new-privileges"],
        ipc_mode="private",
        auto_remove=True,
        log_config=LogConfig(type="none"),
        tmpfs=dict.fromkeys(box.scratch, options),
        mounts=[Bind(m.at, m.source, type="bind", read_only=not m.writable) for m in box.mounts],
        ulimits=ulimits(engine),
        **limits(box, can),
    )
    return config


def limits(box: Box, can: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the engine can enforce; the runner watches over memory and processes everywhere."""
    found: dict[str, Any] = {}
    if box.memory_bytes and can.get("MemoryLimit"):
        found["mem_limit"] = box.memory_bytes
        if can.get("SwapLimit"):
            found["memswap_limit"] = box.memory_bytes
    if box.tasks and can.get("PidsLimit"):
        found["pids_limit"] = box.tasks
    if box.cpu is not None and can.get("CPUSet"):
        found["cpuset_cpus"] = str(box.cpu)
    return found


@contextmanager
def engine_errors(engine: Engine) -> Iterator[None]:
    """What the engine says, as ``SandboxError``; ``ConnectionError`` while it does not answer."""
    from docker.errors import APIError, DockerException, ImageNotFound
    from requests.exceptions import RequestException

    try:
        yield
    except ImageNotFound as error:
        raise SandboxError(
            f"The image is not there any more: {error.explanation}.", "Make it again: 'hasten sandbox build'."
        ) from error
    except APIError as error:
        said = str(error.explanation or error).strip()
        if missing := NO_PROGRAM.search(said):
            message = f"The image has no program {missing[1]} that can be run."
            raise SandboxError(message, "'hasten sandbox shell' shows what it has.") from error
        if "bind source path does not exist" in said or "no such file or directory" in said.lower():
            raise SandboxError(
                f"The engine at {engine.host} does not see the files of this machine: {said}.",
                "Use an engine on this machine, or --sandbox bubblewrap.",
            ) from error
        if "no space left" in said:
            hint = "Free some space where the engine keeps its data, then 'hasten resume'."
            raise SandboxError("There is no space left for containers.", hint) from error
        raise SandboxError(f"The engine refuses a container: {said}.", "Run 'hasten doctor'.") from error
    except (RequestException, DockerException, OSError) as error:
        raise ConnectionError(f"the engine at {engine.host} does not answer: {error}") from error


class Container:
    """The wire to a runner that is the first process of a container of its own.

    Attached before it starts, so that nothing is missed; the engine removes it when it ends. Raises
    ``SandboxError`` when the engine refuses, ``ConnectionError`` when it does not answer.
    """

    def __init__(self, engine: Engine, box: Box, can: Mapping[str, Any]) -> None:
        self.engine, self.id = engine, ""
        self.pending, self.errors = bytearray(), bytearray()
        self.stream, self.left = 0, 0
        api = engine.client.api
        with engine_errors(engine):
            made = api.create_container(
                box.image,
                list(box.argv),
                user=box.user,
                stdin_open=True,
                entrypoint=[],
                working_dir="/",
                labels=dict(box.labels),
                host_config=host_config(engine, box, can),
                network_disabled=True,
                healthcheck={"test": ["NONE"]},
            )
            self.id = made["Id"]
            try:
                params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                self.file = api.attach_socket(self.id, params=params)
                self.line: socket.socket = getattr(self.file, "_sock", self.file)
                self.line.setblocking(False)
                self.source = self.line.fileno()
                api.start(self.id)
            except BaseException:
                self.remove()
                raise

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.line.send(rest) :]
            except BlockingIOError:
                select.select([], [self.line], [], STOP_S)

    def receive(self) -> bytes:
        """Bytes of the runner's stdout; what it writes to stderr is kept for ``complaint``."""
        while True:
            if out := self.unpack():
                return out
            data = self.line.recv(CHUNK)
            if not data:
                return b""
            self.pending += data

    def unpack(self) -> bytes:
        """What of ``pending`` belongs to stdout: the engine sends frames with a header each."""
        found = bytearray()
        while self.left or len(self.pending) >= HEADER.size:
            if not self.left:
                self.stream, self.left = HEADER.unpack_from(self.pending)
                del self.pending[: HEADER.size]
            part = self.pending[: self.left]
            if not part:
                break
            del self.pending[: len(part)]
            self.left -= len(part)
            if self.stream == STDOUT:
                found += part
            elif len(self.errors) < COMPLAINT:
                self.errors += part
        return bytes(found)

    def complaint(self) -> str:
        lines = self.errors.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def crowded(self) -> bool:
        return False  # The runner reads the counters of its container itself.

    def close(self) -> None:
        ended = False
        try:
            ended = self.hang_up()
        finally:
            with suppress(OSError):
                self.file.close()
                self.line.close()
            if not ended:
                self.remove()

    def hang_up(self) -> bool:
        """Close the runner's stdin and wait for its end; False when it does not come."""
        import socket

        try:
            self.line.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + STOP_S
            while (left := deadline - time.monotonic()) > 0:
                if select.select([self.line], [], [], left)[0] and not self.line.recv(CHUNK):
                    return True
        except OSError:
            return False
        return False

    def remove(self) -> None:
        from docker.errors import DockerException
        from requests.exceptions import RequestException

        with suppress(DockerException, RequestException, OSError):
            self.engine.client.api.remove_container(self.id, force=True, v=True)
