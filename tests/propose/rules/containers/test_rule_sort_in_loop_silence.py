"""Lists sorted again and again: where the rule must not speak."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import rewritten

SILENT = {
    "floats: NaN": """
        def f(xs: list[float]):
            out = []
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "unknown elements": """
        def f(xs):
            out = []
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "may not compare": """
        def f(xs: list[int | str]):
            out = []
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "the caller's list": """
        def f(xs: list[int], out: list[int]):
            for x in xs:
                out.append(x)
                out.sort()
    """,
    "starts unsorted": """
        def f(xs: list[int]):
            out = [3, 1, 2]
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "starts sorted otherwise": """
        def f(xs: list[int]):
            out = sorted(xs, reverse=True)
            for x in xs:
                out.append(x)
                out.sort()
            return out
    """,
    "not every time": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                if x > 3:
                    out.sort()
            return out
    """,
    "left between append and sort": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                if x > 3:
                    continue
                out.sort()
            return out
    """,
    "loop inside left early": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                for y in xs:
                    out.append(y)
                    if y > x:
                        break
                else:
                    break
                out.sort()
            return out
    """,
    "exception between append and sort": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                try:
                    out.append(x)
                    1 // x
                    out.sort()
                except ZeroDivisionError:
                    pass
            return out
    """,
    "exception while extending": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                try:
                    out.extend(1 // y for y in xs)
                    out.sort()
                except ZeroDivisionError:
                    pass
            return out
    """,
    "key of what may change": """
        class Row:
            size: int
        def f(xs: list[Row]):
            out: list[Row] = []
            for x in xs:
                out.append(x)
                out.sort(key=lambda r: r.size)
                x.size = 3
            return out
    """,
    "two orders": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                out.append(x)
                out.sort(reverse=True)
            return out
    """,
    "looked at, appended to without sorting": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                out.append(out[0])
            return out
    """,
    "looked at, changed by hand": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                out[0] = 9
            return out
    """,
    "looked at, reversed": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                out.reverse()
            return out
    """,
    "second name changes it": """
        def f(xs: list[int]):
            out: list[int] = []
            same = out
            for x in xs:
                out.append(x)
                out.sort()
                same.insert(0, 9)
            return out
    """,
    "handed to a stranger": """
        def f(xs: list[int], g):
            out: list[int] = []
            for x in xs:
                g(out)
                out.append(x)
                out.sort()
            return out
    """,
    "captured": """
        def f(xs: list[int]):
            out: list[int] = []
            def put(x):
                out.insert(0, x)
            for x in xs:
                put(x)
                out.append(x)
                out.sort()
            return out
    """,
    "reversed and looked at": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort(reverse=True)
                print(out)
    """,
    "no loop": """
        def f(x: int):
            out = [1]
            out.append(x)
            out.sort()
            return out
    """,
    "unpacked append": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(*[x])
                out.sort()
                print(out)
    """,
    "handed over between the elements": """
        def f(xs: list[int]):
            out: list[int] = []
            for x in xs:
                out.append(x)
                out.sort()
                yield out
    """,
}


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    assert rewritten(textwrap.dedent(program), "f", "sort-in-loop") is None
