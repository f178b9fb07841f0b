"""Rewrites of lines in which a profile saw nothing."""

from __future__ import annotations

import pytest

from hasten.agent.cold import is_cold, touched
from hasten.agent.languages.python import find
from hasten.agent.types import Edit, Target

SOURCE = """\
import re


class Report:
    def rows(self, orders, known):
        names = sorted(orders)[0]
        out = []
        for order in orders:
            if order in (
                known
            ):
                out.append(order)

        def later(order):
            return order[:]

        return out
"""
NEW = """\
def rows(self, orders, known):
    names = sorted(orders)[0]
    out = []
    for order in orders:
        if order in (
            known
        ):
            out.append(order)

    def later(order):
        return order[:]

    return out
"""


def target(**share: float) -> Target:
    definition = find("m.py", SOURCE, "Report.rows")
    assert definition
    lines = {int(row.removeprefix("at")): value for row, value in share.items()}
    return Target(definition, "main", 0.5, 0.9, (), (), lines)


def edit(*swaps: tuple[str, str]) -> Edit:
    text = NEW
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return Edit("m.py", text, qualname="Report.rows")


FIRST = ("sorted(orders)[0]", "min(orders)")
TEST = ("        known\n", "        known_set\n")


def test_rows_of_the_statements_changed() -> None:
    assert touched(SOURCE, target(), edit(FIRST).new) == {6}
    assert touched(SOURCE, target(), edit(TEST).new) == {9, 10, 11}
    assert touched(SOURCE, target(), edit(("out = []", "out = []\n    known_set = set(known)")).new) == set()


@pytest.mark.parametrize(
    ("change", "lines", "cold"),
    [
        (FIRST, {"at8": 0.4, "at9": 0.5}, True),
        (FIRST, {"at6": 0.2, "at9": 0.5}, False),
        (TEST, {"at8": 0.4, "at6": 0.5}, True),
        (TEST, {"at8": 0.4, "at9": 0.5}, False),
        (FIRST, {}, False),
    ],
)
def test_a_change_is_as_cold_as_its_lines(
    change: tuple[str, str], lines: dict[str, float], cold: bool
) -> None:
    assert is_cold(SOURCE, target(**lines), edit(change)) is cold


def test_what_only_adds_lines_is_never_cold() -> None:
    added = edit(("out = []", "out = []\n    known_set = set(known)"))
    assert not is_cold(SOURCE, target(at9=0.9), added)


def test_nested_functions_are_not_judged_by_lines() -> None:
    assert not is_cold(SOURCE, target(at9=0.9), edit(("order[:]", "order.copy()")))
