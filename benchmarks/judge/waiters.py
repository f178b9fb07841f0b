"""Programs that wait, read files, use threads or processes, and candidates that trade one for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Right = Literal["accepted", "not accepted", "either"]

WORK = '''\
"""What the programs are made of; times are nominal milliseconds of one core."""

import hashlib
import os
import subprocess
import sys
import threading
import time
import zlib

BLOCK = bytes(range(256)) * 4096
HASHED = BLOCK[: 600 << 10]


def compute(ms):
    total = 0
    for number in range(int(ms * 12000)):
        total = (total * 31 + number) % 1000003
    return total


def burn(ms):
    """Exactly that much processor time, however fast the machine is."""
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        pass


def hashed(ms):
    """Releases the interpreter's lock, so threads of it run in parallel."""
    state = hashlib.blake2b()
    for _ in range(round(ms)):
        state.update(HASHED)


def nap(ms):
    time.sleep(ms / 1000)


def spin(ms):
    """Waits as ``nap`` does, at the cost of a core."""
    end = time.perf_counter() + ms / 1000
    while time.perf_counter() < end:
        pass


def threads(*ms):
    """A thread for each amount of hashing."""
    started = [threading.Thread(target=hashed, args=(each,)) for each in ms]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def child(ms):
    """Another interpreter that computes."""
    return subprocess.Popen([sys.executable, "-S", "-c", f"import work; work.compute({ms})"])


def forked(work, ms):
    """A child process that works; its process id."""
    pid = os.fork()
    if pid == 0:
        work(ms)
        os._exit(0)
    return pid


def detached(work, ms, then=""):
    """A process that nobody waits for works. ``heard``: its last word is awaited; ``later``: it begins when
    the program has ended."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            if then == "later":
                os.close(sink)
                os.read(source, 1)
            work(ms)
        os._exit(0)
    os.waitpid(pid, 0)
    if then == "heard":
        os.close(sink)
        os.read(source, 1)


def read(times):
    """A file of 4 MiB from the page cache, in blocks of 64 KiB, with its check sum; 1 is about 1 ms."""
    for _ in range(round(times)):
        total = 0
        with open("data.bin", "rb", buffering=0) as file:
            while block := file.read(65536):
                total = zlib.crc32(block, total)


def write(block=1 << 20, sync=False):
    """The artefact: 4 MiB."""
    with open("out/copy.bin", "wb", buffering=0) as file:
        for start in range(0, 1 << 22, block):
            file.write(BLOCK[:block])
        if sync:
            os.fsync(file.fileno())
'''
PROGRAM = '''\
"""The workload."""

from work import *

{body}
print("done")
'''
DATA = {"data.bin": bytes(range(256)) * (1 << 14)}


@dataclass(frozen=True)
class Case:
    """A program before and after a change, both as the body of its main part."""

    family: str
    name: str
    before: str
    after: str
    right: Right
    true: float
    """Nominal before/after of the time that passes on an idle machine with two cores."""
    idle: bool = False
    """Where others keep the second core busy, the opposite may be right."""

    @property
    def artefacts(self) -> tuple[str, ...]:
        return ("out/copy.bin",) if self.family == "reads files" else ()


def program(body: str) -> str:
    return PROGRAM.format(body=body)


def write_tree(folder: Path, body: str, data: Mapping[str, bytes]) -> Path:
    """A source tree with the program; its artefacts go to ``out``."""
    (folder / "out").mkdir(parents=True)
    (folder / "work.py").write_text(WORK, encoding="utf-8")
    (folder / "prog.py").write_text(program(body), encoding="utf-8")
    for name, content in data.items():
        (folder / name).write_bytes(content)
    return folder


def sleeps(compute: float, nap: float) -> str:
    return f"for _ in range(3):\n    compute({compute:.3f})\n    nap({nap:.3f})"


def files(compute: float, read: float) -> str:
    return f"compute({compute:.3f})\nread({read:.3f})\nwrite()"


def children(ms: float) -> str:
    return f"for each in [child({ms:.3f}), child({ms:.3f})]:\n    each.wait()"


SLEEPS, FILES, THREADS, CHILDREN = sleeps(15, 20), files(30, 20), "threads(50, 50)", children(40)
COMPUTES, HASHES, UNEVEN = "compute(60)", "hashed(60)", "threads(80, 20)"
START = 12.0
"""Nominal milliseconds in which an interpreter starts."""


def sleeping_gain(compute: float, nap: float) -> float:
    return (START + 3 * 35) / (START + 3 * (compute + nap))


CASES = (
    Case("sleeps", "identical", SLEEPS, SLEEPS, "not accepted", 1.0),
    Case("sleeps", "computing 1.1x", SLEEPS, sleeps(15 / 1.1, 20), "either", sleeping_gain(15 / 1.1, 20)),
    Case("sleeps", "computing 1.3x", SLEEPS, sleeps(15 / 1.3, 20), "accepted", sleeping_gain(15 / 1.3, 20)),
    Case("sleeps", "sleeping 1.1x", SLEEPS, sleeps(15, 20 / 1.1), "either", sleeping_gain(15, 20 / 1.1)),
    Case("sleeps", "sleeping 1.3x", SLEEPS, sleeps(15, 20 / 1.3), "accepted", sleeping_gain(15, 20 / 1.3)),
    Case("sleeps", "sleeps removed", SLEEPS, "compute(45)", "accepted", sleeping_gain(15, 0)),
    Case("sleeps", "a third of the computing becomes sleep", f"burn(20)\n{sleeps(12, 20)}",
         f"nap(20)\n{sleeps(12, 20)}", "not accepted", 1.0),
    Case("sleeps", "24 ms of sleep left to a detached process that ends in time", SLEEPS,
         f"{sleeps(15, 12)}\ndetached(nap, 24, 'later')", "not accepted", 1.0),
    Case("sleeps", "sleep becomes busy-waiting", SLEEPS, SLEEPS.replace("nap", "spin"), "not accepted", 1.0),
    Case("sleeps", "a short sleep becomes busy-waiting", "compute(60)\nnap(12)", "compute(60)\nspin(12)",
         "not accepted", 1.0),
    Case("sleeps", "slower by 5 ms of sleep", SLEEPS, sleeps(15, 25), "not accepted", sleeping_gain(15, 25)),
    Case("reads files", "identical", FILES, FILES, "not accepted", 1.0),
    Case("reads files", "all 1.1x", FILES, files(30 / 1.1, 18), "accepted", 64 / 59.3),
    Case("reads files", "all 1.3x", FILES, files(30 / 1.3, 15), "accepted", 64 / 52.1),
    Case("reads files", "artefact synced", FILES, FILES.replace("write()", "write(sync=True)"),
         "not accepted", 0.9),
    Case("reads files", "artefact in pieces of 512 bytes", FILES, FILES.replace("write()", "write(512)"),
         "not accepted", 0.9),
    Case("two threads", "identical", THREADS, THREADS, "not accepted", 1.0),
    Case("two threads", "all 1.1x", THREADS, "threads(45, 45)", "accepted", 62 / 57),
    Case("two threads", "all 1.3x", THREADS, "threads(38, 38)", "accepted", 62 / 50),
    Case("two threads", "become one", THREADS, "threads(100)", "not accepted", 62 / 112),
    Case("two threads", "24 ms of work left to a detached process that ends in time", THREADS,
         "threads(38, 38)\ndetached(hashed, 24, 'later')", "not accepted", 1.0),
    Case("two threads", "work left to a detached process that ends later", THREADS,
         "threads(30, 30)\ndetached(hashed, 800, 'later')", "not accepted", 1.0),
    Case("two threads", "half of the work left to a forked child", THREADS,
         "pid = forked(hashed, 50)\nhashed(50)\nos.waitpid(pid, 0)", "not accepted", 1.0),
    Case("uneven threads", "evened out", UNEVEN, THREADS, "accepted", 92 / 62, idle=True),
    Case("uneven threads", "both busy: same wall, more work", UNEVEN, "threads(80, 80)", "not accepted", 1.0),
    Case("uneven threads", "less wall, more work", UNEVEN, "threads(62, 62)", "not accepted", 92 / 74),
    Case("two children", "identical", CHILDREN, CHILDREN, "not accepted", 1.0),
    Case("two children", "all 1.1x", CHILDREN, children(40 / 1.1), "accepted", 68 / 64.4),
    Case("two children", "all 1.3x", CHILDREN, children(40 / 1.3), "accepted", 68 / 58.8),
    Case("two children", "one after the other", CHILDREN,
         "for _ in range(2):\n    child(40).wait()", "not accepted", 68 / 120),
    Case("two children", "work done by the parent", CHILDREN, "compute(80)", "not accepted", 68 / 92,
         idle=True),
    Case("two children", "one is not waited for", CHILDREN, "child(40)\nchild(5).wait()",
         "not accepted", 1.0),
    Case("computes", "half of it becomes sleep", "compute(30)\nburn(30)", "compute(30)\nnap(30)",
         "not accepted", 1.0),
    Case("computes", "two threads under one lock", COMPUTES,
         "each = threading.Thread(target=compute, args=(30,))\neach.start()\ncompute(30)\neach.join()",
         "not accepted", 1.0),
    Case("computes", "moved to a child that is waited for", COMPUTES, "child(60).wait()",
         "not accepted", 72 / 84),
    Case("computes", "half moved to a forked child at the same time", COMPUTES,
         "pid = forked(compute, 30)\ncompute(30)\nos.waitpid(pid, 0)", "not accepted", 72 / 42),
    Case("computes", "moved to a detached process whose word is awaited", COMPUTES,
         "detached(compute, 60, 'heard')", "not accepted", 1.0),
    Case("computes", "24 ms left to a detached process that ends in time", COMPUTES,
         "compute(36)\ndetached(compute, 24, 'later')", "not accepted", 1.0),
    Case("computes", "left to a detached process that ends later", COMPUTES,
         "compute(20)\ndetached(spin, 800, 'later')", "not accepted", 1.0),
    Case("computes", "ends 15 ms later, busy", COMPUTES, "compute(60)\nspin(15)", "not accepted", 72 / 87),
    Case("computes", "1.3x", COMPUTES, "compute(43.4)", "accepted", 1.3),
    Case("hashes", "two threads instead of one", HASHES, "threads(30, 30)", "not accepted", 72 / 42),
)  # fmt: skip
