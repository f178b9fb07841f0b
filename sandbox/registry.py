"""The sandboxes by name, and which one to take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from hasten import SandboxError, UsageError
from hasten.sandbox import bubblewrap, docker, process
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import Image
from hasten.sandbox.pool import RunnerSandbox


class Equipment(NamedTuple):
    """What a backend with a system of its own runs on."""

    engine: Engine
    image: Image


class Opening(NamedTuple):
    """What a sandbox is opened with: the user's repository, what programs need of the host besides the
    system, a folder on the host, and for some an engine with an image."""

    mount_at: Path
    readable: Sequence[Path]
    scratch: Path
    equipment: Equipment | None = None


class Backend(NamedTuple):
    available: Callable[[], str | None]
    """Why it does not work here and what to do; ``None`` when it does. Tries it, which takes milliseconds."""
    open: Callable[[Opening], RunnerSandbox]
    own_system: bool = False
    """Programs run with the Python and the libraries of an image, not with those of this machine."""


def containers(opening: Opening) -> RunnerSandbox:
    assert opening.equipment, "opened without an image"
    return docker.DockerSandbox(*opening.equipment, opening.mount_at, opening.scratch, opening.readable)


# In the order "auto" tries them.
SANDBOXES = {
    "docker": Backend(docker.available, containers, own_system=True),
    "bubblewrap": Backend(bubblewrap.available, lambda o: bubblewrap.BubblewrapSandbox(*o[:3])),
    "process": Backend(process.available, lambda o: process.ProcessSandbox(*o[:3])),
}


def demand(name: str) -> None:
    """Raises ``UsageError`` for an unknown sandbox, ``SandboxError`` for one that does not work here."""
    if name not in SANDBOXES:
        raise UsageError(f"There is no sandbox {name!r}.", f"Use one of: auto, {', '.join(SANDBOXES)}.")
    if reason := SANDBOXES[name].available():
        raise SandboxError(f"No sandbox works here: {name}: {reason}", "Run `hasten doctor` for the details.")


def choose(
    name: str,
    *,
    mount_at: Path,
    readable: Sequence[Path],
    scratch: Path,
    equipment: Equipment | None = None,
) -> RunnerSandbox:
    """Open the sandbox called ``name``; ``"auto"`` takes the first that works (then look at ``confined``),
    those with a system of their own only where there is ``equipment``.

    ``mount_at`` is the user's repository, ``readable`` what programs need besides the system, ``scratch`` a
    folder on the host. Raises ``UsageError`` for an unknown name, ``SandboxError`` when none works here.
    """
    opening = Opening(mount_at, readable, scratch, equipment)
    if name != "auto":
        demand(name)
        return SANDBOXES[name].open(opening)
    reasons = []
    for each, backend in SANDBOXES.items():
        if backend.own_system and equipment is None:
            continue
        if (reason := backend.available()) is None:
            return backend.open(opening)
        reasons.append(f"{each}: {reason}")
    raise SandboxError("No sandbox works here: " + "; ".join(reasons), "Run `hasten doctor` for the details.")
