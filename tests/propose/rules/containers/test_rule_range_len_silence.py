"""Loops over positions: where the rule must not speak."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import rewritten

SILENT = {
    "position needed": """
        def f(xs: list[int]):
            return [xs[i] + i for i in range(len(xs))]
    """,
    "neighbour": """
        def f(xs: list[int]):
            return [xs[i] + xs[i - 1] for i in range(len(xs))]
    """,
    "written to": """
        def f(xs: list[int]):
            for i in range(len(xs)):
                xs[i] += 1
    """,
    "changed": """
        def f(xs: list[int]):
            for i in range(len(xs)):
                print(xs[i])
                xs.pop()
    """,
    "grows meanwhile": """
        def f(xs: list[int]):
            for i in range(len(xs)):
                xs.append(xs[i])
    """,
    "a stranger is called": """
        def f(xs: list[int], g):
            for i in range(len(xs)):
                g(xs[i])
    """,
    "used after the loop": """
        def f(xs: list[int]):
            for i in range(len(xs)):
                print(xs[i])
            return i
    """,
    "another list": """
        def f(xs: list[int], ys: list[int]):
            return [ys[i] for i in range(len(xs))]
    """,
    "a dict by number": """
        def f(xs: dict[int, int]):
            return [xs[i] for i in range(len(xs))]
    """,
    "unknown": """
        def f(xs):
            return [xs[i] for i in range(len(xs))]
    """,
    "lazy": """
        def f(xs: list[int]):
            later = (xs[i] for i in range(len(xs)))
            xs.clear()
            return list(later)
    """,
    "captured": """
        def f(xs: list[int]):
            out = []
            for i in range(len(xs)):
                print(xs[i])
                out.append(lambda: i)
            return out
    """,
    "from another start": """
        def f(xs: list[int]):
            return [xs[i] for i in range(1, len(xs))]
    """,
}


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    assert rewritten(textwrap.dedent(program), "f", "range-len") is None
