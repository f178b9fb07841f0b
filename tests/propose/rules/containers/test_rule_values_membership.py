"""Membership in the values of a dict, and in copies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, MyDict, anything, hashables, ints, texts

HEAD = """
    from collections import defaultdict, Counter
    CODES = {"a": 1, "b": 2, "A": 3, "": 0}
"""
FIRES = {
    "for and if": """
        def f(xs: list[int], d: dict[int, int]) -> list[int]:
            out = []
            for x in xs:
                if x in d.values():
                    out.append(x)
                elif x not in list(d.values()):
                    out.append(-x)
            return out
    """,
    "comprehension": """
        def f(xs: list[int], d: dict[int, int]) -> list[int]:
            return [x for x in xs if x not in d.values()]
    """,
    "while with reads of the dict": """
        def f(xs: list[int], d: dict[int, int]) -> int:
            total = 0
            while total < len(xs):
                if xs[total] in d.values() or d.get(total):
                    break
                total += 1
            else:
                total = -1
            return total + len(d)
    """,
    "own dict, indexed and grown before": """
        def f(xs: list[int], d: dict[int, int]) -> list[int]:
            seen = {0: 0}
            for x in xs:
                seen[x + 1] = x
            return [seen[x + 1] for x in xs if x + 1 in tuple(seen.values())]
    """,
    "nested loops": """
        def f(xs: list[int], d: dict[int, int]) -> list[int]:
            out = []
            for x in xs:
                for y in xs:
                    if x + y in set(d.values()):
                        out.append(y)
            return out
    """,
    "constant of the file": """
        def f(xs: list[int], d: dict[int, int]) -> list[int]:
            if len(xs) in CODES.values():
                return []
            return [x for x in xs if x in CODES.values()]
    """,
}
SILENT = {
    "unknown values": """
        def f(xs: list[int], d: dict):
            return [x for x in xs if x in d.values()]
    """,
    "unknown probe": """
        def f(xs, d: dict[int, int]):
            return [x for x in xs if x in d.values()]
    """,
    "values that cannot be hashed": """
        def f(xs: list[int], d: dict[int, list[int]]):
            return [x for x in xs if x in d.values()]
    """,
    "dict changes in the loop": """
        def f(xs: list[int], d: dict[int, int]):
            for x in xs:
                if x not in d.values():
                    d[x] = x
    """,
    "dict changes through another name": """
        def f(xs: list[int], d: dict[int, int], e: dict[int, int]):
            for x in xs:
                if x not in d.values():
                    e[x] = x
    """,
    "another name updates": """
        def f(xs: list[int], d: dict[int, int], e: dict[int, int]):
            for x in xs:
                if x not in d.values():
                    e.update({x: x})
    """,
    "indexed: may be a defaultdict": """
        def f(xs: list[int], d: dict[int, int]):
            return [d[x] for x in xs if x not in d.values()]
    """,
    "defaultdict grows by indexing": """
        def f(xs: list[int]):
            d: defaultdict[int, int] = defaultdict(int)
            d[1] = 1
            return [d[x] for x in xs if x not in d.values()]
    """,
    "handed to a stranger": """
        def f(xs: list[int], d: dict[int, int], g):
            return [g(d) for x in xs if x not in d.values()]
    """,
    "a stranger is called": """
        def f(xs: list[int], d: dict[int, int], g):
            for x in xs:
                if x not in d.values():
                    g()
    """,
    "rebound in the loop": """
        def f(xs: list[int], d: dict[int, int]):
            for x in xs:
                if x not in d.values():
                    d = {x: x}
    """,
    "captured": """
        def f(xs: list[int], d: dict[int, int]):
            def put(x):
                nonlocal d
                d = {x: x}
            for x in xs:
                if x not in d.values():
                    put(x)
    """,
    "generator, tested later": """
        def f(xs: list[int], d: dict[int, int]):
            later = (x for x in xs if x in d.values())
            d.clear()
            return list(later)
    """,
    "the caller acts between the elements": """
        def f(xs: list[int], d: dict[int, int]):
            for x in xs:
                if x in d.values():
                    yield x
    """,
    "set is something else": """
        def f(xs: list[int], d: dict[int, int], set=list):
            return [x for x in xs if x in d.values()]
    """,
    "no loop": """
        def f(x: int, d: dict[int, int]):
            return x in d.values()
    """,
    "bound in the loop only": """
        def f(xs: list[int]):
            for x in xs:
                d = {x: x}
                if x in d.values():
                    return x
    """,
    "constant changed elsewhere": """
        TABLE = {"a": 1, "b": 2, "c": 3, "d": 4}
        def g(x):
            TABLE[x] = x
        def f(xs: list[int]):
            return [x for x in xs if x in TABLE.values()]
    """,
}
COPIES = {
    "keys": """
        def f(x: int, xs: list[int], d: dict[int, int]) -> bool:
            return x in list(d.keys())
    """,
    "dict, tuple, loop": """
        def f(x: int, xs: list[int], d: dict[int, int]) -> list[int]:
            return [y for y in xs if y not in list(d) and y not in tuple(xs[1:])]
    """,
    "sorted list, set of keys": """
        def f(x: int, xs: list[int], d: dict[int, int]) -> bool:
            return x in sorted(xs) and x not in set(d.keys())
    """,
    "copy of a copy": """
        def f(x: int, xs: list[int], d: dict[int, int]) -> bool:
            names = {str(y) for y in xs}
            return str(x) in list(tuple(names))
    """,
}
COPIES_SILENT = {
    "unknown keys": """
        def f(x: int, d: dict) -> bool:
            return x in list(d)
    """,
    "unknown probe": """
        def f(x, d: dict[int, int]) -> bool:
            return x in list(d)
    """,
    "a mapping of any sort": """
        from collections.abc import Mapping
        def f(x: int, d: Mapping[int, int]) -> bool:
            return x in list(d)
    """,
    "an iterator is used up": """
        from collections.abc import Iterator
        def f(x: int, d: Iterator[int]) -> list[int]:
            return [x in list(d), *d]
    """,
    "characters": """
        def f(x: str, d: str) -> bool:
            return x in list(d)
    """,
    "sorting raises": """
        def f(x: str, d: list[str | int]) -> bool:
            return x in sorted(d)
    """,
    "sorting raises, quietly": """
        def f(x: str, d: list[str | None]) -> bool:
            return x in sorted(d)
    """,
    "list is something else": """
        def f(x: int, d: dict[int, int], list=sorted) -> bool:
            return x in list(d)
    """,
    "chained": """
        def f(x: int, d: dict[int, int], e) -> bool:
            return x in list(d) in e
    """,
}


@pytest.mark.parametrize("program", FIRES.values(), ids=FIRES)
@PROPERTY
@given(xs=st.lists(st.one_of(ints, st.booleans())), d=st.dictionaries(ints, st.one_of(ints, st.booleans())))
def test_values_same_behaviour(program: str, xs: list[int], d: dict[int, int]) -> None:
    assert assert_equivalent(_with_head(program), "f", "values-membership", [(xs, d)])


@PROPERTY
@given(xs=st.lists(hashables), d=st.dictionaries(texts, hashables))
def test_values_of_any_builtin_kind(xs: list[object], d: dict[str, object]) -> None:
    program = """
        def f(xs: list[str | int | float | None | bytes | bool | tuple[int, ...]],
              d: dict[str, str | int | float | None | bytes | bool | tuple[int, ...]]):
            return [x in d.values() for x in xs]
    """
    assert assert_equivalent(program, "f", "values-membership", [(xs, d)])


@PROPERTY
@given(xs=st.lists(anything, max_size=4), values=st.lists(anything, max_size=4))
def test_values_of_nasty_kinds_are_refused(xs: list[object], values: list[object]) -> None:
    program = """
        def f(xs, d: dict):
            return [x in d.values() for x in xs]
    """
    calls: list[tuple[object, ...]] = [(xs, dict(enumerate(values))), (xs, MyDict(enumerate(values)))]
    assert not assert_equivalent(program, "f", "values-membership", calls)


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_values_silent(program: str) -> None:
    assert rewritten(_with_head(program), "f", "values-membership") is None


def test_values_of_a_constant_become_a_constant() -> None:
    after = rewritten(_with_head(FIRES["constant of the file"]), "f", "values-membership")
    assert after is not None
    assert "_CODES_VALUES = frozenset(CODES.values())" in after
    assert after.count("in _CODES_VALUES") == 2


@pytest.mark.parametrize("program", COPIES.values(), ids=COPIES)
@PROPERTY
@given(x=ints, xs=st.lists(st.one_of(ints, st.booleans())), d=st.dictionaries(ints, ints))
def test_copies_same_behaviour(program: str, x: int, xs: list[int], d: dict[int, int]) -> None:
    assert assert_equivalent(_with_head(program), "f", "membership-copy", [(x, xs, d)])


@pytest.mark.parametrize("program", COPIES_SILENT.values(), ids=COPIES_SILENT)
def test_copies_silent(program: str) -> None:
    assert rewritten(_with_head(program), "f", "membership-copy") is None


def _with_head(program: str) -> str:
    lines = [line.removeprefix("    ") for line in HEAD.splitlines()]
    body = program.splitlines()
    indent = len(body[1]) - len(body[1].lstrip())
    return "\n".join([*lines, *(line[indent:] for line in body)]) + "\n"
