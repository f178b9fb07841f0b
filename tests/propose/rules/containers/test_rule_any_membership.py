"""Comparing with every element in turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, anything, ints, numbers, texts

ANY = {
    "constants": """
        KNOWN = ["a", "b", "ab"]
        def f(s: str, n: int, xs: list[int], d: dict[str, int]) -> bool:
            return any(s == known for known in KNOWN)
    """,
    "not, all, other way round": """
        def f(s: str, n: int, xs: list[int], d: dict[str, int]):
            if not any(n == x for x in xs):
                return all(k != s.lower() for k in d), not all(x != n + 1 for x in xs)
            return any([x == n for x in xs]) == True, f"{any(x == n for x in xs)!r:>5}"
    """,
    "elements of mixed kinds": """
        def f(s: str, n: int, xs: list[int], d: dict[str, int]):
            return [any(x == c for c in (1, "a", None, b"a")) for x in xs], any(None == x for x in xs)
    """,
}
ANY_SILENT = {
    "floats: NaN equals nothing": "def f(s: float, xs: list[float]): return any(s == x for x in xs)",
    "one float": "def f(s: float, xs: list[int]): return any(s == x for x in xs)",
    "unknown": "def f(s, xs: list[int]): return any(s == x for x in xs)",
    "unknown elements": "def f(s: int, xs: list): return any(s == x for x in xs)",
    "characters": "def f(s: str, xs: str): return any(s == x for x in xs)",
    "iterator": """
from typing import Iterator
def f(s: int, xs: Iterator[int]): return any(s == x for x in xs)
""",
    "condition": "def f(s: int, xs: list[int]): return any(s == x for x in xs if x)",
    "two loops": "def f(s: int, xs: list[list[int]]): return any(s == x for y in xs for x in y)",
    "probe may raise": "def f(s: int, xs: list[int]): return any(1 // s == x for x in xs)",
    "probe depends": "def f(s: int, xs: list[int]): return any(x + 1 == x for x in xs)",
    "any of unequal": "def f(s: int, xs: list[int]): return any(s != x for x in xs)",
    "unpacked": "def f(s: int, xs: list[int]): return any(*[s == x for x in xs])",
    "any is something else": "def f(s: int, xs: list[int], any=list): return any(s == x for x in xs)",
    "chain": "def f(s: int, xs: list[int]): return any(s == x == 1 for x in xs)",
}


@pytest.mark.parametrize("program", ANY.values(), ids=ANY)
@PROPERTY
@given(s=texts, n=ints, xs=st.lists(ints, max_size=4), d=st.dictionaries(texts, ints, max_size=3))
def test_any_same_behaviour(program: str, s: str, n: int, xs: list[int], d: dict[str, int]) -> None:
    assert assert_equivalent(program, "f", "any-membership", [(s, n, xs, d)])


@pytest.mark.parametrize("program", ANY_SILENT.values(), ids=ANY_SILENT)
def test_any_silent(program: str) -> None:
    assert rewritten(program, "f", "any-membership") is None


@PROPERTY
@given(s=st.one_of(anything, numbers), xs=st.lists(st.one_of(anything, numbers), max_size=4))
def test_any_of_nasty_kinds_is_refused(s: object, xs: list[object]) -> None:
    assert not assert_equivalent(ANY_SILENT["unknown"], "f", "any-membership", [(s, xs)])
