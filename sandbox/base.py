"""What every sandbox is asked and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from hasten import SandboxError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution may use before it is stopped; ``None`` means unlimited."""

    wall_s: float = 600.0
    cpu_s: float | None = None
    memory_bytes: int | None = None
    """Resident memory of the execution and its descendants together."""
    processes: int | None = 256
    """Processes alive at the same time, the first one included."""
    output_bytes: int = 16 * MIB
    """Per stream (stdout, stderr)."""
    file_bytes: int | None = 1024 * MIB
    """Size of any one file written."""
    disk_bytes: int | None = 4096 * MIB
    """By how much an execution that may write to its tree may shrink the space left on the disk."""


@dataclass(frozen=True, slots=True)
class Command:
    """One execution in one source tree.

    ``argv[0]`` is looked up on the PATH of ``env``. The environment of the host is never inherited: what the
    program sees is ``env`` plus HOME, TMPDIR and PWD, which the sandbox sets and empties between executions.
    """

    argv: tuple[str, ...]
    tree: Path
    """Source tree on the host. Read-only to the program unless ``writable``."""
    cwd: str = "."
    """Relative to the tree."""
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    limits: Limits = field(default_factory=Limits)
    cpu: int | None = None
    """The core the program and its descendants are pinned to."""
    writable: bool = False
    """The tree may be written: only for trees that are thrown away afterwards (test runs)."""
    artefacts: tuple[str, ...] = ()
    """Files relative to the tree that the program writes. Their directories are writable during the execution
    and put back to what they were after it; the digests of the files are in ``Execution.artefacts``."""
    exchange: Path | None = None
    """A host directory mounted writable at the same path, for files of trusted tools (profilers, tests)."""

    @property
    def repeatable(self) -> bool:
        """Whether it may be run again in the same tree: not where code of the tree may have written to it and
        to the folder of its results, as tests may."""
        return not (self.writable and self.exchange)


@dataclass(frozen=True, slots=True)
class Execution:
    """What one execution did, measured from outside by ``wait4``.

    Times are seconds, memory bytes. ``cpu_s`` is user+sys of the program and of every descendant that was
    waited for. ``main_cpu_s`` is the CPU time of the first process' main thread alone and ``blocked_s`` the
    wall time in which it neither ran nor waited for a core (sleep, I/O); both are ``None`` where
    the kernel does not tell (no ``/proc/<pid>/schedstat``).
    """

    exit_code: int
    """As a shell reports it: 128+n for a program ended by signal n."""
    stdout: bytes
    stderr: bytes
    wall_s: float
    cpu_s: float
    peak_rss_bytes: int
    main_cpu_s: float | None = None
    blocked_s: float | None = None
    limit: str | None = None
    """What ended it or made it fail (``wall``, ``cpu``, ``memory``, ``processes``, ``output``, ``file``,
    ``disk``), if any.
    ``tree``: it ran, but changed a tree that it may only read (backends that cannot keep it from that); that
    tree has to be made anew."""
    leftover: int = 0
    """Descendants still alive when the program exited; they were killed."""
    artefacts: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each declared artefact; ``""`` where the file is missing."""

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and self.limit is None


class BrokenOffError(SandboxError):
    """Commands were cut short, perhaps by somebody else; those not ``repeatable`` need a new tree to tell.

    ``executions``: what to take them for when it happens again; ``None`` when they cannot have done it.
    """

    def __init__(self, executions: list[Execution] | None) -> None:
        super().__init__("What watches the programs is ended again and again.", "Run `hasten doctor`.")
        self.executions = executions


class Sandbox(Protocol):
    """A place where commands run. A context manager: leaving it ends every process and removes every mount.

    Raises ``SandboxError`` when the sandbox itself breaks; whatever the program does is an ``Execution``.
    """

    name: str
    confined: bool
    """Whether it is a security boundary, fit for code that a stranger wrote."""

    def run(self, commands: Sequence[Command]) -> list[Execution]:
        """Start all commands at the same time, in the order given, and wait for all of them."""
        ...

    def where(self, tree: Path) -> str:
        """The path at which programs inside see ``tree``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
