"""The channel of test outcomes: what cannot be forged, and what is said of differences."""

import hashlib
import hmac
import json
import os
from pathlib import Path

import pytest

from hasten.agent.judge.base import Outcomes
from hasten.agent.judge.channel import writer
from hasten.agent.judge.correctness import compare_outcomes, failing, fold, read_results
from hasten.sandbox.base import Execution

KEY = b"secret"


def executed(code: int = 0, limit: str | None = None) -> Execution:
    return Execution(code, b"", b"", 1, 1, 1, limit=limit)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results"
    emit = writer(KEY, path)
    emit("test", "a::b", "call", "passed", False, "")
    emit("test", "a::c", "call", "failed", False, "boom")
    emit("end", 1)
    return path


def test_what_was_written_is_read(results: Path) -> None:
    records, trouble = read_results(results, KEY)
    assert not trouble
    assert records is not None
    assert fold(records, "", executed(1)) == Outcomes(
        {"a::b": "passed", "a::c": "failed"}, True, 1, "", {"a::c": "boom"}
    )


@pytest.mark.parametrize("line", [0, 1, 2])
@pytest.mark.parametrize("how", ["drop", "change", "repeat", "swap"])
def test_every_tampering_is_seen(results: Path, line: int, how: str) -> None:
    lines = results.read_bytes().splitlines(keepends=True)
    if how == "drop":
        del lines[line]
    elif how == "change":
        lines[line] = lines[line].replace(b"a::", b"x::").replace(b'"end", 1', b'"end", 0')
    elif how == "repeat":
        lines.insert(line, lines[line])
    else:
        other = (line + 1) % 3
        lines[line], lines[other] = lines[other], lines[line]
    results.write_bytes(b"".join(lines))
    records, trouble = read_results(results, KEY)
    assert records is not None
    assert fold(records, trouble, executed()).trouble, "a shortened file has no end, any other no valid chain"


def test_another_key_is_no_key(results: Path) -> None:
    body = json.dumps([0, "", "end", 0]).encode()
    mark = hmac.new(b"guess", body, hashlib.sha256).hexdigest().encode()
    results.write_bytes(mark + b" " + body + b"\n")
    assert "tampered" in read_results(results, KEY)[1]


def test_links_pipes_and_missing_files(tmp_path: Path, results: Path) -> None:
    (tmp_path / "link").symlink_to(results)
    assert "replaced" in read_results(tmp_path / "link", KEY)[1]
    os.mkfifo(tmp_path / "pipe")
    assert "replaced" in read_results(tmp_path / "pipe", KEY)[1]
    assert read_results(tmp_path / "nothing", KEY) == (None, "")


def test_success_in_spite_of_failures_is_not_believed() -> None:
    records = [["test", "a", "call", "failed", False, ""], ["end", 0]]
    assert fold(records, "", executed()).trouble == "pytest reports success although tests failed"


def test_phases_count_by_the_worst() -> None:
    reports = [("setup", "passed", False), ("call", "passed", False), ("teardown", "failed", False)]
    records = [["test", "a", *r, ""] for r in reports] + [["end", 1]]
    outcomes = fold(records, "", executed(1))
    assert outcomes.by_id == {"a": "error"}
    assert failing(outcomes) == ["a"]


def test_unfinished_runs_say_why() -> None:
    assert fold([], "", executed(137, "wall")).trouble == (
        "the test run took longer than its time limit and was stopped before it was complete"
    )


def test_comparison_names_what_changed() -> None:
    before = Outcomes({f"t{i}": "passed" for i in range(9)})
    after = Outcomes({f"t{i}": "failed" for i in range(8)}, texts={"t0": "boom"}, exit_code=1)
    found = compare_outcomes(before, frozenset({"t7"}), after)
    assert found is not None
    assert found.reason.startswith("8 tests now behave differently: t0 (passed, now failed), t1")
    assert found.reason.endswith("t4 (passed, now failed) and 3 more")
    assert found.detail == "t0\nboom"
    missing = compare_outcomes(before, frozenset(), Outcomes({f"t{i}": "passed" for i in range(8)}))
    assert missing is not None
    assert missing.reason == "1 test now behaves differently: t8 (passed, now not run)"
    assert compare_outcomes(before, frozenset(), before) is None


def test_skipping_is_a_difference_and_so_is_the_exit_status() -> None:
    before = Outcomes({"t": "passed"})
    assert compare_outcomes(before, frozenset(), Outcomes({"t": "skipped"})) is not None
    assert compare_outcomes(before, frozenset(), Outcomes({"t": "passed"}, exit_code=1)) is not None
    assert compare_outcomes(before, frozenset({"u"}), Outcomes({"t": "passed"}, exit_code=1)) is None
