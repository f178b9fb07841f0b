"""How a workload is timed, decided from a few executions of the program as it was. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from hasten.agent.types import Clock, Metric
from hasten.sandbox.base import Execution

WAITING = 0.05
"""Share of its time that a program may be blocked and still be called CPU-bound."""
SHORTEST_S = 0.010
"""Below this a side-by-side run gets too few time slices to compare anything."""

COUNTED = (
    "Instructions were asked for: repeatable to a fraction of a percent, but blind to caches and waiting."
)


@dataclass(frozen=True, slots=True)
class Mode:
    """How samples of one workload are taken."""

    name: Literal["duet", "interleaved"]
    """``duet``: both versions at the same time on the same core. ``interleaved``: one after the other."""
    metric: Clock
    pinned: bool
    """Whether every execution is held on one core."""
    why: str
    """One sentence for the report."""


DUET = Mode("duet", "cpu", True, "It computes on one core without waiting.")


def classify(executions: Sequence[Execution], wish: Metric = "auto") -> Mode:
    """The mode for a workload, from the medians of a few solo executions that were not pinned.

    ``wish`` is the workload's own ``metric``; ``auto`` decides. Side by side is by far the most precise, but
    it sees CPU time only: a program that waits or computes in parallel is timed one run after the other.
    """
    if wish == "wall":
        return Mode("interleaved", "wall", False, "Wall time was asked for.")
    if wish == "instructions":
        return Mode("interleaved", "instructions", True, COUNTED)
    if wish == "cpu":
        return Mode("duet", "cpu", True, "CPU time was asked for.")
    if any(e.main_cpu_s is None or e.blocked_s is None for e in executions):
        return _by_utilisation(executions)
    # Not of the wall time: on a busy machine most of that is the wait for a core.
    blocked = median((e.blocked_s or 0.0) / max(e.cpu_s + (e.blocked_s or 0.0), 1e-9) for e in executions)
    elsewhere = median(1 - (e.main_cpu_s or 0.0) / max(e.cpu_s, 1e-9) for e in executions)
    if elsewhere <= WAITING:
        if blocked < WAITING:
            return DUET
        why = f"It waits for {blocked:.0%} of its time."
        return Mode("interleaved", "cpu+blocked", True, why)
    return _by_utilisation(executions)


def _by_utilisation(executions: Sequence[Execution]) -> Mode:
    """From CPU time over wall time alone: exactly one busy core means one thing at a time, without waiting.

    One run may have been held up by others; none may have had more than one core. That also covers a shell
    that runs the real program as its child. Without the kernel's help, a program slowed down by others looks
    as if it waited and is timed by the wall clock: less precise, never wrong.
    """
    busy = sorted(e.cpu_s / max(e.wall_s, 1e-9) for e in executions)
    # On a busy machine two threads may get one core together: a single run that got more gives them away.
    if (busy[1:] or busy)[0] >= 1 - WAITING and busy[-1] <= 1 + WAITING / 2:
        return Mode("duet", "cpu", True, "It keeps exactly one core busy.")
    why = "It computes on several cores." if busy[-1] > 1 else "It waits, or runs several processes."
    return Mode("interleaved", "wall", False, why)


def working_s(executions: Sequence[Execution]) -> float:
    """Seconds in which an execution computed or waited, not counting the wait for a core: the least of them,
    as a busy machine only ever adds to it. Waits of a few milliseconds are none of the program's: until its
    end is noticed, a busy machine takes as long."""
    if any(e.blocked_s is None for e in executions):
        return min(e.wall_s for e in executions)
    blocked = min(e.blocked_s or 0.0 for e in executions)
    return min(e.cpu_s for e in executions) + (blocked if blocked >= SHORTEST_S else 0.0)
