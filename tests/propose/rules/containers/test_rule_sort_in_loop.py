"""Lists sorted again and again."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, ints, texts

numbers = st.one_of(ints, st.booleans())

ONCE = {
    "plain": """
        def f(xs: list[int], n: int):
            out = []
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "conditional, reversed, broken off": """
        def f(xs: list[int], n: int):
            out = sorted(xs, reverse=True)
            for x in xs:
                if x > n:
                    break
                if x != 1:
                    out.append(x)
                    out.sort(reverse=True)
            return out
    """,
    "key with ties": """
        def f(xs: list[int], n: int):
            out: list[tuple[int, int]] = []
            for i, x in enumerate(xs):
                out.append((x, i))
                out.sort(key=lambda p: p[0])
            return out
    """,
    "once per row": """
        def f(xs: list[int], n: int):
            out: list[int] = []
            for i in range(n):
                for x in xs:
                    out.append(x * i)
                out.extend(xs)
                out.insert(0, n)
                out.sort()
            return out
    """,
    "while, by length": """
        def f(xs: list[int], n: int):
            out: list[int] = []
            while len(out) < n:
                out.append(n - len(out))
                out.sort()
            return out
    """,
    "exception leaves": """
        def f(xs: list[int], n: int):
            out = []
            for x in xs:
                out.append(n // x)
                out.sort()
            return out
    """,
    "guarded inside": """
        def f(xs: list[int], n: int):
            out: list[int] = []
            for x in xs:
                try:
                    out.append(n // x)
                    out.sort()
                    n // (x - 1)
                except ZeroDivisionError:
                    continue
            return out
    """,
}
INSORT = {
    "looked at": """
        def f(xs: list[int], n: int):
            out = []
            best = []
            for x in xs:
                out.append(x)
                out.sort()
                best.append(out[0])
            return out, best
    """,
    "the best n": """
        def f(xs: list[int], n: int):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                if len(out) > n:
                    out.pop()
            return out
    """,
    "queue of pairs": """
        def f(xs: list[int], n: int):
            queue: list[tuple[int, int]] = [(0, 0)]
            steps = []
            while queue and len(steps) < 20:
                cost, depth = queue.pop(0)
                steps.append((cost, depth))
                if depth < n:
                    for x in xs:
                        queue.append((cost + x, depth + 1))
                        queue.sort()
            return steps
    """,
    "started sorted, exceptions caught": """
        def f(xs: list[int], n: int):
            out = sorted(xs)
            for x in xs:
                try:
                    out.append(n // x)
                    out.sort()
                    del out[-1]
                    if out[0] in (x, n):
                        out.remove(n)
                except (ZeroDivisionError, ValueError):
                    out.clear()
            return out
    """,
    "generator": """
        def f(xs: list[int], n: int):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                yield out[len(out) // 2]
    """,
    "runs over itself": """
        def f(xs: list[int], n: int):
            out: list[int] = [n]
            for o in out:
                out.append(o - 1)
                out.sort()
                if len(out) > 10:
                    return out
    """,
}


@pytest.mark.parametrize("program", (ONCE | INSORT).values(), ids=ONCE | INSORT)
@PROPERTY
@given(xs=st.lists(numbers, max_size=6), n=st.integers(0, 3))
def test_same_behaviour(program: str, xs: list[int], n: int) -> None:
    assert assert_equivalent(program, "f", "sort-in-loop", [(xs, n)])


@PROPERTY
@given(words=st.lists(texts, max_size=8))
def test_text_by_length(words: list[str]) -> None:
    program = """
        def f(words: list[str]):
            out = []
            for word in words:
                out.append(word)
                out.sort(key=len, reverse=True)
            return out
    """
    assert assert_equivalent(program, "f", "sort-in-loop", [(words,)])


@pytest.mark.parametrize("program", ONCE.values(), ids=ONCE)
def test_sorted_once(program: str) -> None:
    after = rewritten(textwrap.dedent(program), "f", "sort-in-loop")
    assert after is not None
    assert "insort" not in after
    assert after.count(".sort(") == 1


@pytest.mark.parametrize("program", INSORT.values(), ids=INSORT)
def test_inserted_where_it_belongs(program: str) -> None:
    after = rewritten(textwrap.dedent(program), "f", "sort-in-loop")
    assert after is not None
    assert "from bisect import insort" in after
    assert ".sort(" not in after


def test_comments_move_along() -> None:
    program = """
def f(xs: list[int]):
    out = []
    for x in xs:
        # one more
        out.append(x)  # here
        # keep it sorted
        out.sort()  # always
        # then look
        print(out)
"""
    after = rewritten(textwrap.dedent(program), "f", "sort-in-loop")
    assert after is not None
    assert after.endswith(
        """
    for x in xs:
        # one more
        # here
        # keep it sorted
        insort(out, x)  # always
        # then look
        print(out)
"""
    )
