"""Programs that wait, and candidates that trade: are the cases what they say, and is the table honest?"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from benchmarks.judge import waiting
from benchmarks.judge.waiters import CASES, WORK, Case, program

WORDS = {node.name for node in ast.parse(WORK).body if isinstance(node, ast.FunctionDef)}
BY_NAME = {(case.family, case.name): case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.family}: {case.name}")
def test_programs_are_made_of_what_there_is(case: Case) -> None:
    for body in (case.before, case.after):
        called = [node.func for node in ast.walk(ast.parse(program(body))) if isinstance(node, ast.Call)]
        names = {function.id for function in called if isinstance(function, ast.Name)}
        assert names <= WORDS | {"print", "range"}
    assert (case.before == case.after) is (case.name == "identical")


def test_every_kind_of_program_is_there() -> None:
    families = {case.family for case in CASES if case.name == "identical"}
    assert families == {"sleeps", "reads files", "two threads", "two children"}
    assert len(BY_NAME) == len(CASES)


@pytest.mark.e2e
def test_a_live_decision_on_a_process_that_is_left_behind(tmp_path: Path) -> None:
    case = BY_NAME["computes", "left to a detached process that ends later"]
    record = {"label": "quiet", **waiting.decide(case, tmp_path, 0.0)}
    assert waiting.decision(record) == "refused: output"
    assert "leaves 1 processes running" in record["reason"]
    assert waiting.is_right(case, record)


def made_up(name: str, decision: str, measured: str, label: str = "quiet") -> dict[str, Any]:
    taken = {"mode": "interleaved", "metric": "wall", "speedup": 1.2, "pairs": 8, "seconds": 3.0}
    said = {"decision": decision, "measured": measured, "gate": "speed", "reason": "so it is"}
    return {"label": label, "family": "two children", "name": name, **taken, **said}


def test_the_table_says_what_was_right() -> None:
    records = [
        made_up("identical", "accepted", "faster"),
        made_up("identical", "rejected", "same"),
        made_up("all 1.3x", "accepted", "faster"),
        made_up("one after the other", "rejected", "faster"),
        made_up("work done by the parent", "accepted", "faster"),
        made_up("work done by the parent", "accepted", "faster", "load"),
    ]
    text = waiting.table(records)
    assert "| 1 accepted, 1 same | 1.20 | 8 | 3.0 | not accepted | 1 of 2 |" in text
    assert "| all 1.3x | 1.16 | interleaved, wall | accepted | 1.20 | 8 | 3.0 | accepted | 1 of 1 |" in text
    assert "| refused by a guard | 1.20 | 8 | 3.0 | not accepted | 1 of 1 |" in text
    assert text.count("| not accepted (idle) | 0 of 1 |") == 1
    assert text.count("| not accepted (idle) | 1 of 1 |") == 1
    assert "- two children, identical: so it is" in text


def test_what_is_recorded_is_not_done_again() -> None:
    options = waiting.arguments(["--only", "sleeps", "--count", "2", "--identical", "3"])
    done = [{"label": "quiet", "family": "sleeps", "name": "identical"}] * 2
    todo = list(waiting.wanted(options, done))
    assert [case.name for case in todo].count("identical") == 1
    assert [case.name for case in todo].count("sleeps removed") == 2
    assert {case.family for case in todo} == {"sleeps"}
