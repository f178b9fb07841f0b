"""End to end: is a patch that changes nothing ever accepted by ``hasten verify``, and is every real one?

    python -m benchmarks.judge.patches --only truth        # how much faster the real ones are, once
    python -m benchmarks.judge.patches --label quiet       # 100 no-op patches and 20 real ones
    python -m benchmarks.judge.patches --report            # the table of what was recorded so far

Results are appended to a file, one JSON line each; what is there already is not done again. Two instances
share the work with ``--share 1/2`` and ``--share 2/2``, each under ``taskset -c`` with a core of its own.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.judge import tally, truth
from benchmarks.judge.gains import GAINS
from benchmarks.judge.load import burning
from benchmarks.judge.noops import noop
from benchmarks.judge.stall import FILES, make_repository

VERIFY = (sys.executable, "-m", "hasten", "--json", "verify")
NOOPS = 100
LONGEST_S = 600.0
"""One verify; also what a burner lasts at most after the last one has begun."""


@dataclass(frozen=True)
class Patch:
    """One patch of the stall, and what it does."""

    name: str
    kind: str
    """``noop`` or ``gain``."""
    title: str
    files: Mapping[str, str]
    """Changed files: path -> new text."""
    workload: str = ""
    """The workload that gains."""

    @property
    def diff(self) -> str:
        """As ``git apply`` takes it."""
        return "".join(unified(path, text) for path, text in self.files.items())


def unified(path: str, text: str) -> str:
    old, new = FILES[path].splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))


def patch_named(name: str) -> Patch:
    """``noop-017`` is made from seed 17, ``gain-03`` is the fourth improvement."""
    kind, number = name.split("-")
    if kind == "noop":
        title, files = noop(int(number))
        return Patch(name, kind, title, files)
    gain = GAINS[int(number)]
    return Patch(name, kind, gain.name, gain.files, gain.workload)


NAMES = (*(f"noop-{seed:03d}" for seed in range(NOOPS)), *(f"gain-{n:02d}" for n in range(len(GAINS))))


def verify(repo: Path, patch: Patch, folder: Path, options: Sequence[str]) -> dict[str, Any]:
    """What one run of the command says of a patch, as a record."""
    diff = folder / f"{patch.name}.diff"
    diff.write_text(patch.diff, encoding="utf-8")
    argv = [*VERIFY, "--repo", str(repo), "--patch", str(diff), "--python", sys.executable, *options]
    env = {**os.environ, "HASTEN_CACHE_DIR": str(folder / "cache")}
    began = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=LONGEST_S, check=False)
    record: dict[str, Any] = {
        "name": patch.name,
        "kind": patch.kind,
        "title": patch.title,
        "target": patch.workload,
        "exit": done.returncode,
        "seconds": round(time.monotonic() - began, 2),
        "load": round(os.getloadavg()[0], 2),
        "at": round(time.time()),
    }
    try:
        said = json.loads(done.stdout)
        result = said["result"] if said.get("ok") else {}
    except ValueError:
        said, result = {"error": done.stderr[-2000:]}, {}
    if not result:
        return {**record, "decision": "error", "error": said.get("error")}
    chosen = {key: result[key] for key in ("gate", "reason")}
    workloads = [workload_record(each) for each in result["workloads"]]
    return {**record, "decision": result["verdict"], **chosen, "workloads": workloads}


def workload_record(found: Mapping[str, Any]) -> dict[str, Any]:
    low, high = found["ci"]
    kept = {key: found.get(key) for key in ("name", "decision", "speedup", "pairs", "mode", "metric", "note")}
    return {**kept, "low": low, "high": high}


def append(path: Path, record: Mapping[str, Any]) -> None:
    """One line in one write: two instances may share the file."""
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(record).encode() + b"\n")


def wanted(options: argparse.Namespace, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the patches that are asked for and have no record yet."""
    noops = [name for name in NAMES if name.startswith("noop") and options.only in (None, "noop")]
    gains = [name for name in NAMES if name.startswith("gain") and options.only != "noop"]
    label = "truth" if options.only == "truth" else options.label
    done = {each["name"] for each in records if each["label"] == label}
    part, parts = map(int, options.share.split("/"))
    chosen = (*noops[: options.count], *gains[: options.count])
    return [name for name in chosen[part - 1 :: parts] if name not in done]


def work(options: argparse.Namespace, folder: Path) -> None:
    """Everything that has no record yet, one by one."""
    repo = make_repository(folder / "stall")
    todo = wanted(options, tally.read(options.results))
    for number, name in enumerate(todo, 1):
        patch = patch_named(name)
        if options.only == "truth":
            record = true_record(patch, folder / patch.name, options)
        else:
            with burning(LONGEST_S) if options.burn else nullcontext():
                record = verify(repo, patch, folder, options.verify.split())
            record["label"] = options.label
        append(options.results, record)
        print(f"{number}/{len(todo)} {tally.line(record)}", flush=True)


def true_record(patch: Patch, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The truth side by side, and a rougher one from runs in turn that the first must agree with."""
    found = truth.of_patch(folder / "together", patch.files, patch.workload, options.pairs)
    alone = truth.of_patch(folder / "alone", patch.files, patch.workload, options.pairs // 2, together=False)
    record = {"label": "truth", "kind": "truth", "name": patch.name, "title": patch.title}
    return {**record, "target": patch.workload, **asdict(found), "alone": asdict(alone)}


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("noop", "gain", "truth"))
    parser.add_argument("--count", type=int, help="of each kind, from the first on")
    parser.add_argument("--label", default="quiet", choices=("quiet", "load"))
    parser.add_argument("--burn", action="store_true", help="load the other cores while a patch is judged")
    parser.add_argument("--share", default="1/1", metavar="PART/PARTS")
    parser.add_argument("--pairs", type=int, default=200, help="of every truth")
    parser.add_argument("--verify", default="", metavar="OPTIONS", help="passed on to hasten verify")
    parser.add_argument("--results", type=Path, default=Path("patches.jsonl"))
    parser.add_argument("--report", action="store_true", help="only print the table")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    options = arguments(words)
    if not options.report:
        with tempfile.TemporaryDirectory(prefix="stall-") as folder:
            work(options, Path(folder).resolve())
    print(tally.table(tally.read(options.results)))


if __name__ == "__main__":
    main()
