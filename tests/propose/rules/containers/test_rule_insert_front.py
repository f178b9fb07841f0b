"""Lists built from their end."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, Stream, anything, ints, traced

FIRES = {
    "while, length asked for": """
        def f(xs, n):
            out = []
            while len(out) < n:
                out.insert(0, (n, len(xs)))
            return out
    """,
    "elements beforehand": """
        def f(xs, n):
            out = list(xs)
            out.append(n)
            for x in xs:
                out.insert(0, x)
            return out
    """,
    "one element beforehand": """
        def f(xs, n):
            out = [n]
            for x in xs:
                out = [x] + out
            return out
    """,
    "concatenated and unpacked": """
        def f(xs, n):
            out = []
            for x in xs:
                if x:
                    out = [x, n] + out
                else:
                    out = [n, x, *out]
            return tuple(out), out
    """,
    "slices": """
        def f(xs, n):
            out = [0, 1]
            for x in xs:
                out[:0] = [x]
                out[0:0] = [n, x]
            else:
                out.insert(0, n)
            return out
    """,
    "break, continue, return of something else": """
        def f(xs, n):
            out = []
            for x in xs:
                if x == 1:
                    continue
                if x == 2:
                    break
                if x == 3:
                    return n
                out.insert(0, x)
            return out
    """,
    "nested loops": """
        def f(xs, n):
            out = []
            for x in xs:
                for i in range(n):
                    out.insert(0, (x, i))
            return out
    """,
    "made anew in an outer loop": """
        def f(xs, n):
            rows = []
            for i in range(n):
                row = []
                for x in xs:
                    row.insert(0, x)
                rows.append(row)
            return rows
    """,
    "two at once": """
        def f(xs, n):
            left, right = [], []
            for x in xs:
                left.insert(0, x)
                right.append(x)
            return left, right
    """,
    "inside a try that resets it": """
        def f(xs, n):
            results = []
            for i in range(n):
                try:
                    out = []
                    for x in xs:
                        out.insert(0, x // (i - 1))
                    results.append(out)
                except ZeroDivisionError:
                    results.append(None)
            return results
    """,
    "generator": """
        def f(xs, n):
            out = []
            for x in xs:
                out.insert(0, x)
                yield x
            yield out
    """,
    "kept under another name afterwards": """
        def f(xs, n):
            out = []
            for x in xs:
                out.insert(0, x)
            other = out
            other.append(n)
            return out
    """,
    "returned half-way": """
        def f(xs, n):
            out = [n]
            for x in xs:
                out.insert(0, x)
                if x == 1:
                    return out
                if x == 2:
                    return [len(out), out[0], out[1:], [o for o in out]]
                if x == 3:
                    return sorted(out)[:2] == out or f"{out}"
                if x == 4:
                    return ",".join(str(o) for o in out), n
                if x == -1:
                    return n, out
            return out
    """,
    "lines of a file": """
        def f(xs, n):
            out = []
            with open("/dev/null") as lines:
                for x in xs:
                    out.insert(0, x // n)
            return out, list(lines.name)
    """,
    "under a condition": """
        def f(xs, n):
            out = []
            if n > 1:
                for x in xs:
                    out.insert(0, x)
            elif n:
                for x in xs:
                    out.append(x)
            return out
    """,
}


@pytest.mark.parametrize("program", FIRES.values(), ids=FIRES)
@PROPERTY
@given(xs=st.lists(ints, max_size=6), n=st.integers(0, 4))
def test_same_behaviour(program: str, xs: list[int], n: int) -> None:
    assert assert_equivalent(program, "f", "insert-front", [(xs, n)])


@PROPERTY
@given(xs=st.lists(st.one_of(anything, traced), max_size=5), error=st.sampled_from([None, ValueError]))
def test_any_element_and_streams(xs: list[object], error: type[Exception] | None) -> None:
    program = """
        def f(xs):
            out = [1, 2]
            for x in xs:
                out.insert(0, x)
            return out
    """
    assert assert_equivalent(program, "f", "insert-front", [(Stream(tuple(xs), error),)])


@PROPERTY
@given(more=st.lists(st.lists(ints, max_size=3), max_size=4))
def test_whole_lists_in_front(more: list[list[int]]) -> None:
    program = """
        def f(more: list[list[int]]):
            out = []
            for m in more:
                out = m + out
                out[:0] = m
            return out
    """
    assert assert_equivalent(program, "f", "insert-front", [(more,)])


def test_comments_stay() -> None:
    program = """
def f(xs):
    out = [1, 2]  # start

    # each
    for x in xs:
        # in front
        out.insert(0, (x))  # here
    # done
    return out
"""
    assert (
        rewritten(textwrap.dedent(program), "f", "insert-front")
        == """
def f(xs):
    out = [1, 2]  # start

    out.reverse()
    # each
    for x in xs:
        # in front
        out.append(x)  # here
    out.reverse()
    # done
    return out
"""
    )
