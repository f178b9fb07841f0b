"""Chains of comparisons that choose a constant."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES

RULE = "constant-table"


def chain(keys: list[str], line: str = "return {}", name: str = "x", indent: str = "    ") -> str:
    tests = [f"{name} {key}" if " " in key else f"{name} == {key}" for key in keys]
    lines = [f"{'elif' if i else 'if'} {test}:\n    {line.format(i)}" for i, test in enumerate(tests)]
    return "".join(f"{indent}{part}\n" for one in lines for part in one.split("\n"))


TEXTS = [f'"{c}"' for c in "abcdef"]
NUMBERS = ["1", "0", "2", "3", "4", "1", "5"]
FIRES = {
    "return after the chain": f"def f(x: str | float | None, y: int):\n{chain(TEXTS)}    return None\n",
    "else": f"def f(x: str | float | None, y: int):\n{chain(NUMBERS)}    else:\n        return (-1, 'x')\n",
    "assigned": (
        "def f(x: str | float | None, y: int):\n    out = []\n    for x in [x, 'a', None]:\n"
        f"{chain(TEXTS, 'name = {}', indent='        ')}        else:\n            name = 1.5\n"
        "        out.append(name)\n    return out\n"
    ),
    "tuples": f"def f(x: str | float | None, y: int):\n{chain(TEXTS, 'return 1, {}')}    return 0, 0\n",
    "several at once": (
        "def f(x: str | float | None, y: int):\n    while y > 0:\n        y -= 1\n"
        f"{chain(['in (1, 2)', 'in [2, 3]', '4', '5', '6'], indent='        ')}        return True\n"
    ),
}


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(
    x=st.one_of(
        st.sampled_from([*"abcdefgh", "", 0.0, -0.0, math.nan, True, False, None]), st.integers(-1, 7)
    ),
    y=st.integers(0, 2),
)
def test_same_behaviour(case: str, x: object, y: int) -> None:
    assert assert_equivalent(FIRES[case], "f", RULE, [(x, y)])


GOOD = f"def f(x: str, g):\n{chain(TEXTS)}    return 9\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x: str", "x"),
        ("x: str", "x: list[str]"),
        ('x == "f"', "x == 6"),
        ('x == "f"', 'x == "a"'),
        ('x == "f"', 'x != "f"'),
        ('x == "f"', "x == g"),
        ('x == "f"', 'g == "f"'),
        ('x == "f"', 'x == "f" and g'),
        ('x == "f"', 'x in ("f", g)'),
        ('x == "f"', 'x == b"f"'),
        ('x == "f"', 'x in (*"f", "g")'),
        ('elif x == "b"', 'if x == "b"'),
        ("return 3", "return g()"),
        ("return 3", "return [3]"),
        ("return 3", "return g"),
        ("return 3", "y = 3"),
        ("return 3", "g(); return 3"),
        ("return 3", "return 3  # three"),
        ("return 3", "return"),
        ("return 3", "return (\n            3\n        )"),
        ("    return 9\n", ""),
        ("    return 9\n", "    g()\n    return 9\n"),
        ("    return 9\n", "    return 9  # nothing\n"),
        ("    return 9\n", "    else:\n        g()\n    return 9\n"),
    ],
)
def test_silent(old: str, new: str) -> None:
    assert old in GOOD
    assert rewritten(GOOD, "f", RULE) is not None
    assert rewritten(GOOD.replace(old, new), "f", RULE) is None


def test_assigned_without_else_keeps_what_was_there() -> None:
    source = f"def f(x: str, y):\n{chain(TEXTS, 'y = {}')}    return y\n"
    assert rewritten(source, "f", RULE) is None


def test_five_are_too_few() -> None:
    assert rewritten(f"def f(x: str):\n{chain(TEXTS[:5])}    return 9\n", "f", RULE) is None


def test_comment_above_stays() -> None:
    after = rewritten(GOOD.replace("    if x", "    # by letter\n    if x"), "f", RULE)
    assert after is not None
    assert "    # by letter\n    return _F_TABLE.get(x, 9)\n" in after
