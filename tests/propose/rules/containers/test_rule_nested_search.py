"""Searches for rows by an equal key."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, Make, ints, texts

HEAD = """
from dataclasses import dataclass
from typing import NotRequired, TypedDict

@dataclass
class User:
    number: int
    name: str

class Row(TypedDict):
    number: int
    name: str

class Loose(TypedDict):
    number: NotRequired[int]

"""
NEXT = """
def f(ns: list[int], us: list[User], ps: list[tuple[int, str]]):
    out = []
    for n in ns:
        out.append(next((u for u in us if u.number == n), None))
        out.append(next((p for p in ps if n == p[0]), "none"))
    return out
"""
FILTERS = """
def f(ns: list[int], us: list[User], ps: list[tuple[int, str]]):
    out = []
    for n in ns:
        out.append([u.name for u in us if u.number == n])
        out.append(sum(len(u.name) for u in us if u.number == n and u.name if u.name != "a"))
        out.append({p[1]: q for p in ps if p[0] == n for q in ns})
        out.append(next((u.name for u in us if u.number == n), ""))
        out.append(next(p for p in ps if p[0] == n or n))
    return out
"""
PRESENCE = """
def f(ns: list[int], us: list[User], ps: list[tuple[int, str]]):
    out = []
    for n in ns:
        if any(u.number == n for u in us) and not any(n == p[0] for p in ps):
            out.append(n)
        elif all(u.number != n for u in us):
            out.append(-n)
    return out
"""
COMPREHENSION = """
def f(ns: list[int], us: list[User], ps: list[tuple[int, str]]):
    return [next((u for u in us if u.number == n), None) for n in ns], [
        len([p for p in ps if p[0] == u.number]) for u in us
    ]
"""
LOOP = """
def f(ns: list[int], us: list[User], ps: list[tuple[int, str]]):
    out = []
    for n in ns:
        for p in ps:
            if p[0] == n:
                out.append(p)
                break
        else:
            out.append(None)
        for u in us:
            if n == u.number and (u.name or n):
                out.append(u.name)
    return out
"""
TYPED = """
def f(ns: list[int], rows: list[Row], ds: list[dict[str, int]]):
    out = []
    for row in rows:
        out += [r["name"] for r in rows if r["number"] == row["number"]]
    for n in ns:
        out.append([d for d in ds if d.get("a") == n])
        out.append(any(r["number"] == n for r in rows))
    return out
"""
SILENT = {
    "plain dicts may lack the key": """
        def f(ns: list[int], rows: list[dict[str, int]]):
            return [next((r for r in rows if r["a"] == n), None) for n in ns]
    """,
    "typed dict may lack the key": """
        def f(ns: list[int], rows: list[Loose]):
            return [next((r for r in rows if r["number"] == n), None) for n in ns]
    """,
    "floats: NaN equals nothing": """
        def f(ns: list[float], rows: list[tuple[float, str]]):
            return [[r for r in rows if r[0] == n] for n in ns]
    """,
    "NaN on one side": """
        def f(ns: list[float], rows: list[tuple[int, str]]):
            return [any(r[0] == n for r in rows) for n in ns]
    """,
    "unknown rows": """
        def f(ns: list[int], rows: list):
            return [[r for r in rows if r.number == n] for n in ns]
    """,
    "unknown probe": """
        def f(ns, us: list[User]):
            return [[u for u in us if u.number == n] for n in ns]
    """,
    "rows used up": """
        from collections.abc import Iterator
        def f(ns: list[int], us: Iterator[User]):
            return [[u for u in us if u.number == n] for n in ns]
    """,
    "keys set in the loop": """
        def f(ns: list[int], us: list[User]):
            for n in ns:
                for u in [u for u in us if u.number == n]:
                    u.number = 0
    """,
    "items set in the loop": """
        def f(ns: list[int], rows: list[Row], other: list[Row]):
            for n in ns:
                for r in [r for r in rows if r["number"] == n]:
                    r["number"] = 0
    """,
    "rows updated in the loop": """
        def f(ns: list[int], ds: list[dict[str, int]]):
            for n in ns:
                for d in [d for d in ds if d.get("a") == n]:
                    d.update(a=0)
    """,
    "rows grow": """
        def f(ns: list[int], us: list[User]):
            for n in ns:
                if not any(u.number == n for u in us):
                    us.append(User(n, ""))
    """,
    "a stranger is called": """
        def f(ns: list[int], us: list[User], g):
            for n in ns:
                g([u for u in us if u.number == n])
    """,
    "lazy": """
        def f(ns: list[int], us: list[User]):
            return [(u for u in us if u.number == n) for n in ns]
    """,
    "another comparison first": """
        def f(ns: list[int], us: list[User]):
            return [[u for u in us if u.name and u.number == n] for n in ns]
    """,
    "another condition": """
        def f(ns: list[int], us: list[User]):
            return [[u for u in us if u.number == n or u.name] for n in ns]
    """,
    "not equal": """
        def f(ns: list[int], us: list[User]):
            return [[u for u in us if u.number != n] for n in ns]
    """,
    "probe does something": """
        def f(ns: list[int], us: list[User]):
            return [[u for u in us if u.number == ns.pop()] for n in ns]
    """,
    "probe may be unbound": """
        def f(ns: list[int], us: list[User]):
            for n in ns:
                if n:
                    m = 1
                print([u for u in us if u.number == m])
    """,
    "no loop": """
        def f(n: int, us: list[User]):
            return next((u for u in us if u.number == n), None)
    """,
    "own property": """
        class Thing:
            number: int
            def __getattr__(self, name): return 1
        def f(ns: list[int], ts: list[Thing]):
            return [[t for t in ts if t.number == n] for n in ns]
    """,
    "field that may have no value": """
        from dataclasses import field
        @dataclass
        class Late:
            number: int = field(init=False)
        def f(ns: list[int], ts: list[Late]):
            return [any(t.number == n for t in ts) for n in ns]
    """,
    "next is something else": """
        def f(ns: list[int], us: list[User], next=list):
            return [next((u for u in us if u.number == n)) for n in ns]
    """,
    "asynchronous": """
        async def f(ns: list[int], us: list[User], g):
            for n in ns:
                await g()
                print([u for u in us if u.number == n])
    """,
}


def _users(rows: list[tuple[int, str]]) -> Make:
    return Make(lambda space: [space["User"](*row) for row in rows])


rows_of = st.lists(st.tuples(st.one_of(ints, st.booleans()), texts), max_size=5)


@pytest.mark.parametrize("program", [NEXT, FILTERS, PRESENCE, COMPREHENSION])
@PROPERTY
@given(ns=st.lists(ints, max_size=4), us=rows_of, ps=rows_of)
def test_same_behaviour(
    program: str, ns: list[int], us: list[tuple[int, str]], ps: list[tuple[int, str]]
) -> None:
    assert assert_equivalent(HEAD + program, "f", "nested-search", [(ns, _users(us), ps)])


@PROPERTY
@given(ns=st.lists(ints, max_size=4), us=rows_of, ps=rows_of)
def test_loops_same_behaviour(ns: list[int], us: list[tuple[int, str]], ps: list[tuple[int, str]]) -> None:
    assert assert_equivalent(HEAD + LOOP, "f", "nested-join", [(ns, _users(us), ps)])


@PROPERTY
@given(
    ns=st.lists(ints, max_size=4),
    rows=rows_of,
    ds=st.lists(st.dictionaries(st.sampled_from("ab"), ints), max_size=4),
)
def test_dicts_same_behaviour(ns: list[int], rows: list[tuple[int, str]], ds: list[dict[str, int]]) -> None:
    typed = [{"number": number, "name": name} for number, name in rows]
    assert assert_equivalent(HEAD + TYPED, "f", "nested-search", [(ns, typed, ds)])


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    source = HEAD + textwrap.dedent(program)
    assert rewritten(source, "f", "nested-search") is None


def test_join_of_floats_is_silent() -> None:
    program = """
def f(ns: list[float], ps: list[tuple[float, str]]):
    for n in ns:
        for p in ps:
            if p[0] == n:
                print(p)
"""
    assert rewritten(program, "f", "nested-join") is None


def test_searches_share_a_table() -> None:
    after = rewritten(HEAD + FILTERS, "f", "nested-search")
    assert after is not None
    assert after.count("setdefault") == 2
    assert "next(p for p in ps if p[0] == n or n)" in after
