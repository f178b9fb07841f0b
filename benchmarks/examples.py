"""Whether the same edits are kept whatever the sandbox: every example, optimized in each.

    python -m benchmarks.examples --base IMAGE [--examples orders,logs] [--sandboxes docker,process] [-- ...]

Each run is a program of its own on a copy of the example, with a cache of its own; the words after ``--`` go
to ``hasten optimize`` as they are (a model, say). The exit code is 1 if an example kept different edits in
different sandboxes. IMAGE is the base of the images built for containers.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hasten.sandbox.registry import SANDBOXES

EXAMPLES = Path(__file__).parents[1] / "examples"


def optimized(example: str, sandbox: str, base: str, folder: Path, words: Sequence[str]) -> dict[str, Any]:
    """The result of ``hasten optimize`` on a copy of the example in ``folder``."""
    repo = folder / example
    shutil.copytree(EXAMPLES / example, repo, ignore=shutil.ignore_patterns(".hasten"))
    own = {"HASTEN_CACHE_DIR": str(folder / "cache"), "HASTEN_SANDBOX_BASE": base}
    command = (sys.executable, "-m", "hasten", "optimize", "--sandbox", sandbox, "--json", *words)
    done = subprocess.run(command, cwd=repo, env={**os.environ, **own}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{example} in {sandbox}: exit {done.returncode}\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def row(example: str, sandbox: str, result: dict[str, Any], took_s: float) -> str:
    """A line of the table: what was kept, and the speedup with its confidence interval."""
    kept = ", ".join(sorted(f"{edit['target']} ({edit['origin']})" for edit in result["kept"])) or "nothing"
    gain = "–"
    if result["kept"]:
        [workload] = result["verdict"]["workloads"]
        low, high = workload["ci"]
        gain = f"{workload['speedup']:.2f}× ({low:.2f} to {high:.2f})"
    return f"| {example} | {sandbox} | {gain} | {kept} | {took_s:.0f} s |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--base", required=True, help="base of the images that are built for containers")
    parser.add_argument("--examples", default="orders,logs,simulation,textindex")
    parser.add_argument("--sandboxes", default=",".join(SANDBOXES))
    parser.add_argument("words", nargs="*", help="more words for hasten optimize, after --")
    asked = parser.parse_args()
    print("| example | sandbox | speedup | kept | took |\n|---|---|---|---|---|", flush=True)
    differ = False
    for example in asked.examples.split(","):
        kept = set()
        for sandbox in asked.sandboxes.split(","):
            with tempfile.TemporaryDirectory() as folder:
                began = time.monotonic()
                result = optimized(example, sandbox, asked.base, Path(folder).resolve(), asked.words)
                print(row(example, sandbox, result, time.monotonic() - began), flush=True)
            kept.add(frozenset((edit["target"], edit["origin"]) for edit in result["kept"]))
        differ |= len(kept) > 1
    raise SystemExit(1 if differ else 0)


if __name__ == "__main__":
    main()
