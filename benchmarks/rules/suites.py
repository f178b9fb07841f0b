"""Packages' own tests before and after every rewrite there is: no new failure.

    python -m benchmarks.rules tests --cache DIR

All definitions are rewritten at once, by the rules of the tiers named, whether the code is hot or not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rules.corpus import sources
from hasten.agent.languages.python import functions
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.propose.rules.rewriting import rewrite
from hasten.agent.propose.rules.selection import select


@dataclass(frozen=True)
class Suite:
    """Where a source distribution has its package and its tests."""

    package: str
    tests: str
    options: tuple[str, ...] = ()


SUITES = {
    "docutils": Suite("docutils", "test"),
    "networkx": Suite("networkx", "networkx"),  # takes longer than the others together
    "pygments": Suite("pygments", "tests", ("--ignore=tests/contrast",)),
    "sqlparse": Suite("sqlparse", "tests"),
}


def fetch(cache: Path, name: str) -> Path:
    """The unpacked source distribution of a package, in ``cache``."""
    folder = cache / "sources" / name
    if not folder.is_dir():
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--dest", str(folder), name], check=True)
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def rewrite_all(tree: Path, package: str, tiers: Sequence[str]) -> dict[str, int]:
    """Every rewrite of a package's code, in place; how many definitions each rule changed."""
    count: dict[str, int] = {}
    for path, text in list(sources(tree / package)):
        if "/tests/" in path:
            continue
        after = text
        for qualname in dict.fromkeys(d.qualname for d in functions(path, text)):
            found = rewrite(path, after, qualname, only=select(tiers))
            try:
                after = apply_edits({path: after}.get, [found[0].edit])[path] if found else after
            except EditRefused:
                continue  # a name defined twice
            for rule in found[0].rules if found else ():
                count[rule] = count.get(rule, 0) + 1
        if after != text:
            (tree / path).write_bytes(after.encode())
    return count


def outcomes(tree: Path, suite: Suite) -> dict[str, str]:
    """Test id -> passed, failed or skipped."""
    report = tree / "outcomes.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        suite.tests,
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    command += [f"--junitxml={report}", *suite.options]
    subprocess.run(command, cwd=tree, env=env, stdout=subprocess.DEVNULL)
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        said = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found[f"{case.get('classname')}::{case.get('name')}"] = said
    return found


def run(cache: Path, names: Sequence[str], tiers: Sequence[str]) -> int:
    """Compare each package with itself rewritten; 1 when a test fails that passed before."""
    broken = 0
    for name in names:
        suite, work = SUITES[name], cache / "rewritten" / name
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(fetch(cache, name), work)
        before = outcomes(work, suite)
        count = rewrite_all(work, suite.package, tiers)
        after = outcomes(work, suite)
        worse = [test for test, said in before.items() if said == "passed" and after.get(test) != "passed"]
        passed = sum(said == "passed" for said in before.values())
        broken += len(worse) if passed else 1
        edits = ", ".join(f"{rule} {number}" for rule, number in sorted(count.items()))
        print(
            f"{name}: {passed} of {len(before)} tests pass before, {len(worse)} of them fail after ({edits})"
        )
        print("\n".join(f"  {test}" for test in worse), flush=True)
    return 1 if broken else 0
