"""Where a container engine may answer: what the user chose, or the usual sockets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hasten import SandboxError

DEFAULT = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Endpoint:
    """One place to look."""

    host: str
    """As in ``DOCKER_HOST``."""
    chosen: str = ""
    """How the user chose it (``DOCKER_HOST``, a context); ``""`` for a usual place."""
    certificates: Path | None = None
    """A folder with ``ca.pem``, ``cert.pem`` and ``key.pem``, where a context has them."""
    verify: bool = True

    @property
    def socket(self) -> str:
        """Its path on this machine; ``""`` when it is reached by network."""
        return "/" + self.host.removeprefix("unix://").lstrip("/") if self.host.startswith("unix://") else ""


def endpoints(environ: Mapping[str, str]) -> list[Endpoint]:
    """Where to look, best first: ``DOCKER_HOST`` and a chosen docker context are final.

    Raises ``SandboxError`` when the chosen context cannot be read.
    """
    if host := environ.get("DOCKER_HOST"):
        return [Endpoint(host, "DOCKER_HOST")]
    folder = Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    name = environ.get("DOCKER_CONTEXT") or current_context(folder)
    if name and name != "default":
        return [context(folder, name)]
    own = environ.get("XDG_RUNTIME_DIR")
    usual = [DEFAULT, *([f"unix://{own}/docker.sock", f"unix://{own}/podman/podman.sock"] if own else [])]
    return [Endpoint(host) for host in (*usual, "unix:///run/podman/podman.sock")]


def current_context(folder: Path) -> str:
    """The context named in Docker's settings file; ``""`` when there is none."""
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("currentContext") or "") if isinstance(found, dict) else ""


def context(folder: Path, name: str) -> Endpoint:
    """A docker context, from the files that ``docker context create`` writes.

    Raises ``SandboxError`` when there is none of that name. (The docker package would look for them in the
    working directory where there is no settings file.)
    """
    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta: Any = json.loads((folder / "contexts" / "meta" / key / "meta.json").read_text(encoding="utf-8"))
        found = meta["Endpoints"]["docker"]
        host = str(found["Host"])
    except FileNotFoundError:
        raise SandboxError(f"There is no docker context '{name}'.", "See 'docker context ls'.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"The docker context '{name}' cannot be read: {error}."
        raise SandboxError(message, "See 'docker context inspect'.") from error
    certificates = folder / "contexts" / "tls" / key / "docker"
    return Endpoint(
        host,
        f"the docker context '{name}'",
        certificates if certificates.is_dir() else None,
        verify=not found.get("SkipTLSVerify"),
    )
