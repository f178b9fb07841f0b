"""A small slow program with tests, judged in the real process sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hasten.agent.judge.base import Baseline, Criteria
from hasten.agent.judge.judge import Judge
from hasten.agent.types import Verdict, Workload
from hasten.sandbox.base import Limits
from hasten.sandbox.process import ProcessSandbox
from hasten.sandbox.tree import Trees

CORE = '''\
"""Slow on purpose."""

import sys


def unique(values):
    seen = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return seen


def report(size):
    return sum(unique([i * 7919 % size for i in range(size)]))
'''
FAST = (
    CORE.replace("seen = []", "seen = {}")
    .replace("seen.append(value)", "seen[value] = None")
    .replace("return seen", "return list(seen)")
)
MAIN = """\
import sys

from shop.core import report

print(report(int(sys.argv[1])))
"""
TESTS = """\
from shop.core import report, unique


def test_order_is_kept():
    assert unique([3, 1, 3, 2, 1]) == [3, 1, 2]


def test_report():
    assert report(10) == 45


def test_result_is_a_fresh_list():
    first = unique([1, 2])
    first.append(3)
    assert unique([1, 2]) == [1, 2]
"""
FILES = {
    "shop/__init__.py": "",
    "shop/core.py": CORE,
    "shop/__main__.py": MAIN,
    "tests/test_core.py": TESTS,
    "pyproject.toml": "[tool.pytest.ini_options]\n",
}
PYTEST = (sys.executable, "-m", "pytest", "-q")


def workload(name: str, size: int, **options: object) -> Workload:
    return Workload(name, (sys.executable, "-S", "-m", "shop", str(size)), **options)  # type: ignore[arg-type]


MAIN_WORKLOAD = workload("main", 2200, timeout_s=60.0)


def criteria_for(**changes: object) -> Criteria:
    base: dict[str, object] = {
        "python": sys.executable,
        "env": {"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        "tests": PYTEST,
        "limits": Limits(wall_s=60),
        "calibrate_s": 0.0,
    }
    return Criteria(**{**base, **changes})  # type: ignore[arg-type]


@dataclass
class Court:
    """A judge with the tree of the program as it was and what it found healthy."""

    judge: Judge
    trees: Trees
    before: Path

    def healthy(self) -> Baseline:
        return self.judge.baseline(self.before)

    def changed(
        self, files: Mapping[str, str | None]
    ) -> tuple[Path, dict[str, tuple[str | None, str | None]]]:
        """The tree with some files replaced, and the changes as the judge wants them."""
        olds = {p: (self.before / p).read_text() if (self.before / p).exists() else None for p in files}
        return self.trees.derive(self.before, files), {p: (olds[p], new) for p, new in files.items()}

    def verdict(self, files: Mapping[str, str | None], baseline: Baseline, *, final: bool = False) -> Verdict:
        after, changes = self.changed(files)
        decide = self.judge.confirm if final else self.judge.judge
        return decide(self.before, after, changes, baseline)


@contextmanager
def open_court(
    folder: Path,
    *workloads: Workload,
    files: Mapping[str, str] | None = None,
    **criteria: object,
) -> Iterator[Court]:
    """A court over ``files`` (the shop) on the process sandbox, everything below ``folder``."""
    repo, exchange = folder / "repo", folder / "exchange"
    for path, text in {**FILES, **(files or {})}.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    exchange.mkdir()
    trees = Trees(folder / "trees", link=False)
    with ProcessSandbox(repo, [], folder / "scratch") as sandbox:
        judge = Judge(sandbox, trees, criteria_for(**criteria), workloads or (MAIN_WORKLOAD,), exchange)
        yield Court(judge, trees, trees.snapshot(repo))
