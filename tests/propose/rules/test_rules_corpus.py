"""What reading the rewrites of large packages taught: they have to pass a reviewer."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from hasten.agent.propose.rules.base import Rewrite

CASES = {
    "a display keeps its lines and comments": (
        "list-membership",
        """\
        def f(items: list[str]) -> int:
            total = 0
            for item in items:
                if item not in (
                    "a",  # one
                    "b",
                    "c",
                    "d",
                ):
                    total += 1
            return total
        """,
        """\
        def f(items: list[str]) -> int:
            total = 0
            for item in items:
                if item not in {
                    "a",  # one
                    "b",
                    "c",
                    "d",
                }:
                    total += 1
            return total
        """,
    ),
    "what is empty needs no copy": (
        "seen-list",
        """\
        def f(text: str) -> list[str]:
            found = []
            # every letter once
            for letter in text:
                if letter not in found:
                    found.append(letter)
            return found
        """,
        """\
        def f(text: str) -> list[str]:
            found = []
            found_set = set()
            # every letter once
            for letter in text:
                if letter not in found_set:
                    found.append(letter)
                    found_set.add(letter)
            return found
        """,
    ),
    "what is not empty does": (
        "seen-list",
        """\
        def f(text: str) -> list[str]:
            found = [text]
            for letter in text:
                if letter not in found:
                    found.append(letter)
            return found
        """,
        """\
        def f(text: str) -> list[str]:
            found = [text]
            found_set = set(found)
            for letter in text:
                if letter not in found_set:
                    found.append(letter)
                    found_set.add(letter)
            return found
        """,
    ),
    "no empty text is left behind": (
        "str-concat",
        """\
        def f(rows: list[str]) -> str:
            text = ''  # all of it
            last = ""
            for row in rows:
                text += row
                last = row
            return text + last
        """,
        """\
        def f(rows: list[str]) -> str:
            text_parts = []  # all of it
            last = ""
            for row in rows:
                text_parts.append(row)
                last = row
            text = "".join(text_parts)
            return text + last
        """,
    ),
    "a value that has a name keeps it": (
        "items-values",
        """\
        def f(sizes: dict[str, int]) -> list[int]:
            out = []
            for name in sizes:
                size = sizes[name]
                if size > len(name):
                    out.append(size)
            return out
        """,
        """\
        def f(sizes: dict[str, int]) -> list[int]:
            out = []
            for name, size in sizes.items():
                if size > len(name):
                    out.append(size)
            return out
        """,
    ),
    "a pair needs no parentheses of its own": (
        "unused-index",
        """\
        def f(pairs: list[tuple[int, int]]) -> int:
            total = 0
            for i, (one, two) in enumerate(pairs):
                total += one * two
            return total
        """,
        """\
        def f(pairs: list[tuple[int, int]]) -> int:
            total = 0
            for one, two in pairs:
                total += one * two
            return total
        """,
    ),
    "a value without variables gets a name that says something": (
        "invariant-call",
        """\
        def f(rows: list[list[int]]) -> int:
            total = 0
            for row in rows:
                total += sorted(row) == list(range(5))
            return total
        """,
        """\
        def f(rows: list[list[int]]) -> int:
            total = 0
            fixed_list = list(range(5))
            for row in rows:
                total += sorted(row) == fixed_list
            return total
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layout_and_names(name: str, proposed: Callable[..., list[Rewrite]]) -> None:
    rule, before, after = CASES[name]
    (found,) = proposed(before, rule)
    assert found.edit.new == dedent(after)


def test_an_expression_over_several_lines_stays_in_its_loop(silent: Callable[..., bool]) -> None:
    source = """\
    def f(values: list[int], low: int, high: int) -> list[int]:
        out = []
        for value in values:
            if (
                value > low
                and value < high
            ):
                out.append(value)
        return out
    """
    assert silent(source, "append-comprehension")


def test_a_list_handed_on_many_times_is_looked_at_once_each(
    proposed: Callable[..., list[Rewrite]],
) -> None:
    """Asking of every use whether those behind it hand the list on took time exponential in their number."""
    head = "def f(items: list[int], x: int) -> int:\n    found = []\n    found.append(1)\n"
    loop = "    for item in items:\n        if item in found:\n            x += 1\n"
    calls = "".join(f"    g{number}(found)\n" for number in range(60))
    assert proposed(f"{head}{loop}{calls}    return x\n", "list-membership")
