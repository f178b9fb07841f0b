"""Which rules take part, which code asks to be left alone, and what several rules make together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hasten import UsageError
from hasten.agent.propose.edits import apply_edits
from hasten.agent.propose.rules.base import Rewrite
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.rewriting import rewrite
from hasten.agent.propose.rules.selection import select

Proposed = Callable[..., list[Rewrite]]
Silent = Callable[..., bool]

TWO = """\
import re


def f(lines: list[str], known: list[str]) -> int:
    total = 0
    for line in lines:
        if line in known:
            total += len(re.findall(r"[a-z]+", line))
    return total
"""
QUEUES = """\
def f(graph: dict[str, list[str]]):
    one = ["a"]
    while one:
        one.extend(graph[one.pop(0)]){first}
    two = ["b"]
    while two:{second}
        # a comment
        two.extend(graph[two.pop(0)])
"""


def applied(source: str, found: Rewrite) -> str:
    return apply_edits({"m.py": source}.get, [found.edit])["m.py"]


def test_rules_that_fire_together_come_first_and_then_each_alone(proposed: Proposed) -> None:
    found = proposed(TWO, "list-membership", "regex-hoist")
    assert [r.rules for r in found] == [
        ("list-membership", "regex-hoist"),
        ("list-membership",),
        ("regex-hoist",),
    ]
    text = applied(TWO, found[0])
    assert "known_set = set(known)" in text and '_F_RE = re.compile(r"[a-z]+")' in text
    assert rewrite("m.py", text, "f", only=["list-membership", "regex-hoist"]) == []


def test_what_one_rewrite_uncovers_the_next_pass_uses(proposed: Proposed) -> None:
    source = """\
    def f(rows: list[str], names: list[str]) -> int:
        kept = []
        for name in names:
            kept = kept + [name]
        total = 0
        for row in rows:
            if row in kept:
                total += 1
        return total
    """
    first = proposed(source, "list-concat", "list-membership")[0]
    assert first.rules == ("list-membership", "list-concat")
    alone = proposed(source, "list-concat")[0]
    again = rewrite("m.py", alone.edit.new, "f", only=["list-concat", "list-membership"])
    assert [r.rules for r in again] == [("list-membership",)]


@pytest.mark.parametrize("mark", ["# hasten: ignore", "# hasten: ignore[other, pop-front]"])
@pytest.mark.parametrize(
    "source",
    [
        "@cache  {mark}\ndef f(graph):\n    q = [1]\n    while q:\n        q.extend(graph[q.pop(0)])\n",
        "def f(  {mark}\n    graph,\n):\n    q = [1]\n    while q:\n        q.extend(graph[q.pop(0)])\n",
        "def f(graph):\n    q = [1]\n    while q:\n        q.extend(graph[q.pop(0)])  {mark}\n",
        "def f(graph):\n    q = [1]\n    while q:  {mark}\n        q.extend(graph[q.pop(0)])\n",
        "def f(graph):\n    q = [1]  {mark}\n    while q:\n        q.extend(graph[q.pop(0)])\n",
    ],
)
def test_marked_code_is_left_alone(source: str, mark: str, silent: Silent, proposed: Proposed) -> None:
    assert silent(source.format(mark=mark), "pop-front")
    assert proposed(source.format(mark="# hasten: ignore[other]"), "pop-front")


def test_a_mark_speaks_of_its_statement_only(proposed: Proposed) -> None:
    (found,) = proposed(QUEUES.format(first="", second="  # hasten: ignore"), "pop-front")
    assert "one.popleft()" in found.edit.new and "two.pop(0)" in found.edit.new
    assert "# a comment" in found.edit.new


def test_a_mark_on_the_class_keeps_rules_from_its_methods(silent: Silent) -> None:
    source = """\
    class C:  # hasten: ignore[pop-front]
        def f(self, graph):
            q = [1]
            while q:
                q.extend(graph[q.pop(0)])
    """
    assert silent(source, "pop-front", qualname="C.f")


def test_opt_in_rules_take_part_only_when_named() -> None:
    opt_in = {rule.id for rule in RULES.values() if rule.tier == "opt-in"}
    assert select() == frozenset(RULES) - opt_in
    assert select(["opt-in"]) == opt_in
    assert select(["safe", *opt_in]) >= opt_in


def test_rules_are_chosen_by_id_and_by_tier() -> None:
    safe = {rule.id for rule in RULES.values() if rule.tier == "safe"}
    assert select(["pop-front", "seen-list"]) == {"pop-front", "seen-list"}
    assert select(["safe"]) == safe
    assert select(["safe"], ["pop-front"]) == safe - {"pop-front"}
    assert select((), ["facts"]) == safe


@pytest.mark.parametrize(
    ("name", "hint"), [("pop-fron", "Did you mean 'pop-front'?"), ("zzz", "'hasten rules' lists them.")]
)
def test_an_unknown_rule_is_named_with_the_nearest_one(name: str, hint: str) -> None:
    for chosen in (([name], []), ([], [name])):
        with pytest.raises(UsageError, match=f"no rule '{name}'") as error:
            select(*chosen)
        assert error.value.hint == hint
