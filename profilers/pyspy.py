"""py-spy: samples a Python program and its children from outside, native frames included."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hasten import ProfilerError
from hasten.profilers.base import Frame, Profile, Stack
from hasten.profilers.kinds import is_address

OUTPUT = "py-spy.json"
MAX_BYTES = 256 * 1024 * 1024
"""A larger profile is refused: it was written where the program could reach it."""
INTERPRETER = Frame("(interpreter)", "", 0, native=True)
"""Stands for the time before and after any Python code ran."""
WAITING = frozenset(
    {"wait4", "waitpid", "waitid", "poll", "ppoll", "epoll_wait", "select", "pselect", "pause"}
    | {"nanosleep", "clock_nanosleep", "sem_wait", "sem_timedwait", "sem_clockwait"}
    | {"pthread_cond_wait", "pthread_cond_timedwait", "pthread_cond_clockwait"}
)
"""C functions of a thread that waits. py-spy leaves idle threads out, but now and then takes one for busy."""
WAITING_PYTHON = frozenset(
    {("Popen._try_wait", "subprocess.py"), ("Popen.poll", "popen_fork.py")}
    | {("Condition.wait", "threading.py"), ("Thread._wait_for_tstate_lock", "threading.py")}
    | {
        (f"{kind}.select", "selectors.py")
        for kind in ("_PollLikeSelector", "EpollSelector", "SelectSelector")
    }
)
"""The same as Python functions and their files, for when C is not sampled."""


def find_binary() -> Path | None:
    """py-spy next to our own interpreter, where our dependency installs it; else the one on the PATH."""
    beside = Path(sys.executable).parent / "py-spy"
    if beside.is_file():
        return beside
    found = shutil.which("py-spy")
    return Path(found) if found else None


@dataclass(frozen=True)
class PySpy:
    """``rate_hz`` samples a second. ``native`` adds C frames, at the price of missing the first ~30 ms.

    Each sample stops the program. Unwinding C frames more than about 150 times a second, or Python frames
    more than about 800 times, bends the shares: measured on one program, a share of 80% read 36% at 400 Hz
    with C frames, 43% at 1000 Hz without, and 73 to 90% at the rates below those.
    """

    rate_hz: int = 150
    native: bool = True
    name = "py-spy"

    def command(self, argv: Sequence[str], out: Path) -> list[str]:
        """Copies py-spy into ``out``, so that every sandbox that shows ``out`` can run it.

        Raises ``ProfilerError`` when py-spy is not installed.
        """
        binary = find_binary()
        if binary is None:
            raise ProfilerError("py-spy is not installed.", "Install it with `pip install py-spy`.")
        copy = out / "py-spy"
        if not copy.exists():
            shutil.copy2(binary, copy)
        options = ["--format", "speedscope", "--subprocesses", "--full-filenames"]
        options += ["--native"] if self.native else []
        options += ["--rate", str(self.rate_hz), "-o", str(out / OUTPUT)]
        return [str(copy), "record", *options, "--", *argv]

    def environment(self, out: Path) -> Mapping[str, str]:
        return {}

    def readable(self) -> Iterable[Path]:
        return ()

    def load(self, out: Path) -> Profile:
        """Raises ``ProfilerError`` when there is no profile or it is not speedscope's format."""
        file = out / OUTPUT
        try:
            if file.stat().st_size > MAX_BYTES:
                raise ProfilerError("py-spy's profile is too large.", "Profile a shorter workload.")
            stacks, samples = parse_speedscope(json.loads(file.read_bytes()))
        except FileNotFoundError:
            raise ProfilerError("py-spy left no profile.", "Run `hasten doctor`.") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            message = f"py-spy's profile cannot be read: {error}."
            raise ProfilerError(message, "Run `hasten doctor`.") from error
        return Profile(stacks, source=self.name, rate_hz=float(self.rate_hz), samples=samples)


def parse_speedscope(document: Mapping[str, Any]) -> tuple[dict[Stack, float], int]:
    """Samples by stack, and their number. Raises ``LookupError``, ``TypeError`` or ``ValueError``."""
    frames = [_frame(entry) for entry in document["shared"]["frames"]]
    stacks: Counter[Stack] = Counter()
    for profile in document["profiles"]:
        sampled = (_stack([frames[index] for index in sample]) for sample in profile["samples"])
        stacks.update(stack for stack in sampled if not waits(stack))
    return {stack: float(count) for stack, count in stacks.items()}, stacks.total()


def _frame(entry: Mapping[str, Any]) -> Frame | None:
    """``None`` for the roots py-spy adds for processes and threads, which have no file."""
    function, file, line = str(entry["name"]), str(entry.get("file") or ""), int(entry.get("line") or 0)
    if not file:
        return None
    if file.endswith(".py") or file.startswith("<"):
        return Frame(function, file, line)
    # Native lines and addresses differ from run to run and would keep equal stacks apart.
    installed = "-packages/" in file
    module = file if installed else file.rsplit("/", 1)[-1]
    return Frame(file.rsplit("/", 1)[-1] if is_address(function) else function, module, 0, native=True)


def waits(stack: Stack) -> bool:
    """Whether the thread was idle."""
    leaf = stack[-1]
    if leaf.native:
        return leaf.function.lstrip("_") in WAITING
    return (leaf.function, leaf.file.rsplit("/", 1)[-1]) in WAITING_PYTHON


def _stack(frames: Sequence[Frame | None]) -> Stack:
    """Without process roots, and without what C runs before the first Python frame (``main``, libc)."""
    stack = [frame for frame in frames if frame is not None]
    first = next((i for i, frame in enumerate(stack) if not frame.native), None)
    if first is None:
        return (INTERPRETER, *(f for f in stack if f.function != f.file))
    return tuple(stack[first:])
