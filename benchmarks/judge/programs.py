"""The programs that are timed: 50 ms of computing each; how often the work is repeated sets their speed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MAIN = "import work\n\nprint(work.run())\n"
RUN = """

def run():
    for _ in range(ROUNDS):
        result = unit()
    return result
"""
LOOP = '''\
"""Arithmetic in a loop."""


def unit():
    total = 0
    for i in range(1500):
        total += i * i % 7
    return total
'''
ALLOCATION = '''\
"""Many small objects, made and dropped."""


def unit():
    rows = [(i, [i, i + 1], {"n": i}) for i in range(250)]
    return sum(len(row[1]) + row[2]["n"] for row in rows)
'''
TEXT = '''\
"""Words counted, sorted and joined."""

WORDS = [f"word{i * i % 61}" for i in range(400)]


def unit():
    counts = {}
    for word in " ".join(WORDS).split():
        counts[word] = counts.get(word, 0) + 1
    return len(",".join(f"{word}={counts[word]}" for word in sorted(counts)))
'''
PROGRAMS = {"loop": LOOP, "allocation": ALLOCATION, "text": TEXT}
TARGET_S = 0.050
"""CPU seconds of one execution, the start of the interpreter included."""
PROBES = 9
ARGV = (sys.executable, "-S", "main.py")
"""Without ``site``: what is installed on a machine has no part in how long the programs take."""
ENV = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Scale:
    """How long a program takes on this machine: ``startup_s + rounds * unit_s`` CPU seconds."""

    startup_s: float
    unit_s: float
    rounds: int

    def at(self, speedup: float) -> int:
        """Rounds that make the whole execution ``speedup`` times as fast, its unchanged start included."""
        seconds = (self.startup_s + self.rounds * self.unit_s) / speedup - self.startup_s
        return max(1, round(seconds / self.unit_s))


def files(name: str, rounds: int, remark: str = "") -> dict[str, str]:
    """The program's files by path. A ``remark`` makes other bytes of the same code."""
    comment = f"# {remark}\n" if remark else ""
    return {"main.py": MAIN, "work.py": f"{PROGRAMS[name]}\n\n{comment}ROUNDS = {rounds}\n{RUN}"}


def write(folder: Path, sources: Mapping[str, str]) -> Path:
    """Put files into a folder, with byte code."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in sources.items():
        (folder / path).write_text(text)
    compiler = [sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "."]
    subprocess.run(compiler, cwd=folder, check=True)
    return folder


def run_once(folder: Path, argv: Sequence[str] = ARGV) -> tuple[float, float]:
    """Wall and CPU seconds of one fresh process, wherever the system puts it."""
    began = time.perf_counter()
    child = subprocess.Popen(argv, cwd=folder, env=ENV, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with status {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def scale(name: str, folder: Path) -> Scale:
    """Find out how often the work has to be repeated for an execution of ``TARGET_S``."""
    many = 100
    short = write(folder / f"{name}-short", files(name, 1))
    long = write(folder / f"{name}-long", files(name, 1 + many))
    cpu = {tree: median(run_once(tree)[1] for _ in range(PROBES)) for tree in (short, long)}
    unit = max(1e-6, (cpu[long] - cpu[short]) / many)
    startup = max(0.0, cpu[short] - unit)
    return Scale(startup, unit, max(20, round((TARGET_S - startup) / unit)))
