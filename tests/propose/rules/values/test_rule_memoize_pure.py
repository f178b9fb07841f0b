"""Remembering the results of pure recursion: same results and types, no less depth, bounded memory."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.facts import Facts
from tests.propose.rules import nasty
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, examples

FEWER = examples(25)

RULE = "memoize-pure"
NUMBERS = st.integers(-2, 8) | st.booleans()
TEXTS = st.text("ab", max_size=4)
PROGRAMS: dict[str, tuple[str, tuple[st.SearchStrategy[Any], ...], Facts | None]] = {
    "the number itself comes back": (
        "def f(n: int) -> int:\n    return n if n < 2 else f(n - 1) + f(n - 2)\n",
        (NUMBERS,),
        None,
    ),
    "base case apart": (
        "def f(n: int) -> int:\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n",
        (NUMBERS,),
        None,
    ),
    "the number is printed into text": (
        "def f(n: int) -> str:\n    if n > 3:\n        return f(n - 1) + f(n - 2)\n    return f'{n}'\n",
        (NUMBERS,),
        None,
    ),
    "parameters are rebound": (
        """
        def f(n: int, step: int = 1) -> int:
            '''Doc.'''
            # from the top
            n -= step
            if n < 0 or step < 1:
                return 1 // (n + 1)
            return f(n, step) + f(n - 1, step + 1)
        """,
        (NUMBERS, NUMBERS),
        None,
    ),
    "text": (
        """
        def f(left: str, right: str) -> int:
            if not left or not right:
                return len(left) + len(right)
            if left[0] == right[0]:
                return f(left[1:], right[1:])
            return 1 + min(f(left[1:], right), f(left, right[1:]), f(left[1:], right[1:]))
        """,
        (TEXTS, TEXTS),
        None,
    ),
    "tuples observed": (
        """
        def f(cell):
            row, column = cell
            if row < 0 or column < 0:
                return 0
            if cell == (0, 0):
                return 1
            return f((row - 1, column)) + f((row, column - 1))
        """,
        (st.tuples(st.integers(-1, 4), st.integers(-1, 4)),),
        Facts(9, 0.9, {"cell": "tuple[int, int]"}),
    ),
    "raises half-way": (
        """
        def f(n: int) -> float:
            if n < 0:
                raise ValueError(n)
            if n == 0:
                return 1.0
            return f(n - 1) / (n - 5) + f(n - 1 if n % 2 else n - 2)
        """,
        (NUMBERS,),
        None,
    ),
    "a loop of calls": (
        """
        def f(n: int, most: int | None) -> int:
            total = 1
            for k in range(1, n):
                if most is None or k < most:
                    total += f(n - k, k)
            return total
        """,
        (NUMBERS, NUMBERS | st.none()),
        None,
    ),
    "bytes and booleans": (
        """
        def f(data: bytes, odd: bool) -> tuple[int, bool]:
            if len(data) < 2:
                return (len(data), odd)
            first, second = f(data[1:], not odd), f(data[2:], odd)
            return (first[0] + second[0], first[1])
        """,
        (st.binary(max_size=5), st.booleans()),
        None,
    ),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_same_results_in_any_order_of_calls(case: str) -> None:
    source, values, facts = PROGRAMS[case]

    @FEWER
    @given(st.lists(st.tuples(*values), min_size=1, max_size=4))
    def check(calls: list[tuple[Any, ...]]) -> None:
        assert assert_equivalent(source, "f", RULE, calls, facts)

    check()


@PROPERTY
@given(st.lists(nasty.numbers, min_size=2, max_size=5))
def test_observed_numbers_are_exact(values: list[Any]) -> None:
    source = "def f(n):\n    return 1 if n in (0, 1, 2) else f(0) + f(1)\n"
    exact = [(n,) for n in values if type(n) is int]
    facts = Facts(9, 0.9, {"n": "int, value p50 2 p95 9"})
    assert assert_equivalent(source, "f", RULE, exact, facts)


def test_key_tells_booleans_apart_only_where_it_shows() -> None:
    base = rewritten(
        "def f(n: int) -> int:\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n", "f", RULE
    )
    assert base is not None and "if n in _F_RESULTS" in base
    shown = rewritten("def f(n: int) -> int:\n    return n if n < 2 else f(n - 1) + f(n - 2)\n", "f", RULE)
    assert shown is not None and "key = (n, type(n))\n" in shown


def test_recursion_goes_as_deep_as_before() -> None:
    """``functools.cache`` ends at half the depth before Python 3.13."""
    source = textwrap.dedent("""
        def f(left: str, right: str) -> int:
            if not left or not right:
                return 0
            return f(left[1:], right) + f(left, right[1:])
    """)
    assert assert_equivalent(source, "f", RULE, [("a" * 800, "b"), ("a" * 5000, "b")])


def test_memory_is_bounded() -> None:
    after = rewritten(PROGRAMS["base case apart"][0], "f", RULE)
    assert after is not None
    space: dict[str, Any] = {}
    exec(after, space)
    results = space["_F_RESULTS"]
    results.update(dict.fromkeys(range(1000, 251_000), 0))
    assert space["f"](10) == 55
    assert 0 < len(results) < 20


@pytest.mark.parametrize(
    "source",
    [
        "def f(cell: tuple[int, int]) -> int:\n    return f((1, 2)) + f((2, 1)) if cell else 0\n",
        "def f(n: int) -> int: return n if n < 2 else f(n - 1) + f(n - 2)\n",
        "def f(n: int) -> int:\n    return id(n) if n < 2 else f(n - 1) + f(n - 2)\n",
        "def f(f: int) -> int:\n    return f if f < 2 else f(f - 1) + f(f - 2)\n",
        "def f(*n: int) -> int:\n    return 1 if n else f(2) + f(3)\n",
        "def f(n: int, xs: list[int]) -> int:\n    return 1 if n < 2 else f(n - 1, xs) + f(n - 2, xs)\n",
        "def f(n: int) -> list[int]:\n    return [n] if n < 2 else f(n - 1) + f(n - 2)\n",
        "def f(n: int) -> int:\n    yield n if n < 2 else f(n - 1) + f(n - 2)\n",
        "async def f(n: int) -> int:\n    return n if n < 2 else f(n - 1) + f(n - 2)\n",
        "class C:\n    def f(self, n: int) -> int:\n        return 1 if n < 2 else self.f(0) + self.f(1)\n",
        "seen = []\ndef f(n: int) -> int:\n    return len(seen) if n < 2 else f(n - 1) + f(n - 2)\n",
        "len = sum\ndef f(n: int) -> int:\n    return n if n < 2 else f(n - 1) + f(n - 2)\n",
    ],
)
def test_silent(source: str) -> None:
    assert rewritten(source, "C.f" if source.startswith("class") else "f", RULE) is None


def test_seldom_repeated_arguments_are_not_remembered() -> None:
    source, _, facts = PROGRAMS["tuples observed"]
    assert facts is not None
    assert rewritten(textwrap.dedent(source), "f", RULE, Facts(9, 0.2, facts.arguments)) is None


def test_a_boolean_handed_on_to_a_branch_that_shows_it() -> None:
    source = """
def f(n: int, b: int) -> str:
    if n < 2:
        return str(b)
    return f(n - 1, b) + f(n - 2, b)
"""
    calls = [(2, True), (2, 1), (3, 1), (3, True), (True, 0), (1, False)]
    assert assert_equivalent(source, "f", "memoize-pure", calls)
    after = rewritten(source, "f", "memoize-pure")
    assert after is not None and "key = (n, b, type(b))\n" in after


def test_a_boolean_written_into_text() -> None:
    source = """
def f(n: int, b: int) -> str:
    if n < 2:
        return ""
    return f(n - 1, b) + f(n - 2, b) + "%s" % b
"""
    assert assert_equivalent(source, "f", "memoize-pure", [(2, True), (2, 1), (3, 0), (3, False)])
