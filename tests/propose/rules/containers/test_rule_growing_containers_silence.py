"""Containers that grow by being rebuilt, loops over positions: where the rules must not speak."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import rewritten

SILENT = {
    "tuple-growth: read in the loop": """
        def f(xs):
            out = ()
            for x in xs:
                out += (x,)
                print(out)
            return out
    """,
    "tuple-growth: a tuple from elsewhere may come back as it is": """
        def f(xs, out: tuple[int, ...]):
            for x in xs:
                out += (x,)
            return out
    """,
    "tuple-growth: another name for one from elsewhere": """
        def f(xs, start: tuple[int, ...]):
            out = start
            for x in xs:
                out += (x,)
            return out
    """,
    "tuple-growth: not a tuple": """
        def f(xs):
            out = 0
            for x in xs:
                out += (x,)
            return out
    """,
    "tuple-growth: unknown addition": """
        def f(xs):
            out = ()
            for x in xs:
                out += x
            return out
    """,
    "tuple-growth: reads itself": """
        def f(xs):
            out = ()
            for x in xs:
                out += (len(out),)
            return out
    """,
    "tuple-growth: seen after an exception": """
        def f(xs):
            out = ()
            try:
                for x in xs:
                    out += (1 // x,)
            except ZeroDivisionError:
                pass
            return out
    """,
    "tuple-growth: captured": """
        def f(xs):
            out = ()
            show = lambda: print(out)
            for x in xs:
                out += (x,)
                show()
            return out
    """,
    "tuple-growth: returned half-way": """
        def f(xs):
            out = ()
            for x in xs:
                out += (x,)
                if x > 3:
                    return out
            return out
    """,
    "tuple-growth: yielded": """
        def f(xs):
            out = ()
            for x in xs:
                out += (x,)
                yield out
    """,
    "rebuilt-container: kept turn by turn": """
        def f(xs):
            table, seen = {}, []
            for x in xs:
                table = {**table, x: 1}
                seen.append(table)
            return seen
    """,
    "rebuilt-container: the caller's": """
        def f(xs, table: dict[int, int]):
            for x in xs:
                table = {**table, x: 1}
            return table
    """,
    "rebuilt-container: second name": """
        def f(xs):
            table = {}
            first = table
            for x in xs:
                table = {**table, x: 1}
            return first, table
    """,
    "rebuilt-container: changed while being copied": """
        def f(xs):
            table = {0: 1}
            for x in xs:
                table = {**table, x: table.pop(0)}
            return table
    """,
    "rebuilt-container: contains itself": """
        def f(xs):
            table = {}
            for x in xs:
                table = {**table, x: table}
            return table
    """,
    "rebuilt-container: looped over meanwhile": """
        def f(xs):
            table = {1: 1}
            for k in table:
                table = {**table, k + 1: 1}
            return table
    """,
    "rebuilt-container: view looped over meanwhile": """
        def f(xs):
            table = {1: 1}
            for k, v in table.items():
                table = {**table, k + 1: 1}
            return table
    """,
    "rebuilt-container: view kept": """
        def f(xs):
            table = {1: 1}
            view = table.items()
            for x in xs:
                table = {**table, x: 1}
            return list(view), table
    """,
    "rebuilt-container: other order of keys": """
        def f(xs):
            table = {}
            for x in xs:
                table = {x: 1, **table}
            return table
    """,
    "rebuilt-container: what is merged may be no dict": """
        def f(xs: list):
            table = {}
            for x in xs:
                table = {**table, **x}
            return table
    """,
    "rebuilt-container: a dict of a subclass decides": """
        def f(xs, other: dict[int, int]):
            table = {}
            for x in xs:
                table = table | other
            return table
    """,
    "rebuilt-container: not a dict": """
        def f(xs, table):
            table = make()
            for x in xs:
                table = table | {x: 1}
            return table
    """,
    "rebuilt-container: captured": """
        def f(xs):
            table = {}
            hooks = []
            for x in xs:
                hooks.append(lambda t=table: t)
                table = {**table, x: 1}
            return hooks
    """,
    "rebuilt-container: yielded": """
        def f(xs):
            table = {}
            for x in xs:
                table = {**table, x: 1}
                yield table
    """,
    "rebuilt-container: no loop": """
        def f(x):
            table = {1: 2}
            table = {**table, x: 1}
            return table
    """,
    "rebuilt-container: order of a set": """
        def f(xs):
            seen = set()
            for x in xs:
                seen = seen | {x}
            return list(seen)
    """,
    "rebuilt-container: a set handed out": """
        def f(xs):
            seen = set()
            for x in xs:
                seen = seen | {x}
            return seen
    """,
    "list-concat: changed while being unpacked": """
        def f(xs):
            out = [1]
            for x in xs:
                out = [*out, out.pop()]
            return out
    """,
    "list-concat: kept turn by turn": """
        def f(xs):
            out, seen = [], []
            for x in xs:
                out = [*out, x]
                seen.append(out)
            return seen
    """,
    "list-concat: contains itself": """
        def f(xs):
            out = []
            for x in xs:
                out = [*out, out]
            return out
    """,
}


def _rule(name: str) -> str:
    return name.partition(":")[0]


@pytest.mark.parametrize("name", SILENT)
def test_silent(name: str) -> None:
    assert rewritten(textwrap.dedent(SILENT[name]), "f", _rule(name)) is None
