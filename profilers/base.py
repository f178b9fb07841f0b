"""Profiles: a call tree with weights, whoever measured it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol


class Frame(NamedTuple):
    """One entry of a stack. ``line`` is the line being executed (1-based, 0 when unknown)."""

    function: str
    """As the profiler prints it; qualified where it knows (``Index.add``)."""
    file: str
    """Absolute path of the source as the program saw it; the module (``libc.so.6``) for native frames."""
    line: int = 0
    native: bool = False


Stack = tuple[Frame, ...]
"""Root first."""


@dataclass(frozen=True)
class Profile:
    """A call tree, stored as the weight of each distinct stack.

    ``stacks`` maps a stack (root first) to its own weight, in samples (``unit="samples"``) or in seconds
    (``unit="seconds"``). ``samples`` is the number of observations behind it, ``runs`` how many executions.
    """

    stacks: Mapping[Stack, float]
    source: str
    """The profiler: ``py-spy``, ``perf``, ``cProfile``."""
    unit: str = "samples"
    rate_hz: float = 0.0
    samples: int = 0
    runs: int = 1

    @property
    def total(self) -> float:
        return sum(self.stacks.values())


def merge(profiles: Sequence[Profile]) -> Profile:
    """Add up profiles of several runs of one workload; all must come from the same profiler."""
    stacks: Counter[Stack] = Counter()
    for profile in profiles:
        stacks.update(dict(profile.stacks))
    first = profiles[0]
    return Profile(
        stacks=dict(stacks),
        source=first.source,
        unit=first.unit,
        rate_hz=first.rate_hz,
        samples=sum(p.samples for p in profiles),
        runs=sum(p.runs for p in profiles),
    )


class Profiler(Protocol):
    """Builds a command line and reads what it left behind; starts no process itself."""

    name: str

    def command(self, argv: Sequence[str], out: Path) -> list[str]:
        """``argv`` wrapped so that running it writes a profile into the directory ``out``."""
        ...

    def environment(self, out: Path) -> Mapping[str, str]:
        """Variables the wrapped command needs on top of the workload's own."""
        ...

    def load(self, out: Path) -> Profile:
        """The profile in ``out``. Raises ``ProfilerError`` when there is none or it cannot be read."""
        ...

    def readable(self) -> Iterable[Path]:
        """Host paths that the wrapped command must be able to read inside a sandbox."""
        ...
