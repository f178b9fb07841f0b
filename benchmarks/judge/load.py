"""A load of known size: processes that compute on the other cores, for a bounded time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hasten.agent.judge.sampling import pick_core

BURN = """
import os, select, sys, time
core, end = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
if core >= 0:
    os.sched_setaffinity(0, {core})
block = bytearray(4 << 20)
print("burning", flush=True)
while time.monotonic() < end and not select.select([0], [], [], 0)[0]:
    total = sum(i * i for i in range(200_000))
    block = bytearray(block)
"""
"""Computes and sweeps the shared cache, until its time is up or whoever started it is gone (pipe closed)."""


def other_cores() -> list[int]:
    """Cores of this machine that samples are not pinned to; empty where there is one, or nobody tells."""
    measured = pick_core()
    if measured is None:
        return []
    return [core for core in range(os.cpu_count() or 1) if core != measured]


@contextmanager
def burning(seconds: float, extra: int = 0) -> Iterator[None]:
    """One burner pinned to every other core, and ``extra`` ones wherever the system puts them."""
    with ExitStack() as stack:
        for core in [*(other_cores() or [-1]), *([-1] * extra)]:
            burner = subprocess.Popen(
                [sys.executable, "-S", "-c", BURN, str(core), str(seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            stack.enter_context(burner)
            stack.callback(burner.kill)
            assert burner.stdout
            if not burner.stdout.readline():
                raise RuntimeError(f"the burner for core {core} did not start")
        yield
