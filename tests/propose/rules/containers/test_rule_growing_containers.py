"""Tuples, dicts, sets and lists that grow by being rebuilt, and loops over positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, Stream, anything, ints, texts, traced

FIRES = {
    "tuple-growth: three ways": """
        def f(xs: list[int], o: dict[int, int]):
            out = (0,)
            for x in xs:
                out += (x,)
                if x and len(out) < 9:
                    out = out + (x, len(xs))
                else:
                    out = (*out, (x, x))
            return out
    """,
    "tuple-growth: whole tuples, while": """
        def f(xs: list[int], o: dict[int, int]):
            keys = tuple(xs)
            more: tuple[int, ...] = ()
            while len(more) < 5 and keys:
                more += keys
            else:
                more += (1,)
            return more, keys
    """,
    "tuple-growth: two, made at once": """
        def f(xs: list[int], o: dict[int, int]):
            a, b = (), ()
            for x in xs:
                if x > 1:
                    a += (x,)
                else:
                    b += (x,)
            return a, b
    """,
    "tuple-growth: under a condition": """
        def f(xs: list[int], o: dict[int, int]):
            out = ()
            if o:
                for x in xs:
                    if x == 2:
                        break
                    out += (o.get(x),)
            return out
    """,
    "tuple-growth: inside a loop with exceptions": """
        def f(xs: list[int], o: dict[int, int]):
            rows = []
            for x in xs:
                try:
                    row = ()
                    for y in xs:
                        row += (x // y,)
                    rows.append(row)
                except ZeroDivisionError:
                    rows.append(x)
            return rows
    """,
    "rebuilt-container: dicts": """
        def f(xs: list[int], o: dict[int, int]):
            table = {}
            for x in xs:
                table = {**table, x: table.get(x, 0) + 1}
                table = {**table, **o}
                table = table | {x + 1: x}
                table = table | {"a": x, x: "b"}
            keys = list(table)
            return keys, table
    """,
    "rebuilt-container: key and value do something": """
        def f(xs: list[int], o: dict[int, int]):
            log = []
            table = dict(o)
            for x in xs:
                table = {**table, log.append(x): log.append(-x)}
                for key, value in table.items():
                    log.append((key, value))
            return log, table
    """,
    "rebuilt-container: exceptions are caught": """
        def f(xs: list[int], o: dict[int, int]):
            table = {}
            for x in xs:
                try:
                    table = {**table, x: 1 // x}
                    table = {**table, [x]: 1}
                except (ZeroDivisionError, TypeError):
                    table[None] = x
            return table
    """,
    "rebuilt-container: sets": """
        def f(xs: list[int], o: dict[int, int]):
            seen, out = set(), []
            for x in xs:
                if x not in seen and len(seen) < 5:
                    out.append(x)
                seen = seen | {x}
                seen = {*seen, x + 1, x + 2}
            return out, sorted(seen)
    """.replace("seen, out = set(), []", "seen = set()\n            out = []"),
    "list-concat: unpacked": """
        def f(xs: list[int], o: dict[int, int]):
            out = []
            for x in xs:
                out = [*out, x]
                out = [*out, x, len(out)]
            return out
    """,
    "range-len: loop, comprehension, text": """
        def f(xs: list[int], o: dict[int, int]):
            out = [xs[i] for i in range(len(xs)) if xs[i] > 0]
            for i in range(len(xs)):
                if xs[i] in o:
                    continue
                out.append(xs[i])
            word = str(out)
            for k in range(len(word)):
                out.append(word[k])
            return out, sum(xs[j] * xs[j] for j in range(len(xs)))
    """,
}


def _rule(name: str) -> str:
    return name.partition(":")[0]


@pytest.mark.parametrize("name", FIRES)
@PROPERTY
@given(xs=st.lists(ints, max_size=5), o=st.dictionaries(ints, ints, max_size=3))
def test_same_behaviour(name: str, xs: list[int], o: dict[int, int]) -> None:
    assert assert_equivalent(FIRES[name], "f", _rule(name), [(xs, o)])


@pytest.mark.parametrize(
    "program",
    [
        ("tuple-growth", "out = ()\n    for x in xs:\n        out += (x,)\n    return out"),
        ("rebuilt-container", "out = {}\n    for x in xs:\n        out = {**out, x: 1}\n    return out"),
        ("rebuilt-container", "out = {}\n    for x in xs:\n        out = out | {1: x}\n    return out"),
        ("list-concat", "out = []\n    for x in xs:\n        out = [*out, x]\n    return out"),
    ],
)
@PROPERTY
@given(xs=st.lists(st.one_of(anything, traced), max_size=4), error=st.sampled_from([None, ValueError]))
def test_any_element_and_streams(
    program: tuple[str, str], xs: list[object], error: type[Exception] | None
) -> None:
    rule, body = program
    assert assert_equivalent(f"def f(xs):\n    {body}\n", "f", rule, [(Stream(tuple(xs), error),)])


@PROPERTY
@given(words=st.lists(texts, max_size=5))
def test_tuple_starts_with_its_list_where_it_can(words: list[str]) -> None:
    program = """
def f(words):
    # those of them
    found: tuple[str, ...] = ()  # none yet
    for word in words:
        found += (word,)  # one
    return found
"""
    assert (
        rewritten(program, "f", "tuple-growth")
        == """
def f(words):
    # those of them
    found_items = []  # none yet
    for word in words:
        found_items.append(word)  # one
    found: tuple[str, ...] = tuple(found_items)
    return found
"""
    )
    assert assert_equivalent(program, "f", "tuple-growth", [(words,)])
