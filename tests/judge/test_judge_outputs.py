"""When two outputs are the same."""

import json

import pytest

from hasten.agent.judge.base import Output
from hasten.agent.judge.outputs import compare_output, describe_end, last_lines
from hasten.sandbox.base import Execution


def same(before: str, after: str, tolerance: float = 0.0) -> bool:
    return compare_output(Output(0, before.encode()), Output(0, after.encode()), tolerance) is None


def test_without_tolerance_every_byte_counts() -> None:
    assert same("a 1.0\n", "a 1.0\n")
    assert not same("a 1.0\n", "a 1.00\n")
    assert not same("a\n", "a")
    assert not same('{"a": 1}', '{"a":1}')


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("mean 0.333333333 of 3", "mean 0.333333334 of 3", True),
        ("mean 0.3333 of 3", "mean 0.3334 of 3", False),
        ("mean 1e-9", "mean 1.0000000001e-9", True),
        ("100000000 rows", "100000001 rows", False),
        ("1.0 rows", "1 rows", True),
        ("a 1.0", "b 1.0", False),
        ("1.0 2.0", "1.0", False),
        ("nan", "nan", True),
        ("x -1.0", "x 1.0", False),
        ("0.0", "1e-12", False),
        ('{"a": [1.0, 2]}', '{"a": [1.0000000001, 2]}', True),
        ('{"a": 1, "b": 2.5}', '{"b": 2.5, "a": 1}', False),
        ('{"a": 100000000}', '{"a": 100000001}', False),
        ('{"v": "1.0"}', '{"v": "1.0000000001"}', False),
        ('{"a": true}', '{"a": 1.0}', False),
        ('{"a": null}', '{"a": 0.0}', False),
        ('{"a": NaN}', '{"a": NaN, "b": 1}', False),
        ("[1.0]", "[1.0, 1.0]", False),
    ],
)
def test_with_tolerance_only_fractions_may_differ(before: str, after: str, expected: bool) -> None:
    assert same(before, after, 1e-6) is expected


def test_hostile_json_does_not_break_the_judge() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert same(deep, deep + " ", 1e-6) is False
    assert same("1" * 9000 + ".5", "1" * 9000 + ".25", 1e-6) in (True, False)
    assert not same("\ud800".encode(errors="surrogatepass").decode(errors="replace"), "x", 1e-6)


def test_the_difference_is_shown() -> None:
    before = "".join(f"line {i}\n" for i in range(10))
    found = compare_output(Output(0, before.encode()), Output(0, before.replace("7", "seven").encode()))
    assert found == "standard output differs in line 8: expected 'line 7', got 'line seven'"
    shorter = compare_output(Output(0, b"a\nb\n"), Output(0, b"a\n"))
    assert shorter == "standard output differs in line 2: expected 'b', got ''"
    assert compare_output(Output(0, b"a"), Output(0, b"a\nb")) == (
        "standard output differs in line 2: expected the end, got 'b'"
    )


def test_long_lines_are_cut_around_the_difference() -> None:
    before, after = (json.dumps(["x" * 5000, word, "y" * 5000]) for word in ("one", "two"))
    found = compare_output(Output(0, before.encode()), Output(0, after.encode())) or ""
    assert "one" in found
    assert "two" in found
    assert len(found) < 600


def test_within_tolerance_is_not_the_first_difference() -> None:
    found = compare_output(Output(0, b"1.0\n2.0\n"), Output(0, b"1.0000000001\n3.0\n"), 1e-6) or ""
    assert "line 2" in found


def test_exit_status_and_artefacts() -> None:
    assert compare_output(Output(0, b""), Output(2, b"")) == "exit status 2 instead of 0"
    before = Output(0, b"", {"out.csv": "aa"})
    assert compare_output(before, Output(0, b"", {"out.csv": "bb"})) == "the file out.csv is different"
    assert compare_output(before, Output(0, b"", {"out.csv": ""})) == "the file out.csv is missing"
    assert compare_output(before, Output(0, b"", {"out.csv": "aa"})) is None


def test_ends_are_told_in_plain_words() -> None:
    def end(code: int, limit: str | None = None) -> str:
        return describe_end(Execution(code, b"", b"", 1, 1, 1, limit=limit))

    assert end(1) == "exited with status 1"
    assert end(137) == "was ended by SIGKILL"
    assert end(255) == "exited with status 255"
    assert end(137, "memory") == "used more memory than its limit and was stopped"
    assert end(137, "wall") == "took longer than its time limit and was stopped"


def test_last_lines_are_bounded() -> None:
    assert last_lines(b"a\nb\nc\n", lines=2) == "b\nc"
    assert len(last_lines(b"x" * 1_000_000)) <= 400
