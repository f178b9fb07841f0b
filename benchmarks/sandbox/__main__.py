"""What each sandbox adds to an execution, and how long it takes to open.

    python -m benchmarks.sandbox --image IMAGE [--samples 200]

The overhead of a sample is the time that the host waits for a pair of executions, less the longer of the two
as timed from inside; everything around them (messages, emptied folders, the start of the program) is in it.
Sandboxes take turns, sample by sample, so that the noise of the machine falls on all of them alike.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from hasten.sandbox import engine, image
from hasten.sandbox.base import Command
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.registry import SANDBOXES, Equipment, choose
from hasten.sandbox.session import interpreter

PROGRAM = ("python3", "-I", "-S", "-c", "sum(range(200_000))")


def opened(name: str, folder: Path, wanted: str, stack: ExitStack) -> tuple[RunnerSandbox, float]:
    """A sandbox after its first pair, and the seconds that both took."""
    equipment = None
    if SANDBOXES[name].own_system:
        found = engine.connect()
        equipment = Equipment(found, image.prepare(found, wanted, folder / "cache"))
    began = time.perf_counter()
    repo, scratch = folder / f"{name}-repo", folder / f"{name}-scratch"
    repo.mkdir()
    sandbox = choose(name, mount_at=repo, readable=[], scratch=scratch, equipment=equipment)
    stack.enter_context(sandbox)
    pair(sandbox, folder)
    return sandbox, time.perf_counter() - began


def pair(sandbox: RunnerSandbox, folder: Path) -> float:
    """Seconds beyond the programs' own time of two executions on one core, started together."""
    env = {"PATH": f"{Path(interpreter()).parent}:/usr/bin:/bin"}
    commands = [Command(PROGRAM, folder / side, env=env, cpu=0) for side in ("before", "after")]
    began = time.perf_counter()
    done = sandbox.run(commands)
    passed = time.perf_counter() - began
    assert all(each.ok for each in done), done
    return passed - max(each.wall_s for each in done)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--image", required=True, help="image with a Python, for the container sandbox")
    parser.add_argument("--samples", type=int, default=200)
    asked = parser.parse_args()
    names = [name for name, backend in SANDBOXES.items() if backend.available() is None]
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch).resolve()
        for side in ("before", "after"):
            (folder / side).mkdir()
        ready = {name: opened(name, folder, asked.image, stack) for name in names}
        taken: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(asked.samples):
            for name, (sandbox, _) in ready.items():
                taken[name].append(pair(sandbox, folder) * 1000)
        base = median(taken["process"])
        print(
            f"{'sandbox':12} {'open and first pair s':>22} {'ms a pair':>10} {'p90':>6} {'over process':>13}"
        )
        for name, found in taken.items():
            p90 = quantiles(found, n=10)[-1]
            more = median(found) - base
            opening = ready[name][1]
            print(f"{name:12} {opening:22.2f} {median(found):10.1f} {p90:6.1f} {more:13.1f}")


if __name__ == "__main__":
    main()
