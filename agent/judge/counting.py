"""Counting instructions instead of seconds, for ``metric = "instructions"``: with perf, or with valgrind.

**What it is good for**: machines on which no time can be trusted (busy CI, a pre-commit guard). One process
with one thread repeats to .002% under a fixed hash seed (mostly exactly), three threads to .01%, a pool
of processes to .1%, inside bubblewrap as well as outside. Another hash seed moves the count by up to .5%, so
a pair shares its seed; a renamed variable, a comment or reordered functions by .001%; address randomisation
not at all, as valgrind lays out the program itself.

**What it costs**: perf nothing, but few virtual machines have its counters. Valgrind's cachegrind without its
caches takes 24 times the processor time of pure Python, and one to two seconds more for every interpreter
started. (Measured on the same program: exp-bbv 58x, callgrind 85x.)

**What it cannot see**: cache misses and branch prediction (a pointer chase made sequential reads 0.98x by
instructions and 2.4x by processor time), cheap against dear instructions, vector width (valgrind has no
AVX-512 and rounds long doubles to 64 bits), waiting, time in the kernel, parallelism, and how fast the code
of a just-in-time compiler turns out. A process that another one forks without starting a new program brings
its parent's count up to then with it; what a process did before it *became* another program (``exec``) is
lost to valgrind. Peak memory contains the 90 MiB of valgrind itself.

**Whom to trust**: the program runs in the same process tree as its counter and can write to the folder of
the figures. A hostile program can forge them: for changes whose author is trusted.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hasten.sandbox.base import MIB, Command, Execution, Limits, Sandbox

Tool = Literal["perf", "valgrind"]
TOOLS: tuple[Tool, ...] = ("perf", "valgrind")
EVENT = "instructions:u"
SLOWDOWN = 100.0
"""Allowed for, four times what pure Python takes; programs with much code that runs once are slower."""
STARTING_S = 30.0
"""Allowed on top, for the processes that translate a program's code before anything runs."""
MEMORY_GROWTH, MEMORY_BYTES = 2.0, 512 * MIB
"""Translated code and the tool itself: 90 MiB for a small Python program."""
WHOLE = 99.99
"""Per cent of the time that perf's counter has to have run: below, its figure is an extrapolation."""
AND_REPORT = '"$@"; exit $?'
"""For the shell below perf, which itself exits with 0 when the program was ended by a signal."""

OURS = re.compile(r"^==(\d+)== ", re.MULTILINE)
REFERENCES = re.compile(r"^==(\d+)== I +refs: +([\d,]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counter:
    """A tool that runs a program and leaves the number of its instructions in a folder."""

    name: Tool
    program: str
    """Absolute path of the tool."""

    def prefix(self, folder: Path) -> tuple[str, ...]:
        """What to put before a program's argv for its figures, and its children's, to be in ``folder``."""
        if self.name == "perf":
            figures = str(folder / "perf.csv")
            return (
                self.program,
                "stat",
                "-x",
                ",",
                "-e",
                EVENT,
                "-o",
                figures,
                "--",
                "/bin/sh",
                "-c",
                AND_REPORT,
                "sh",
            )
        return (
            *(self.program, "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes", "--vgdb=no"),
            *("--cachegrind-out-file=/dev/null", f"--log-file={folder}/%p.log"),
        )


def installed() -> tuple[Counter, ...]:
    """The tools that are there, whether they work or not; perf first, as it costs nothing."""
    return tuple(Counter(tool, path) for tool in TOOLS if (path := shutil.which(tool)))


def available(sandbox: Sandbox, tree: Path, folder: Path) -> Counter | None:
    """The cheapest counter that really counts inside ``sandbox``; None when there is none.

    Runs ``true`` there, in ``tree``, with the figures in ``folder``: perf is often installed where the
    processor shows no counters, and a sandbox may forbid what its host allows.
    """
    for counter in installed():
        command = Command(
            ("true",), tree, env={"PATH": "/usr/local/bin:/usr/bin:/bin"}, limits=Limits(wall_s=60)
        )
        count = run(counter, sandbox, command, folder)[1]
        if isinstance(count, int) and count > 0:
            return counter
    return None


def run(counter: Counter, sandbox: Sandbox, command: Command, folder: Path) -> tuple[Execution, int | str]:
    """One execution and its instructions, 0 where the program failed; or why they could not be counted."""
    [execution] = sandbox.run([counted(counter, command, folder)])
    return execution, read(counter, folder) if execution.ok else 0


def counted(counter: Counter, command: Command, folder: Path) -> Command:
    """``command`` as the counter runs it, with room for its slowness; ``folder`` is made, and emptied.

    The folder is its place of exchange with the sandbox: the same one for the next execution saves a start
    of the sandbox. Read it before that.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    limits = command.limits if counter.name == "perf" else widened(command.limits)
    return replace(command, argv=(*counter.prefix(folder), *command.argv), exchange=folder, limits=limits)


def widened(limits: Limits) -> Limits:
    """``limits`` for the same program below valgrind."""
    memory = limits.memory_bytes
    return replace(
        limits,
        wall_s=limits.wall_s * SLOWDOWN + STARTING_S,
        cpu_s=None if limits.cpu_s is None else limits.cpu_s * SLOWDOWN + STARTING_S,
        memory_bytes=None if memory is None else int(memory * MEMORY_GROWTH) + MEMORY_BYTES,
    )


def read(counter: Counter, folder: Path) -> int | str:
    """Instructions of the last execution, its children's included.

    Why they are not complete, where they are not: a process that was killed leaves no figure.
    """
    files = sorted(folder.glob("perf.csv" if counter.name == "perf" else "*.log"))
    texts = [file.read_text(errors="replace") for file in files]
    return perf_count("\n".join(texts)) if counter.name == "perf" else valgrind_count("\n".join(texts))


def valgrind_count(log: str) -> int | str:
    """The sum over all processes in valgrind's log, or why there is none.

    Every process writes its number with every line and its count at its end.
    """
    counts = {pid: int(count.replace(",", "")) for pid, count in REFERENCES.findall(log)}
    lost = sorted(set(OURS.findall(log)) - counts.keys())
    if lost:
        return f"{len(lost)} of {len(lost) + len(counts)} processes ended without a figure"
    return sum(counts.values()) if counts else "valgrind left no figure"


def perf_count(report: str) -> int | str:
    """The sum over the kinds of cores in the CSV that ``perf stat -x ,`` writes, or why there is none.

    Its fields are value, unit, event, run time of the counter, and the per cent of the time that it ran. A
    processor with two kinds of cores has a line for each, of which one may be ``<not counted>``.
    """
    total = 0
    for value, share in _perf_lines(report):
        if value == "<not counted>":
            continue
        if not value.isdecimal():
            return f"perf says {value}"
        if share < WHOLE:
            return f"perf had its counter for {share:.0f}% of the time only"
        total += int(value)
    return total or "perf left no figure"


def _perf_lines(report: str) -> Iterator[tuple[str, float]]:
    for line in report.splitlines():
        fields = line.split(",")
        if len(fields) >= 5 and "instructions" in fields[2]:
            yield fields[0], float(fields[4] or 100.0)
