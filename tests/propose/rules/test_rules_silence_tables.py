"""Traps for list membership: the precondition of the rule does not hold, and it stays silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TRAPS = {
    "list-membership: unknown elements": """
        def f(xs, ys):
            return [x for x in xs if x in ys]
    """,
    "list-membership: unhashable probe": """
        def f(xs: list[list[int]], ys: list[str]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: class with its own equality": """
        class P:
            x: int
            def __eq__(self, other): return True
        def f(xs: list[P], ys: list[P]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: a str is no list": """
        def f(xs: list[str], ys: str):
            return [x for x in xs if x in ys]
    """,
    "list-membership: maybe None": """
        def f(xs: list[str], ys: list[str] = None):
            return [x for x in xs if x in ys]
    """,
    "list-membership: shadowed set": """
        def set(xs): return xs
        def f(xs: list[str], ys: list[str]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: shadowed list in annotation": """
        list = tuple
        def f(xs: list[str], ys: list[str]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: star import may shadow": """
        from tools import *
        def f(xs: list[str], ys: list[str]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: changed in the loop": """
        def f(xs: list[str], ys: list[str]):
            n = 0
            for x in xs:
                if x in ys:
                    ys.remove(x)
                    n += 1
            return n
    """,
    "list-membership: changed through an alias": """
        def f(xs: list[str], ys: list[str]):
            other = ys
            for x in xs:
                if x in ys:
                    other.append(x + x)
    """,
    "list-membership: changed through another parameter": """
        def f(xs: list[str], ys: list[str], zs: list[str]):
            for x in xs:
                if x in ys:
                    zs += [x + x]
    """,
    "list-membership: number that becomes an alias": """
        def f(xs: list[str], ys: list[str]):
            zs = 0
            zs = ys
            for x in xs:
                if x in ys:
                    zs += [x + x]
    """,
    "list-membership: unknown call may change it": """
        def f(xs: list[str], ys: list[str], hook):
            for x in xs:
                if x in ys:
                    hook(x)
    """,
    "list-membership: method may change it": """
        class C:
            def f(self, xs: list[str], ys: list[str]):
                for x in xs:
                    if x in ys:
                        self.note(x)
    """,
    "list-membership: impure function of the file": """
        LOG = []
        def note(x): LOG.append(x)
        def f(xs: list[str], ys: list[str]):
            for x in xs:
                if x in ys:
                    note(x)
    """,
    "list-membership: a generator's caller may change it": """
        def f(xs: list[str], ys: list[str]):
            for x in xs:
                if x in ys:
                    yield x
    """,
    "list-membership: lazily evaluated": """
        def f(xs: list[str], ys: list[str]):
            return (x for x in xs if x in ys)
    """,
    "list-membership: awaited in between": """
        async def f(xs: list[str], ys: list[str]):
            for x in xs:
                if x in ys:
                    await x
    """,
    "list-membership: rebound in the loop": """
        def f(xs: list[str], ys: list[str]):
            for x in xs:
                if x in ys:
                    ys = [x]
    """,
    "list-membership: nested function knows it": """
        def f(xs: list[str]):
            ys = ["a"]
            def add(x): ys.append(x)
            for x in xs:
                if x in ys:
                    add(x)
    """,
    "list-membership: perhaps unbound": """
        def f(xs: list[str], flag: bool):
            if flag:
                ys = ["a", "b"]
            for x in xs:
                if x in ys:
                    return x
    """,
    "list-membership: reads its own variables": """
        def f(xs: list[str], ys: list[str]):
            for x in xs:
                if x in ys:
                    print(locals())
    """,
    "list-membership: module list that grows": """
        KNOWN = ["a", "b", "c", "d", "e"]
        def add(x): KNOWN.append(x)
        def f(xs: list[str]):
            return [x for x in xs if x in KNOWN]
    """,
    "list-membership: one-line suite": """
        def f(xs: list[str], ys: list[str]): return [x for x in xs if x in ys]
    """,
    "list-membership: an iterable is used up once": """
        from collections.abc import Iterable
        def f(xs: list[str], ys: Iterable[str]):
            return [x for x in xs if x in ys]
    """,
    "list-membership: dict items changed inside": """
        def f(rows: list[dict[str, list[str]]], xs: list[str]):
            for row in rows:
                ys = row["a"]
                for x in xs:
                    if x in ys:
                        row["a"].append(x)
    """,
}


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_silent(trap: str, silent: Callable[..., bool]) -> None:
    rule = trap.partition(":")[0]
    source = TRAPS[trap]
    qualname = "C.f" if "class C" in source else "g.f" if "def g(xs" in source else "f"
    assert silent(source, rule, qualname=qualname)
