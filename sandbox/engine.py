"""The container engine: which one answers, a client of it, and what dead runs left behind in it."""

from __future__ import annotations

import importlib.util
import os
import resource
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hasten import SandboxError
from hasten.sandbox.endpoints import Endpoint, endpoints
from hasten.sandbox.owners import IMAGE_LABEL as IMAGE_LABEL
from hasten.sandbox.owners import LABEL as LABEL
from hasten.sandbox.owners import gone
from hasten.sandbox.owners import labels as labels

if TYPE_CHECKING:  # Loading it takes 0.3 s, which only those who use it pay.
    import docker

Answer = TypeVar("Answer")
PIDS = 32768  # Linux' own limit on process numbers, which may be raised.
PING_S = 5.0
ANSWER_S = 60.0
START = "Start Docker ('systemctl start docker') or Podman ('systemctl --user start podman.socket')."


@dataclass(frozen=True)
class Engine:
    """A container engine that answered."""

    client: docker.DockerClient
    kind: Literal["docker", "podman"]
    rootless: bool
    host: str
    """As in ``DOCKER_HOST``. Of an engine on another machine the trees of this one cannot be mounted."""
    version: str = ""
    socket: str = ""
    """Path of its socket on this machine; ``""`` when it is reached by network."""


def available() -> str | None:
    """Why no engine answers, and what to do; ``None`` when one does. Never raises.

    Takes milliseconds where the engine has a socket on this machine.
    """
    try:
        first_answer(lambda endpoint: ping(endpoint.socket) if endpoint.socket else client_of(endpoint))
    except SandboxError as error:
        return f"{error.message} {error.hint}"
    return None


def connect() -> Engine:
    """A client of the first engine that answers.

    Looked for at ``DOCKER_HOST``, else the current docker context, else the usual sockets of Docker and
    Podman. Raises ``SandboxError`` when none answers.
    """
    return first_answer(engine_at)


def first_answer(call: Callable[[Endpoint], Answer]) -> Answer:
    """What ``call`` gives for the first endpoint that answers. Raises ``SandboxError`` when none does."""
    places = endpoints(os.environ)
    reasons: list[str] = []
    for endpoint in places:
        try:
            return call(endpoint)
        except FileNotFoundError:
            if endpoint.chosen:
                reasons.append(f"{endpoint.host}: there is no such socket")
        except PermissionError:
            reasons.append(f"{endpoint.host}: this user may not open it (is it in the group 'docker'?)")
        except OSError as error:
            reasons.append(f"{endpoint.host}: {error.strerror or error}")
    if places[0].chosen:
        raise SandboxError(f"No container engine answers at {reasons[0]} (from {places[0].chosen}).", START)
    raise SandboxError(f"No container engine answers: {'; '.join(reasons) or 'no socket was found'}.", START)


def ping(path: str) -> None:
    """Raises ``OSError`` when no engine answers at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PING_S)
        line.connect(path)
        line.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
        answer = line.recv(64)
    if not answer.startswith(b"HTTP/1.") or b" 200 " not in answer:
        raise OSError(f"something else answers ({answer[:40]!r})")


def client_of(endpoint: Endpoint) -> docker.DockerClient:
    """Raises ``OSError`` when nothing answers."""
    import docker
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env

    if endpoint.host.startswith("ssh:") and importlib.util.find_spec("paramiko") is None:
        raise OSError("engines are reached by SSH only where the package paramiko is installed")
    options: dict[str, Any] = {}
    try:
        if endpoint.chosen == "DOCKER_HOST":
            options |= kwargs_from_env()
        elif endpoint.certificates:
            options["tls"] = tls_of(endpoint.certificates, endpoint.verify)
        options["base_url"] = endpoint.host
        return docker.DockerClient(**options, version="auto", timeout=int(ANSWER_S))
    except DockerException as error:
        raise OSError(root_cause(error)) from error


def tls_of(folder: Path, verify: bool) -> Any:
    """The client's side of TLS, from the files that a docker context keeps (those it has of the three)."""
    from docker.tls import TLSConfig

    authority, certificate, key = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
    return TLSConfig(
        ca_cert=str(authority) if authority.is_file() else None,
        client_cert=(str(certificate), str(key)) if certificate.is_file() and key.is_file() else None,
        verify=verify,
    )


def root_cause(error: BaseException) -> str:
    """What the system said, which the docker package wraps several times over."""
    first = error
    while first.__context__ is not None:
        first = first.__context__
    return getattr(first, "strerror", None) or str(first)


def engine_at(endpoint: Endpoint) -> Engine:
    if endpoint.socket:
        ping(endpoint.socket)
    client = client_of(endpoint)
    with answering():
        version, info = client.version(), client.info()
    podman = any("podman" in str(part.get("Name", "")).lower() for part in version.get("Components") or ())
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    return Engine(
        client=client,
        kind="podman" if podman else "docker",
        rootless=rootless,
        host=endpoint.host,
        version=str(version.get("Version", "")),
        socket=endpoint.socket,
    )


def ulimits(engine: Engine) -> list[Any]:
    """Limits to start containers with: ours for Podman, none for Docker, whose daemon hands down its own.

    Podman (seen with 4.3) asks for more than a root without CAP_SYS_RESOURCE may have, and lowers its own
    number of processes to ``kernel.pid_max``.
    """
    from docker.types import Ulimit

    if engine.kind != "podman":
        return []
    try:
        most = int(Path("/proc/sys/kernel/pid_max").read_text())
    except OSError:
        most = PIDS
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    found = {"nofile": files, "nproc": min(most, processes) if processes >= 0 else most}
    return [Ulimit(name=name, soft=limit, hard=limit) for name, limit in found.items() if limit >= 0]


@contextmanager
def answering() -> Iterator[None]:
    """Raises ``SandboxError`` instead of whatever the docker package raises."""
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, OSError) as error:  # What breaks on the way is an OSError.
        said = getattr(error, "explanation", None) or error
        raise SandboxError(f"The container engine does not do it: {said}.", "Run `hasten doctor`.") from error


@dataclass(frozen=True)
class Swept:
    """What was removed, by name."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """What belongs to nobody but could not be removed, with the reason."""

    @property
    def count(self) -> int:
        return len(self.containers) + len(self.networks) + len(self.volumes)


def sweep(engine: Engine) -> Swept:
    """Remove, by force, what hastens that have ended left behind; what others use is left alone.

    Safe beside other runs and other sweeps: something is removed only when its owner is ``gone``, and that
    another sweep was faster is no error. Raises ``SandboxError`` when the engine does not answer.
    """
    api = engine.client.api
    ours = {"label": LABEL}
    with answering():
        containers = api.containers(all=True, filters=ours)
        networks = api.networks(filters=ours)
        volumes = (api.volumes(filters=ours) or {}).get("Volumes") or []
    kept: list[str] = []

    def remove_container(key: str) -> None:
        api.remove_container(key, v=True, force=True)

    # Networks and volumes only after the containers that use them.
    first = [dropped(found, "Id", kept, remove_container) for found in containers]
    second = [dropped(found, "Id", kept, api.remove_network) for found in networks]
    third = [dropped(found, "Name", kept, api.remove_volume) for found in volumes]
    return Swept(named(first), named(second), named(third), tuple(kept))


def named(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


def dropped(found: Mapping[str, Any], key: str, kept: list[str], remove: Callable[[str], Any]) -> str:
    """Remove one thing if its owner is gone. Its name; ``""`` when it stays or another was faster."""
    from docker.errors import APIError, NotFound

    if not gone(found.get("Labels") or {}):
        return ""
    name = str((found.get("Names") or [found.get("Name", "")])[0]).lstrip("/") or str(found[key])[:12]
    try:
        with answering():
            remove(str(found[key]))
    except SandboxError as error:
        cause = error.__cause__
        if not isinstance(cause, NotFound) and "already in progress" not in str(cause):
            kept.append(f"{name}: {cause.explanation if isinstance(cause, APIError) else error.message}")
        return ""
    return name
