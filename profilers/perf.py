"""Linux perf: samples Python 3.12 and later where nothing may attach to it, C frames included.

Python itself tells perf which code belongs to which function (``PYTHONPERFSUPPORT``; see
https://docs.python.org/3/howto/perf_profiling.html), so nothing has to read the program's memory. perf gets
no line numbers that way: frames carry the qualified name, the file and line 0. The software clock counts
time in user space only, so time inside the kernel is left out.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from hasten import ProfilerError
from hasten.profilers.base import Frame, Profile, Stack
from hasten.profilers.perf_record import RECORD
from hasten.profilers.pyspy import INTERPRETER, waits

OUTPUT = "perf.txt"
REFUSED = "perf.refused"
"""What perf said when it was not allowed to sample; the program was not run then."""
MISSING = "missing"
"""Stands there when the sandbox has no perf."""
TOO_OLD = "perf.too-old"
"""There when the workload's Python is older than 3.12; the program was not run then."""
MAX_BYTES = 256 * 1024 * 1024
"""A larger profile is refused: it was written where the program could reach it."""
STACK_BYTES = 32768
"""Of stack copied with each sample when frame pointers are not relied on: about 60 nested Python calls."""
FOLLOWED = 0.5
"""Of the main threads' samples at least this share must show Python code, or the stacks are broken ones."""
_HEADER = re.compile(r"\S.*?\s(?P<pid>\d+)/(?P<tid>\d+)\s+[\d.]+:\s*\Z")
_ENTRY = re.compile(r"\s+[0-9a-f]+ (?P<symbol>.*) \((?P<module>[^()]*(?:\(deleted\))?)\)\Z")
_PYTHON = re.compile(r"py::(?P<name>[^:]*):(?P<file>.+)\Z")
_DISPATCH = re.compile(
    r"_?Py(?:Eval|Object_(?:Fast)?(?:Vector)?[Cc]all|Vectorcall_|Function_Vectorcall|EvalFrame|CFunction)"
    r"|py_trampoline_evaluator|\w*vectorcall\w*\Z|_PyCallMethod|object_vacall"
)
"""The interpreter's own way from one call to the next: part of every stack, and news to nobody."""


def find_binary() -> Path | None:
    """The perf on the PATH of a Linux machine."""
    found = shutil.which("perf") if sys.platform == "linux" else None
    return Path(found) if found else None


@dataclass(frozen=True)
class Perf:
    """``rate_hz`` samples a second of CPU time.

    From Python 3.13 on stacks are followed by unwind tables, which works with every build; Python 3.12 has
    none for its trampolines, so there the interpreter must have been built with frame pointers.
    """

    rate_hz: int = 150
    name = "perf"

    def command(self, argv: Sequence[str], out: Path) -> list[str]:
        """Raises ``ProfilerError`` when perf is not installed."""
        binary = find_binary()
        if binary is None:
            raise ProfilerError("perf is not installed.", "Install your distribution's linux-tools or perf.")
        options = [str(binary), str(out), str(self.rate_hz), str(STACK_BYTES)]
        return ["/bin/sh", "-c", RECORD, "sh", *options, *argv]

    def environment(self, out: Path) -> Mapping[str, str]:
        """The second is for Python 3.13 and later, where it takes precedence."""
        return {"PYTHONPERFSUPPORT": "1", "PYTHON_PERF_JIT_SUPPORT": "1"}

    def readable(self) -> Iterable[Path]:
        binary = find_binary()
        return () if binary is None else (binary,)

    def load(self, out: Path) -> Profile:
        """Raises ``ProfilerError`` when perf was refused, saw no Python code or could not follow it."""
        _demand_permission(out)
        file = out / OUTPUT
        try:
            if not file.is_file():  # a pipe that the program put there would never end
                raise FileNotFoundError
            if file.stat().st_size > MAX_BYTES:
                raise ProfilerError("perf's profile is too large.", "Profile a shorter workload.")
            with file.open(encoding="utf-8", errors="replace") as lines:
                stacks, samples = parse_script(lines)
        except FileNotFoundError:
            raise ProfilerError("perf left no profile.", "Run `hasten doctor`.") from None
        except OSError as error:
            message = f"perf's profile cannot be read: {error}."
            raise ProfilerError(message, "Run `hasten doctor`.") from error
        return Profile(stacks, source=self.name, rate_hz=float(self.rate_hz), samples=samples)


def _demand_permission(out: Path) -> None:
    if (out / TOO_OLD).exists():
        raise ProfilerError("perf needs Python 3.12 or later.", "Run the workload with a newer Python.")
    refused = out / REFUSED
    if not refused.is_file():
        return
    with refused.open(encoding="utf-8", errors="replace") as file:
        said = file.read(4096).strip()
    if said == MISSING:
        raise ProfilerError("perf is not installed inside the sandbox.", "Install it there, or allow py-spy.")
    raise ProfilerError(
        "The system does not let perf observe the workload.",
        "Set kernel.perf_event_paranoid to 2 or lower; containers also need perf_event_open allowed.",
    )


class Sample(NamedTuple):
    stack: Stack
    main: bool
    """Whether it is of a process's first thread."""


def parse_script(lines: Iterable[str]) -> tuple[dict[Stack, float], int]:
    """Samples by stack, and their number, from what ``perf script`` prints.

    Raises ``ProfilerError`` when there is no Python code in it, or stacks are cut off before they reach it.
    """
    samples = list(read_samples(lines))
    python = [any(not frame.native for frame in sample.stack) for sample in samples]
    if not any(python):
        raise ProfilerError(
            "perf saw no Python functions: it needs Python 3.13, or 3.12 built with frame pointers.",
            "Run the workload with Python 3.13 or later, without the options -I and -E.",
        )
    main = [shown for sample, shown in zip(samples, python, strict=True) if sample.main]
    if sum(main) < FOLLOWED * len(main):
        raise ProfilerError(
            f"perf could follow only {sum(main)} of {len(main)} samples to Python code.",
            "Run the workload with Python 3.13 or later, in one process.",
        )
    stacks = Counter(sample.stack for sample in samples if not waits(sample.stack))
    return {stack: float(count) for stack, count in stacks.items()}, stacks.total()


def read_samples(lines: Iterable[str]) -> Iterator[Sample]:
    """What does not look like perf's is passed over: the program could write there too."""
    main, frames = False, list[Frame | None]()
    for line in lines:
        if entry := _ENTRY.match(line.rstrip("\n")):
            frames.append(_frame(entry["symbol"], entry["module"]))
        elif header := _HEADER.match(line):
            if frames:
                yield Sample(_stack(frames), main)
            main, frames = header["pid"] == header["tid"], []
    if frames:
        yield Sample(_stack(frames), main)


@lru_cache(maxsize=65536)
def _frame(symbol: str, module: str) -> Frame | None:
    """``None`` for what names neither a function nor a module, and for the interpreter's dispatch."""
    if python := _PYTHON.match(symbol):
        return Frame(python["name"], python["file"])
    unnamed = symbol == "[unknown]"
    if _DISPATCH.match(symbol) or (unnamed and module.startswith("[")):
        return None
    file = module if "-packages/" in module else module.rsplit("/", 1)[-1]
    return Frame(file.rsplit("/", 1)[-1] if unnamed else symbol.split("@@")[0], file, 0, native=True)


def _stack(leaf_first: Sequence[Frame | None]) -> Stack:
    """Root first, without what C runs before the first Python frame."""
    stack = [frame for frame in reversed(leaf_first) if frame is not None]
    first = next((i for i, frame in enumerate(stack) if not frame.native), None)
    if first is None:
        return (INTERPRETER, *(frame for frame in stack if frame.function != frame.file))
    return tuple(stack[first:])
