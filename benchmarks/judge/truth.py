"""How much faster a patch really is: a long measurement of its own, without hasten's judge."""

from __future__ import annotations

import compileall
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from random import Random

from benchmarks.judge.stall import FILES, write_files
from hasten.agent.judge.sampling import pick_core
from hasten.agent.judge.statistics import bounds, hodges_lehmann, log_ratios

LEVEL = 0.005
"""Of each bound of the truth: together they hold it in 99 of 100 cases."""


@dataclass(frozen=True)
class Truth:
    """Before/after of a workload's processor time, with what is not known of it."""

    speedup: float
    low: float
    high: float
    pairs: int
    before_s: float


def command(workload: str) -> list[str]:
    """The words of one of the stall's workloads, with this interpreter."""
    words: list[str] = tomllib.loads(FILES["hasten.toml"])["workloads"][workload]["command"].split()
    return [sys.executable, *words[1:]]


def start(argv: list[str], tree: Path, seed: int) -> int:
    """A program in the background, silent; its process id. It stays on the core of this process."""
    env = {"PYTHONPATH": str(tree), "PYTHONHASHSEED": str(seed), "LC_ALL": "C.UTF-8"}
    silent = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    return os.posix_spawn(argv[0], argv, env, file_actions=[silent])


def ended(pid: int) -> float:
    """Processor seconds of a program that was started. Raises ``RuntimeError`` when it failed."""
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"the program failed with wait status {status}")
    return used.ru_utime + used.ru_stime


def pair(argv: list[str], trees: Sequence[Path], rng: Random, *, together: bool) -> tuple[float, float]:
    """Processor seconds in both trees, at the same time on one core or one after the other."""
    order, seed = [0, 1], rng.randrange(2**32)
    rng.shuffle(order)
    took = [0.0, 0.0]
    if together:
        pids = {i: start(argv, trees[i], seed) for i in order}
        for i, pid in pids.items():
            took[i] = ended(pid)
    else:
        for i in order:
            took[i] = ended(start(argv, trees[i], seed))
    return took[0], took[1]


def of_patch(
    folder: Path, files: Mapping[str, str], workload: str, pairs: int, *, together: bool = True, seed: int = 1
) -> Truth:
    """The truth about changed ``files`` of the stall from that many pairs on one core."""
    trees = [write_files(folder / name) for name in ("before", "altered")]
    for path, text in files.items():
        (trees[1] / path).write_text(text, encoding="utf-8")
    for tree in trees:
        compileall.compile_dir(tree, quiet=1)
    argv, rng, core = command(workload), Random(seed), pick_core()
    allowed = os.sched_getaffinity(0) if core is not None else set()
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        pair(argv, trees, rng, together=together)
        taken = [pair(argv, trees, rng, together=together) for _ in range(pairs)]
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)
    d = log_ratios(taken)
    low, high = bounds(d, LEVEL)
    before = sorted(a for a, _ in taken)[len(taken) // 2]
    return Truth(exp(hodges_lehmann(d)), exp(low), exp(high), pairs, before)
