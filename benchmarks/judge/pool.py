"""Real timings, taken on the spot, one process after the other: what the peers' rules are judged on.

Nothing is pinned, since no peer pins by default. ``replay`` decides on windows of these series.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.judge import programs

IN_PROCESS_SHARE = 0.3
"""Part of the time that goes to loops inside one process."""
LOOP = """
import sys, time
import work

CALLS = int(sys.argv[1])


def call():
    for _ in range(CALLS):
        work.unit()


began, least, lows = time.perf_counter(), 1e9, []
while True:
    start = time.perf_counter()
    call()
    end = time.perf_counter()
    least = min(least, end - start)
    lows.append(least)
    spent = end - began
    window = max(1, round(0.35 * 10 * len(lows) / spent))
    if spent >= 10 or (len(lows) >= window and lows[-window] <= least * 1.0025):
        break
print(least, len(lows), spent)
"""
"""codeflash's loop (see ``peers.codeflash_block``) over calls of about a millisecond."""


@dataclass(frozen=True)
class Series:
    """Fresh processes of one program, each started when the one before had ended."""

    program: str
    starts: tuple[float, ...]
    wall: tuple[float, ...]
    cpu: tuple[float, ...]


@dataclass(frozen=True)
class Loops:
    """Processes that each call one function until its best time settles."""

    program: str
    best: tuple[float, ...]
    calls: tuple[int, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Pool:
    """Timings under one condition, ``quiet`` or ``load``."""

    label: str
    machine: str
    series: tuple[Series, ...]
    loops: tuple[Loops, ...]


def machine() -> str:
    """What the figures were measured on, as a clause."""
    return f"{platform.system()} {platform.machine()}, {cores()} cores, Python {platform.python_version()}"


def cores() -> int:
    """Cores of the machine."""
    return os.cpu_count() or 1


def take(label: str, seconds: float, folder: Path) -> Pool:
    """Time every program for an equal part of ``seconds``."""
    series, loops = [], []
    part = seconds / len(programs.PROGRAMS)
    for name in programs.PROGRAMS:
        scale = programs.scale(name, folder)
        tree = programs.write(folder / name, programs.files(name, scale.rounds))
        series.append(take_series(name, tree, part * (1 - IN_PROCESS_SHARE)))
        loops.append(take_loops(name, tree, scale, part * IN_PROCESS_SHARE))
    return Pool(label, machine(), tuple(series), tuple(loops))


def take_series(name: str, tree: Path, seconds: float) -> Series:
    """Executions one after the other for ``seconds``; the first is thrown away."""
    programs.run_once(tree)
    began = time.perf_counter()
    rows: list[tuple[float, float, float]] = []
    while (start := time.perf_counter() - began) < seconds:
        rows.append((start, *programs.run_once(tree)))
    starts, wall, cpu = (tuple(round(row[i], 6) for row in rows) for i in range(3))
    return Series(name, starts, wall, cpu)


def take_loops(name: str, tree: Path, scale: programs.Scale, seconds: float) -> Loops:
    """Loops inside one process each, for ``seconds``; always one whole loop more than fits."""
    (tree / "loop.py").write_text(LOOP)
    argv = (*programs.ARGV[:-1], "loop.py", str(max(1, round(0.001 / scale.unit_s))))
    end = time.perf_counter() + seconds
    rows: list[tuple[float, int, float]] = []
    while not rows or time.perf_counter() < end:
        done = subprocess.run(argv, cwd=tree, env=programs.ENV, stdout=subprocess.PIPE, text=True, check=True)
        least, calls, spent = done.stdout.split()
        rows.append((float(least), int(calls), float(spent)))
    return Loops(name, tuple(r[0] for r in rows), tuple(r[1] for r in rows), tuple(r[2] for r in rows))


def noise(values: Sequence[float]) -> float:
    """Relative spread of a series: 1.4826 times the median absolute deviation, over the median."""
    centre = median(values)
    return 1.4826 * median(abs(x - centre) for x in values) / centre


def save(pool: Pool, path: Path) -> None:
    path.write_text(json.dumps(asdict(pool)))


def load(path: Path) -> Pool:
    facts = json.loads(path.read_text())
    series = (
        Series(s["program"], *(tuple(s[k]) for k in ("starts", "wall", "cpu"))) for s in facts["series"]
    )
    loops = (
        Loops(s["program"], *(tuple(s[k]) for k in ("best", "calls", "seconds"))) for s in facts["loops"]
    )
    return Pool(facts["label"], facts["machine"], tuple(series), tuple(loops))
