"""What hasten itself costs: the share of a run that is neither the user's code nor a model.

    python benchmarks/overhead.py examples/orders examples/logs

For every round of executions the sandbox reports how long the program ran, seen from outside; commands
started together count once. Whatever else the run took is overhead: trees, profiles read, rules,
statistics, runners.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hasten.agent.session import start
from hasten.cli import config
from hasten.sandbox.base import Command, Execution
from hasten.sandbox.pool import RunnerSandbox


class Silent:
    """A watch that says nothing."""

    def action(self, action: object, run: object) -> None: ...

    def event(self, event: object, run: object) -> None: ...

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None: ...


def main(folders: Sequence[str]) -> None:
    inside = 0.0
    plain = RunnerSandbox.run

    def timed(self: RunnerSandbox, commands: Sequence[Command]) -> list[Execution]:
        nonlocal inside
        done = plain(self, commands)
        inside += max(execution.wall_s for execution in done)
        return done

    RunnerSandbox.run = timed  # type: ignore[method-assign]
    print(f"{'example':12} {'run s':>8} {'user code s':>12} {'overhead':>9}  kept")
    for folder in folders:
        with tempfile.TemporaryDirectory() as scratch:
            repo = Path(scratch).resolve() / Path(folder).name
            shutil.copytree(folder, repo, ignore=shutil.ignore_patterns(".hasten", "__pycache__"))
            inside, began = 0.0, time.monotonic()
            run = start(repo, config.load(repo, {}).settings, Silent())
            total = time.monotonic() - began
        print(f"{repo.name:12} {total:8.1f} {inside:12.1f} {1 - inside / total:9.1%}  {len(run.stack)}")


if __name__ == "__main__":
    main(sys.argv[1:])
