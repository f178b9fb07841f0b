"""Every rule over every function of large packages: does anything break, and what would be proposed?

    python -m benchmarks.rules corpus --cache DIR --sample 20

Types are known from annotations and literals alone, as nothing runs. Each proposed edit is applied and
compiled, and the rules go over the result once more: they must find nothing.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hasten.agent.deliver.patch import unified_diff
from hasten.agent.languages.python import functions
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.propose.rules.base import Rewrite
from hasten.agent.propose.rules.rewriting import rewrite

PACKAGES = (
    "babel",
    "black",
    "django",
    "docutils",
    "mypy",
    "networkx",
    "pandas",
    "pip",
    "pygments",
    "rich",
    "setuptools",
    "sphinx",
    "sqlalchemy",
    "sympy",
)
TWICE = "more than once"
"""In the refusal of an edit to a definition whose name is not unique in its file."""


@dataclass
class Tally:
    """What a walk over some files found."""

    files: int = 0
    lines: int = 0
    definitions: int = 0
    seconds: float = 0.0
    """Spent in the rules; applying and checking the edits comes on top."""
    by_rule: Counter[str] = field(default_factory=Counter)
    ambiguous: int = 0
    faults: list[str] = field(default_factory=list)
    diffs: list[tuple[str, str]] = field(default_factory=list)
    """(rules, patch) of every definition that would be rewritten, all rules together."""

    @property
    def lines_per_second(self) -> float:
        return self.lines / max(self.seconds, 1e-9)


def fetch(cache: Path, packages: Sequence[str]) -> Path:
    """The packages as installed files in ``cache``; nothing is downloaded twice."""
    target = cache / "packages"
    target.mkdir(parents=True, exist_ok=True)
    if missing := [name for name in packages if not (target / name).is_dir()]:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile"]
        subprocess.run([*command, "--target", str(target), *missing], check=True)
    return target


def sources(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of every Python file below ``folder`` that parses."""
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_bytes().decode()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, str(path), "exec", dont_inherit=True)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue
        yield path.relative_to(folder.parent).as_posix(), text


def walk(folder: Path, only: Sequence[str] | None = None) -> Tally:
    """All rules, or those named, over one package."""
    tally = Tally()
    for path, text in sources(folder):
        tally.files += 1
        tally.lines += text.count("\n")
        names = dict.fromkeys(d.qualname for d in functions(path, text))
        tally.definitions += len(names)
        for qualname in names:
            began = time.perf_counter()
            try:
                found = rewrite(path, text, qualname, only=only)
            except Exception:
                tally.faults.append(f"{path}::{qualname} crashed\n{traceback.format_exc()}")
                continue
            finally:
                tally.seconds += time.perf_counter() - began
            if found:
                check(tally, path, text, qualname, found, only)
    return tally


def check(
    tally: Tally, path: str, text: str, qualname: str, found: Sequence[Rewrite], only: Sequence[str] | None
) -> None:
    """Every rewrite of one definition applies, compiles and is not rewritten again."""
    for number, one in enumerate(found):
        place = f"{path}::{qualname} ({', '.join(one.rules)})"
        try:
            after = apply_edits({path: text}.get, [one.edit])[path]
        except EditRefused as error:
            if TWICE in str(error):
                tally.ambiguous += 1
                return
            tally.faults.append(f"{place} does not apply: {error}")
            continue
        if after == text:
            tally.faults.append(f"{place} changes nothing")
        again = rewrite(path, after, qualname, only=only if number == 0 else one.rules)
        if again:
            patch = unified_diff({path: (text, after)})
            tally.faults.append(f"{place} is rewritten again by {again[0].rules}\n{patch}")
        if number == 0:
            tally.diffs.append((",".join(one.rules), unified_diff({path: (text, after)})))
        if len(one.rules) == 1:
            tally.by_rule[one.rules[0]] += 1


def report(tallies: dict[str, Tally]) -> str:
    """The walk as Markdown."""
    rows = ["| package | files | lines | functions | rewritten | lines/s |", "|---|---|---|---|---|---|"]
    for name, t in tallies.items():
        rows.append(
            f"| {name} | {t.files:,} | {t.lines:,} | {t.definitions:,} | {len(t.diffs)} "
            f"| {t.lines_per_second:,.0f} |"
        )
    lines, seconds = (sum(getattr(t, name) for t in tallies.values()) for name in ("lines", "seconds"))
    rows.append(
        f"| all | {sum(t.files for t in tallies.values()):,} | {lines:,} "
        f"| {sum(t.definitions for t in tallies.values()):,} | {sum(len(t.diffs) for t in tallies.values())} "
        f"| {lines / max(seconds, 1e-9):,.0f} |"
    )
    by_rule = sum((t.by_rule for t in tallies.values()), Counter[str]())
    rows += ["", "| rule | functions |", "|---|---|"]
    rows += [f"| {name} | {number} |" for name, number in by_rule.most_common()]
    return "\n".join(rows)


def sample(tallies: dict[str, Tally], number: int, seed: int) -> list[str]:
    """Patches to read: a random choice, every rule in turn."""
    by_rule: dict[str, list[str]] = {}
    for rules, patch in (diff for t in tallies.values() for diff in t.diffs):
        by_rule.setdefault(rules, []).append(patch)
    rng = random.Random(seed)
    for patches in by_rule.values():
        rng.shuffle(patches)
    chosen: list[str] = []
    while len(chosen) < number and any(by_rule.values()):
        for rules, patches in sorted(by_rule.items()):
            if patches and len(chosen) < number:
                chosen.append(f"# {rules}\n{patches.pop()}")
    return chosen
