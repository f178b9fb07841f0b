"""The sandboxes by name, and which one to take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from hasten import SandboxError, UsageError
from hasten.sandbox import bubblewrap, process
from hasten.sandbox.pool import RunnerSandbox


class Backend(NamedTuple):
    available: Callable[[], str | None]
    """Why it does not work here and what to do; ``None`` when it does. Tries it, which takes milliseconds."""
    open: Callable[[Path, Sequence[Path], Path], RunnerSandbox]


# In the order "auto" tries them. A container engine would be a module of its own and come first.
SANDBOXES = {
    "bubblewrap": Backend(bubblewrap.available, bubblewrap.BubblewrapSandbox),
    "process": Backend(process.available, process.ProcessSandbox),
}


def choose(name: str, *, mount_at: Path, readable: Sequence[Path], scratch: Path) -> RunnerSandbox:
    """Open the sandbox called ``name``; ``"auto"`` takes the first that works (then look at ``confined``).

    ``mount_at`` is the user's repository, ``readable`` what programs need besides the system, ``scratch`` a
    folder on the host. Raises ``UsageError`` for an unknown name, ``SandboxError`` when none works here.
    """
    if name != "auto" and name not in SANDBOXES:
        raise UsageError(f"There is no sandbox {name!r}.", f"Use one of: auto, {', '.join(SANDBOXES)}.")
    reasons = []
    for each in SANDBOXES if name == "auto" else (name,):
        reason = SANDBOXES[each].available()
        if reason is None:
            return SANDBOXES[each].open(mount_at, readable, scratch)
        reasons.append(f"{each}: {reason}")
    raise SandboxError("No sandbox works here: " + "; ".join(reasons), "Run `hasten doctor` for the details.")
