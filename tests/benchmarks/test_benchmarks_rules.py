"""The rules' micro-workloads, their pages, and the walk over a corpus."""

from __future__ import annotations

import contextlib
import io
import sys
import types
from pathlib import Path

import pytest

from benchmarks.rules import corpus, measure, pages, suites
from benchmarks.rules.inputs import INPUTS
from hasten.agent.propose.rules.registry import RULES

SLOW = """\
import re


class Shop:
    def tokens(self, line: str) -> list[str]:
        return re.findall(r"[a-z]+", line, re.I)


def visit(graph, start):
    queue = [start]
    while queue:
        node = queue.pop(0)
        queue.extend(graph[node])
    return node
"""


def output(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What one round of a micro-workload prints, run in this process."""
    module = types.ModuleType("workload")
    module.__dict__["__name__"] = "workload"
    monkeypatch.setitem(sys.modules, "workload", module)
    exec(compile(files[measure.FILE], measure.FILE, "exec", dont_inherit=True), module.__dict__)
    monkeypatch.setattr(sys, "argv", ["main.py", "1"])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(files["main.py"], "main.py", "exec", dont_inherit=True), {"__name__": "__main__"})
    return printed.getvalue()


def test_every_rule_has_an_input() -> None:
    assert set(INPUTS) == set(RULES)


@pytest.mark.e2e
@pytest.mark.parametrize("rule_id", sorted(set(RULES) & set(INPUTS)))
def test_micro_workload_prints_the_same_before_and_after(
    rule_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, given = RULES[rule_id], INPUTS[rule_id]
    files = measure.program(rule, given)
    if rule_id == "memoize-pure":  # exponential without memory
        files["main.py"] = files["main.py"].replace(given.calls, "[(12,)]")
    before = output(files, monkeypatch)
    assert len(before) == 65
    assert output({**files, measure.FILE: measure.rewritten(rule)}, monkeypatch) == before


def test_pages_say_what_the_docstrings_say() -> None:
    """``python -m benchmarks.rules pages`` writes them."""
    assert {path.name for path in pages.FOLDER.glob("*.md")} == set(pages.texts())
    for name, text in pages.texts().items():
        assert (pages.FOLDER / name).read_text(encoding="utf-8") == text, name


def test_walk_applies_compiles_and_repeats(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text(SLOW)
    (folder / "broken.py").write_text("def (")
    found = corpus.walk(folder, ["regex-hoist", "pop-front"])
    assert (found.files, found.definitions, found.faults) == (1, 2, [])
    assert found.by_rule["regex-hoist"] == found.by_rule["pop-front"] == 1
    assert {rules for rules, _ in found.diffs} == {"regex-hoist", "pop-front"}
    assert "| shop | 1 | 14 | 2 | 2 |" in corpus.report({"shop": found})
    (one,) = corpus.sample({"shop": found}, 1, seed=0)
    assert one.startswith("# pop-front\ndiff --git a/shop/a.py")


def test_all_safe_rewrites_go_into_one_tree(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text(SLOW)
    wanted = ["regex-hoist", "pop-front"]
    assert suites.rewrite_all(tmp_path, "shop", wanted) == {"regex-hoist": 1, "pop-front": 1}
    text = (folder / "a.py").read_text()
    assert "queue.popleft()" in text and "_TOKENS_RE.findall(line)" in text
    assert suites.rewrite_all(tmp_path, "shop", wanted) == {}
