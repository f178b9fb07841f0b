"""``hasten rules`` and the flags that choose rules."""

from __future__ import annotations

import json

import pytest

from hasten import UsageError
from hasten.agent.propose.rules.registry import RULES
from hasten.cli import app, setup
from hasten.cli.optimize import chosen_rules
from hasten.cli.screen import Screen

CAPTURE = pytest.CaptureFixture[str]


def test_rules_lists_all_of_them_as_a_table(capsys: CAPTURE) -> None:
    assert app.run(Screen(), ["rules"]) == 0
    said = capsys.readouterr().out
    for rule in RULES.values():
        assert f"{rule.id} " in said and rule.tier in said
    assert "``" not in said


def test_rules_for_programs(capsys: CAPTURE) -> None:
    assert app.run(Screen(json=True), ["rules"]) == 0
    listed = json.loads(capsys.readouterr().out)["result"]
    assert [(r["id"], r["tier"]) for r in listed] == [(r.id, r.tier) for r in RULES.values()]
    assert all(r["title"] for r in listed)


def test_show_prints_one_rule_whole(capsys: CAPTURE) -> None:
    assert app.run(Screen(), ["rules", "show", "pop-front"]) == 0
    said = capsys.readouterr().out
    assert "queue.popleft()" in said and "docs.python.org" in said
    assert app.run(Screen(json=True), ["rules", "show", "pop-front"]) == 0
    shown = json.loads(capsys.readouterr().out)["result"]
    assert shown["id"] == "pop-front" and "queue.popleft()" in shown["after"]


def test_every_rule_can_be_shown() -> None:
    for rule_id in RULES:
        said = setup.rule(rule_id).text
        for part in ("What", "Why", "Precondition", "Tier", "Source", "Before", "After"):
            assert f"[bold]{part}[/]\n" in said


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["rules", "show", "pop-fron"], "There is no rule 'pop-fron'.", "Did you mean 'pop-front'?"),
        (["rules", "show"], "Missing argument 'ID'.", "See 'hasten rules --help'."),
        (["optimize", "--rules", "lst-concat"], "There is no rule 'lst-concat'.", "'list-concat'"),
        (["optimize", "--rules", ","], "--rules names no rule.", "'hasten rules' lists them"),
        (["optimize", "--rules", "safe", "--no-rules"], "contradict each other", "Leave one of them out."),
    ],
)
def test_a_mistake_is_named_with_what_to_do(
    words: list[str], message: str, hint: str, capsys: CAPTURE
) -> None:
    assert app.run(Screen(json=True), words) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert message in error["message"] and hint in error["hint"]


def test_flags_become_settings() -> None:
    assert chosen_rules(None, False) == {}
    assert chosen_rules(None, True) == {("rules", "enabled"): False}
    assert chosen_rules("pop-front, safe", False) == {
        ("rules", "enabled"): True,
        ("rules", "include"): ["pop-front", "safe"],
        ("rules", "exclude"): [],
    }
    with pytest.raises(UsageError):
        chosen_rules("nonsense", False)
