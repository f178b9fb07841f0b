"""cProfile: the fallback that needs no permission to attach and sees even the shortest workload.

It counts every call instead of sampling, so programs that call many small functions look slower in them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from hasten import ProfilerError
from hasten.profilers import inject
from hasten.profilers.base import Frame, Profile, Stack

PROBE = Path(__file__).with_name("cprofile_probe.py")
MAX_DEPTH = 64
SPLIT = 1e-3
"""A caller that would get less than this fraction of the total cedes it to those that get more."""

K = TypeVar("K")
WAITING = frozenset(
    {"posix.waitpid", "posix.wait4", "_queue.SimpleQueue.get"}
    | {f"_thread.{lock}.{name}" for lock in ("lock", "RLock") for name in ("acquire", "__enter__")}
    | {f"_multiprocessing.SemLock.{name}" for name in ("acquire", "__enter__")}
    | {f"select.{name}" for name in ("select", "poll.poll", "select.poll", "epoll.poll", "kqueue.control")}
)
"""Waiting for other threads, children or events: idle time, which a sampler leaves out as well."""
Edge = tuple[str, int, str, float, float]
Row = tuple[str, int, str, int, float, float, list[Edge]]
Ranked = dict[Frame, list[tuple[Frame, float]]]
_ROWS: TypeAdapter[list[Row]] = TypeAdapter(list[Row])
_BUILTIN = re.compile(r"<built-in method (?:builtins\.)?(?P<name>[^>]+)>\Z")
_METHOD = re.compile(r"<method '(?P<name>[^']+)' of '(?P<type>[^']+)' objects>\Z")


@dataclass(frozen=True)
class CProfile:
    name = "cProfile"

    def command(self, argv: Sequence[str], out: Path) -> list[str]:
        return list(argv)

    def environment(self, out: Path) -> Mapping[str, str]:
        """Installs the probe below ``out``; lay the result over the program's own with ``inject.layered``."""
        return inject.install(out, PROBE)

    def readable(self) -> Iterable[Path]:
        return ()

    def load(self, out: Path) -> Profile:
        """Raises ``ProfilerError`` when no process reported anything."""
        graph = CallGraph()
        for report in inject.reports(out):
            try:
                graph.add(_ROWS.validate_python(report))
            except ValidationError:
                continue  # the program can write there too; what it made up does not count
        if not graph.own:
            raise ProfilerError(
                "cProfile saw no Python code.",
                "The workload must start Python without the options -I, -E and -S.",
            )
        return Profile(graph.stacks(), source=self.name, unit="seconds", samples=graph.calls)


def _add(edges: dict[Frame, dict[K, float]], callee: Frame, caller: K, weight: float) -> None:
    by_caller = edges.setdefault(callee, {})
    by_caller[caller] = by_caller.get(caller, 0.0) + max(0.0, weight)


@dataclass
class CallGraph:
    """Own time by function and caller, as cProfile records it, and the call tree it most likely came from."""

    own: dict[Frame, dict[Frame | None, float]] = field(default_factory=dict)
    total: dict[Frame, dict[Frame, float]] = field(default_factory=dict)
    calls: int = 0

    def add(self, rows: Sequence[Row]) -> None:
        for file, line, name, calls, own, _, edges in rows:
            callee = as_frame(file, line, name)
            self.calls += calls
            _add(self.own, callee, None, own - sum(edge[3] for edge in edges))
            for caller_file, caller_line, caller_name, edge_own, edge_total in edges:
                caller = as_frame(caller_file, caller_line, caller_name)
                _add(self.own, callee, caller, edge_own)
                _add(self.total, callee, caller, edge_total)

    def stacks(self) -> dict[Stack, float]:
        """Each function's own time, spread over the chains of its callers.

        The time a caller passed down is split among *its* callers in proportion to the cumulative time under
        each, as gprof does: exact for trees, an estimate where a function behaves differently by caller.
        """
        ranked = {
            callee: sorted(callers.items(), key=lambda item: (-item[1], item[0]))
            for callee, callers in self.total.items()
        }
        floor = SPLIT * sum(sum(callers.values()) for callers in self.own.values())
        found: defaultdict[Stack, float] = defaultdict(float)
        for callee, by_caller in self.own.items():
            for caller, weight in by_caller.items():
                chain = (callee,) if caller is None or caller == callee else (caller, callee)
                if weight > 0 and callee.function not in WAITING:
                    for stack, part in _chains(ranked, chain, weight, floor):
                        found[stack] += part
        return dict(found)


def _chains(ranked: Ranked, chain: Stack, weight: float, floor: float) -> Iterator[tuple[Stack, float]]:
    """``chain`` extended to its roots in every way that gets at least ``floor``, or in the likeliest way."""
    growing = [(chain, weight)]
    while growing:
        stack, share = growing.pop()
        # Every eval is called <string>; their callers have nothing to do with each other.
        callers = [] if stack[0].file == "<string>" else ranked.get(stack[0], [])
        on_stack = set(stack)  # recursion is cut where it closes
        free = [(caller, total) for caller, total in callers if caller not in on_stack]
        if not free or len(stack) >= MAX_DEPTH:
            yield stack, share
            continue
        whole = sum(total for _, total in free)
        kept = [(caller, total) for caller, total in free if whole and share * total / whole >= floor]
        kept = kept or [(free[0][0], 1.0)]
        whole = sum(total for _, total in kept)
        growing += [((caller, *stack), share * total / whole) for caller, total in kept]


def as_frame(file: str, line: int, name: str) -> Frame:
    """``line`` is the function's first; cProfile does not know the line being executed."""
    if file != "~":
        return Frame(name, file, line)
    if match := _METHOD.match(name):
        name = f"{match['type']}.{match['name']}"
    elif match := _BUILTIN.match(name):
        name = match["name"]
    return Frame(name, "builtins", 0, native=True)
