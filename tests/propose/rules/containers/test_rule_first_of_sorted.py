"""Ends of a sorted list."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, Make, anything, floats, ints, texts

numbers = st.one_of(ints, st.booleans())
pairs = st.tuples(texts, numbers)

FIRES = {
    "first and last": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return sorted(xs)[0], sorted(xs)[-1]
    """,
    "guarded": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            if not xs or len(ps) < 1:
                return None
            return sorted(xs)[0], sorted(ps)[-1], sorted(xs, reverse=True)[0], sorted(ps, reverse=True)[-1]
    """,
    "other guards": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            a = sorted(xs)[0] if len(xs) > 1 else None
            b = len(ps) != 0 and sorted(ps)[0]
            for x in xs:
                while d:
                    return a, b, sorted(xs)[0], sorted(d)[0]
            return a, b
    """,
    "keys and ties": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return (
                sorted(ps, key=lambda p: p[1])[0],
                sorted(ps, key=lambda p: (len(p[0]), -p[1]))[-1],
                sorted(ps, key=lambda p: p[0].lower(), reverse=True)[0],
                sorted(ps, key=lambda p: p[1], reverse=True)[-1],
            )
    """,
    "several": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return sorted(ps, key=lambda p: p[1])[:2], sorted(xs, reverse=True)[:3], sorted(d.items())[:1]
    """,
    "imported key": """
        from operator import itemgetter
        import operator

        def weight(p: tuple[str, int]) -> int:
            return p[1]

        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return (
                sorted(ps, key=itemgetter(1))[-1],
                sorted(ps, key=operator.itemgetter(0), reverse=True)[:2],
                sorted(ps, key=weight)[0],
            )
    """,
    "names taken": """
        import heapq
        def nsmallest(*a): return "mine"
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return sorted(x * 2 for x in xs)[0], sorted({x + 1 for x in xs})[-1], sorted(d)[-1]
    """,
    "method keys": """
        def f(xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]):
            return sorted(d, key=str.lower)[0], sorted(d, key=len)[:3], sorted(list(d), key=len)[-1]
    """,
}
SILENT = {
    "floats: NaN": "def f(xs: list[float]): return sorted(xs)[0]",
    "float keys": "def f(xs: list[tuple[int, float]]): return sorted(xs, key=lambda x: x[1])[0]",
    "unknown": "def f(xs): return sorted(xs)[0]",
    "may not compare": "def f(xs: list[int | None]): return sorted(xs)[0]",
    "text and numbers": "def f(xs: list[int | str]): return sorted(xs)[0]",
    "tuples of other lengths": "def f(xs: list[tuple[int, str] | tuple[str, int]]): return sorted(xs)[0]",
    "any iterable": "from typing import Iterable\ndef f(xs: Iterable[int]): return sorted(xs)[0]",
    "the second": "def f(xs: list[int]): return sorted(xs)[1]",
    "the rest": "def f(xs: list[int]): return sorted(xs)[1:]",
    "all but": "def f(xs: list[int]): return sorted(xs)[:-1]",
    "none": "def f(xs: list[int]): return sorted(xs)[:0]",
    "unknown count": "def f(xs: list[int], k: int): return sorted(xs)[:k]",
    "many": "def f(xs: list[int]): return sorted(xs)[:50]",
    "step": "def f(xs: list[int]): return sorted(xs)[:3:2]",
    "unknown direction": "def f(xs: list[int], r: bool): return sorted(xs, reverse=r)[0]",
    "unknown key": "def f(xs: list[int], k): return sorted(xs, key=k)[0]",
    "key with effects": "def f(xs: list[int], s): return sorted(xs, key=lambda x: s.append(x))[0]",
    "key that counts": """
def f(xs: list[int]):
    n = 0
    def key(x: int) -> int:
        nonlocal n
        n += 1
        return n
    return sorted(xs, key=key)[0]
""",
    "sorted is something else": "def f(xs: list[int], sorted=list): return sorted(xs)[0]",
    "the last of an iterator's ties": "def f(d: dict[str, int]): return sorted(d.values())[-1]",
    "set of unknown": "def f(xs: set): return sorted(xs)[-1]",
    "assigned to": "def f(xs: list[int]): sorted(xs)[0] = 1",
    "key keeps state": "def f(xs: list[int], seen=[]): return sorted(xs, key=lambda x: (seen, x))[0]",
}
NOT_NONEMPTY = {
    "changed after the test": """
        def f(xs: list[int]):
            if xs:
                xs.clear()
                return sorted(xs)[0]
    """,
    "rebound after the test": """
        def f(xs: list[int], ys: list[int]):
            if not xs:
                return None
            xs = ys
            return sorted(xs)[0]
    """,
    "a stranger in between": """
        def f(xs: list[int], g):
            if xs:
                g()
                return sorted(xs)[0]
    """,
    "the other branch": """
        def f(xs: list[int]):
            if xs:
                return 1
            else:
                return sorted(xs)[0]
    """,
    "either": """
        def f(xs: list[int], ys: list[int]):
            if xs or ys:
                return sorted(xs)[0]
    """,
    "no way out": """
        def f(xs: list[int]):
            if not xs:
                print("empty")
            return sorted(xs)[0]
    """,
    "after the loop": """
        def f(xs: list[int]):
            for x in xs:
                pass
            return sorted(xs)[0]
    """,
    "else of the loop": """
        def f(xs: list[int]):
            for x in xs:
                pass
            else:
                return sorted(xs)[0]
    """,
    "at least none": """
        def f(xs: list[int]):
            if len(xs) >= 0:
                return sorted(xs)[0]
    """,
    "iterated over a copy": """
        def f(xs: list[int], ys: list[int]):
            for x in ys[:]:
                ys.clear()
                return sorted(ys)[0]
    """,
}


@pytest.mark.parametrize("program", FIRES.values(), ids=FIRES)
@PROPERTY
@given(
    xs=st.lists(numbers, max_size=6),
    ps=st.lists(pairs, max_size=5),
    d=st.dictionaries(texts, numbers, max_size=5),
)
def test_same_behaviour(program: str, xs: list[int], ps: list[tuple[str, int]], d: dict[str, int]) -> None:
    assert assert_equivalent(program, "f", "first-of-sorted", [(xs, ps, d)])


@PROPERTY
@given(rows=st.lists(st.tuples(ints, texts), max_size=5))
def test_objects_that_only_their_keys_tell_apart(rows: list[tuple[int, str]]) -> None:
    program = """
        from dataclasses import dataclass

        @dataclass
        class Row:
            size: int
            name: str

        def f(rows: list[Row]):
            return sorted(rows, key=lambda r: r.size)[0], sorted(rows, key=lambda r: (r.name, -r.size))[-1]
    """
    made = Make(lambda space: [space["Row"](*row) for row in rows])
    assert assert_equivalent(program, "f", "first-of-sorted", [(made,)])


@PROPERTY
@given(rows=st.lists(st.dictionaries(st.sampled_from("ab"), ints), max_size=4))
def test_key_that_raises(rows: list[dict[str, int]]) -> None:
    program = """
        def f(rows: list[dict[str, int]]):
            return sorted(rows, key=lambda r: r["a"])[0], sorted(rows, key=lambda r: r["b"])[:2]
    """
    assert assert_equivalent(program, "f", "first-of-sorted", [(rows,)])


@PROPERTY
@given(xs=st.lists(st.one_of(anything, floats), max_size=4))
def test_nasty_elements_are_refused(xs: list[object]) -> None:
    program = "def f(xs): return sorted(xs)[0], sorted(xs)[:2], sorted(xs)[-1]"
    assert not assert_equivalent(program, "f", "first-of-sorted", [(xs,)])


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    assert rewritten(textwrap.dedent(program), "f", "first-of-sorted") is None


@pytest.mark.parametrize("program", NOT_NONEMPTY.values(), ids=NOT_NONEMPTY)
def test_index_error_is_kept_where_nothing_vouches_for_an_element(program: str) -> None:
    after = rewritten(textwrap.dedent(program), "f", "first-of-sorted")
    assert after is not None
    assert "nsmallest(1, " in after
    assert "min(" not in after


def test_plain_words_where_plain_words_do() -> None:
    program = """
        def f(names: list[str], codes: set[int]):
            if names and codes:
                return sorted(names)[-1], sorted(codes)[-1]
    """
    after = rewritten(textwrap.dedent(program), "f", "first-of-sorted")
    assert after is not None
    assert "return max(names), max(codes)" in after
