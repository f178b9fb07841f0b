"""The error boundary: every outcome is text or JSON, and an exit code."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from hasten import __version__
from hasten.cli import app
from hasten.cli.screen import Screen, take_flags


@pytest.mark.parametrize("words", [[], ["--help"], ["optimize", "--help"], ["-h"]])
def test_help_is_no_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(Screen(), words) == 0
    assert "Usage" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(Screen(json=True), ["--version"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == {"version": __version__}


@pytest.mark.parametrize(
    "words", [["frob"], ["optimize", "--bogus"], ["profile", "--format", "nope"], ["-x"]]
)
def test_a_mistake_on_the_command_line_is_a_usage_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(Screen(), words) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error:") and "hint:" in said.err


def test_a_bug_of_ours_names_its_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(app, "app", broken)
    assert app.run(Screen(json=True), ["runs"]) == 70
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "bug"
    assert "ZeroDivisionError" in error["message"] and str(tmp_path) in error["hint"]


def test_global_flags_stand_anywhere_before_a_double_dash() -> None:
    screen, words = take_flags(["--json", "runs", "-q", "x", "--", "-v"])
    assert screen.json and screen.quiet and not screen.verbose
    assert words == ["runs", "x", "--", "-v"]
