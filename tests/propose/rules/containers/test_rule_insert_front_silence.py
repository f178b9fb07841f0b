"""Lists built from their end: where the rule must not speak."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import rewritten

SILENT = {
    "read in the loop": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                print(out)
            return out
    """,
    "first element read": """
        def f(xs):
            out = [0]
            for x in xs:
                out.insert(0, x + out[0])
            return out
    """,
    "appended to as well": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                out.append(x)
            return out
    """,
    "the caller's list": """
        def f(xs, out):
            for x in xs:
                out.insert(0, x)
    """,
    "second name": """
        def f(xs):
            out = []
            same = out
            for x in xs:
                out.insert(0, x)
                print(same)
    """,
    "bound twice at once": """
        def f(xs):
            out = same = []
            for x in xs:
                out.insert(0, x)
                print(same)
    """,
    "kept in a container": """
        def f(xs):
            out = []
            rows = {"out": out}
            for x in xs:
                out.insert(0, x)
                print(rows)
    """,
    "iterator from before": """
        def f(xs):
            out = [1, 2, 3]
            source = iter(out)
            for x in xs:
                out.insert(0, x)
                next(source)
    """,
    "generator from before": """
        def f(xs):
            out = [1, 2, 3]
            source = (o for o in out)
            for x in xs:
                out.insert(0, x)
                next(source)
    """,
    "captured": """
        def f(xs):
            out = []
            show = lambda: print(out)
            for x in xs:
                out.insert(0, x)
                show()
    """,
    "seen after an exception": """
        def f(xs):
            out = []
            try:
                for x in xs:
                    out.insert(0, 1 // x)
            except ZeroDivisionError:
                pass
            return out
    """,
    "returned half-way, twice": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                if x == 2:
                    return [out, out]
            return out
    """,
    "returned half-way, changed on the way": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                if x == 2:
                    return [out.pop(), out[0]]
            return out
    """,
    "returned half-way, caught": """
        def f(xs, g):
            out = []
            for x in xs:
                out.insert(0, x)
                try:
                    return g(out)
                except ValueError:
                    pass
            return out
    """,
    "yielded half-way": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                yield out
    """,
    "seen in finally": """
        def f(xs):
            try:
                out = []
                for x in xs:
                    out.insert(0, 1 // x)
            finally:
                print(out)
    """,
    "seen in the next turn after an exception": """
        def f(xs):
            for i in range(3):
                try:
                    if i:
                        print(out)
                    out = []
                    for x in xs:
                        out.insert(0, 1 // x)
                except ZeroDivisionError:
                    continue
    """,
    "exception swallowed by with": """
        from contextlib import suppress
        def f(xs):
            out = []
            with suppress(ZeroDivisionError):
                for x in xs:
                    out.insert(0, 1 // x)
            return out
    """,
    "exception swallowed inside the loop around": """
        def f(xs):
            out = []
            for y in xs:
                try:
                    for x in xs:
                        out.insert(0, 1 // x)
                except ZeroDivisionError:
                    print(out)
    """,
    "else leaves the loop around": """
        def f(xs):
            for y in xs:
                out = []
                for x in xs:
                    out.insert(0, x)
                else:
                    continue
                print(out)
            return out
    """,
    "not a list": """
        def f(xs, make):
            out = make()
            for x in xs:
                out.insert(0, x)
            return out
    """,
    "global": """
        out = []
        def f(xs):
            global out
            out = []
            for x in xs:
                out.insert(0, x)
    """,
    "attribute": """
        def f(xs, self):
            self.out = []
            for x in xs:
                self.out.insert(0, x)
    """,
    "unknown front": """
        def f(xs):
            out = []
            for x in xs:
                out = x + out
            return out
    """,
    "runs over itself": """
        def f(xs):
            out = [1, 2]
            for x in out:
                out.insert(0, x)
                if len(out) > 9:
                    break
            return out
    """,
    "runs over itself, outside": """
        def f(xs):
            out = [1, 2]
            for y in out:
                for x in xs:
                    out.insert(0, x)
                if len(out) > 9:
                    break
            return out
    """,
    "another place": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(1, x)
            return out
    """,
    "no loop": """
        def f(xs):
            out = list(xs)
            out.insert(0, 1)
            return out
    """,
    "unpacked argument": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, *x)
            return out
    """,
    "copied turn by turn": """
        def f(xs):
            out, seen = [], []
            for x in xs:
                out = [x] + out
                seen.append(out)
            return seen
    """,
    "slice of an iterator": """
        def f(xs):
            out = []
            for x in xs:
                out[:0] = map(str, x)
            return out
    """,
    "deleted": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, x)
                if x:
                    del out
    """,
    "one addition inside another": """
        def f(xs):
            out = []
            for x in xs:
                out.insert(0, out.insert(0, x))
            return out
    """,
}


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    assert rewritten(textwrap.dedent(program), "f", "insert-front") is None
