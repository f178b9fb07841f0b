"""The patches that hasten is put to the test with: do they do what they claim?"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.judge import patches, tally, truth
from benchmarks.judge.gains import GAINS, Gain
from benchmarks.judge.noops import KINDS
from benchmarks.judge.stall import FILES, MODULES, make_repository, write_files


@lru_cache
def every_patch() -> tuple[patches.Patch, ...]:
    return tuple(patches.patch_named(name) for name in patches.NAMES)


def noops() -> list[patches.Patch]:
    return [patch for patch in every_patch() if patch.kind == "noop"]


class Plain(ast.NodeTransformer):
    """A function without annotations and docstring, its own variables numbered as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.own: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node) is not None:
            del node.body[0]
        self.numbers, taken = {}, {argument.arg for argument in node.args.args}
        stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        self.own = {name.id for name in stored} - taken
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        plain = ast.Assign([node.target], node.value)
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.own:
            node.id = self.numbers.setdefault(node.id, f"v{len(self.numbers)}")
        return node


def meaning(text: str) -> dict[str, str]:
    """What a module does, whatever it looks like: its functions by name, and the rest in order."""
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    rest = [node for node in tree.body if not isinstance(node, ast.FunctionDef)][1:]
    found = {node.name: ast.dump(Plain().visit(node)) for node in functions}
    return {**found, "": "\n".join(ast.dump(node) for node in rest)}


def git_apply(repo: Path, diff: str, *options: str) -> None:
    done = subprocess.run(
        ["git", "apply", *options, "-"], cwd=repo, input=diff, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("stall"))


def outputs(tree: Path, workload: str) -> str:
    env = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = truth.command(workload)
    return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.e2e
def test_no_op_patches_mean_the_same() -> None:
    assert len({patch.diff for patch in noops()}) > 90
    assert {part for patch in noops() for part in patch.title.split(" and ")} == set(KINDS)
    for patch in noops():
        assert patch.files, patch.name
        for path, text in patch.files.items():
            assert text != FILES[path]
            assert meaning(text) == meaning(FILES[path]), patch.diff


def test_the_meaning_of_a_module_is_more_than_its_names() -> None:
    text = FILES[MODULES["route"]]
    assert meaning(text.replace("length += table[here][best]", "length += table[here][here]")) != meaning(
        text
    )
    assert meaning(text.replace("divisor += 1", "divisor += 2")) != meaning(text)


@pytest.mark.e2e
def test_every_patch_applies(repo: Path) -> None:
    for patch in every_patch():
        git_apply(repo, patch.diff, "--check")


@pytest.mark.e2e
def test_an_applied_patch_is_the_changed_file(repo: Path, tmp_path: Path) -> None:
    tree = make_repository(tmp_path)
    patch = next(each for each in noops() if len(each.files) == 2)
    git_apply(tree, patch.diff)
    for path, text in patch.files.items():
        assert (tree / path).read_text() == text


def test_the_same_seed_gives_the_same_patch() -> None:
    assert [patches.patch_named(name).diff for name in patches.NAMES[:3]] == [p.diff for p in noops()[:3]]


@pytest.fixture(scope="module")
def usual(repo: Path) -> Mapping[str, str]:
    return {workload: outputs(repo, workload) for workload in MODULES}


@pytest.mark.parametrize("gain", GAINS, ids=lambda gain: gain.name)
def test_improvements_keep_the_output(gain: Gain, usual: Mapping[str, str], tmp_path: Path) -> None:
    write_files(tmp_path)
    for path, text in gain.files.items():
        assert meaning(text) != meaning(FILES[path])
        (tmp_path / path).write_text(text)
    assert outputs(tmp_path, gain.workload) == usual[gain.workload]


def test_there_are_twenty_improvements_on_all_workloads() -> None:
    assert len({gain.name for gain in GAINS}) == 20
    assert {gain.workload for gain in GAINS} == set(MODULES)


@pytest.mark.e2e
def test_improvements_pass_the_stalls_tests(tmp_path: Path) -> None:
    """All that go together at once, one a function: the tests take longer to start than to run."""
    write_files(tmp_path)
    for name in ("sales", "search", "route"):
        swaps = {swap for gain in GAINS if gain.workload == name for swap in gain.swaps}
        text = FILES[MODULES[name]]
        for old, new in sorted(swaps):
            text = text.replace(old, new) if text.count(old) == 1 else text
        (tmp_path / MODULES[name]).write_text(text)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_replacement_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="not there exactly once"):
        _ = Gain("twice", "sales", (("for ", "for  "),)).files


@pytest.mark.e2e
def test_the_truth_of_a_large_gain(tmp_path: Path) -> None:
    path = MODULES["route"]
    fast = FILES[path].replace("print(likeness", "return\n    print(likeness")
    found = truth.of_patch(tmp_path, {path: fast}, "route", 8)
    assert 1.05 < found.low < found.speedup < found.high


def record(name: str, decision: str, low: float, kind: str = "noop", target: str = "") -> dict[str, Any]:
    found = {"name": "sales", "speedup": low + 0.05, "low": low, "pairs": 8}
    what = {"name": name, "kind": kind, "title": "t", "target": target, "label": "quiet", "reason": "r"}
    return {
        **what,
        "decision": decision,
        "exit": int(decision != "accepted"),
        "seconds": 9.0,
        "workloads": [found],
    }


def test_the_table_counts_what_went_wrong(tmp_path: Path) -> None:
    real: dict[str, Any] = {
        "name": "gain-00",
        "kind": "truth",
        "label": "truth",
        "title": "t",
        "target": "sales",
    }
    real |= {"speedup": 1.3, "low": 1.29, "high": 1.31}
    records = [
        record("noop-000", "rejected", 0.97),
        record("noop-001", "accepted", 1.02),
        record("gain-00", "accepted", 1.25, "gain", "sales"),
        record("gain-00", "accepted", 1.33, "gain", "sales"),
        record("gain-01", "rejected", 1.33, "gain", "sales"),
        real,
    ]
    for each in records:
        patches.append(tmp_path / "r.jsonl", each)
    assert tally.read(tmp_path / "r.jsonl") == json.loads(json.dumps(records))
    text = tally.table(records)
    assert "| noop | quiet | 2 | 1 | 1 | 0 | 0 | 8 | 9.0 | 9.0 | 1 of 2 | 0: 1, 1: 1 |" in text
    assert "| gain | quiet | 3 | 2 | 1 | 0 | 0 | 8 | 9.0 | 9.0 | 1 of 2 | 0: 2, 1: 1 |" in text
    assert "gain-00 sales: 1.3300 > 1.3100" in text
    assert tally.read(tmp_path / "none.jsonl") == []


def test_what_is_recorded_is_not_done_again(tmp_path: Path) -> None:
    options = patches.arguments(["--count", "3", "--label", "load"])
    done = [{"name": "noop-001", "label": "load"}, {"name": "noop-002", "label": "quiet"}]
    assert patches.wanted(options, done) == [
        *("noop-000", "noop-002"),
        *("gain-00", "gain-01", "gain-02"),
    ]
    parts = [patches.arguments(["--share", share]) for share in ("1/2", "2/2")]
    names = [set(patches.wanted(part, [])) for part in parts]
    assert len(names[0] | names[1]) == 120
    assert not names[0] & names[1]
