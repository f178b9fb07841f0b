"""Stopping at the first answer, and taking the first element."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.propose.rules.nasty import ints, texts
from tests.propose.rules.ruff.checking import Case, case, check, check_silent, name

lists = st.lists(ints, max_size=6)
dicts = st.dictionaries(texts, ints, max_size=4)
CASES = [
    case(
        "any-generator",
        "any(x > y for x in xs)",
        "def f(xs: list[int], y: int):\n    return any([x > y for x in xs])\n",
        lists,
        ints,
    ),
    case(
        "any-generator",
        'all(k.startswith("a") and v > 0 for k, v in d.items())',
        'def f(d: dict[str, int]):\n    return all([k.startswith("a") and v > 0 for k, v in d.items()])\n',
        dicts,
    ),
    case(
        "any-generator",
        "any(x == y for x in xs for y in ys if y)",
        """
         def f(xs: set[int], ys: tuple[int, ...]):
             if not any([x == y for x in xs for y in ys if y]):
                 return 0
             return len(xs)
         """,
        st.sets(ints),
        lists.map(tuple),
    ),
    case(
        "any-generator",
        "any(x in d for x in xs)",
        "def f(xs: list[str], d: dict[str, int]):\n    return any([x in d for x in xs])\n",
        st.lists(texts),
        dicts,
    ),
    case(
        "first-element", "return xs[0]", "def f(xs: list[object]):\n    return list(xs)[0]\n", st.lists(texts)
    ),
    case(
        "first-element",
        "return xs[0] + 1",
        "def f(xs: tuple[int, ...]):\n    return [x for x in xs][0] + 1\n",
        lists.map(tuple),
    ),
    case("first-element", "text[0]", "def f(text: str):\n    return tuple(text)[0]\n", texts),
    case(
        "first-element",
        "next(iter(d))",
        """
         def f(d: dict[str, int]):
             if not d:
                 return None
             return list(d)[0]
         """,
        dicts,
    ),
    case(
        "first-element",
        "next(iter(d.values()))",
        """
         def f(d: dict[str, int], n: int):
             if d and n:
                 return list(d.values())[0]
         """,
        dicts,
        ints,
    ),
    case(
        "first-element",
        "next(iter(xs))",
        """
         def f(xs: set[int]):
             if len(xs) > 0:
                 return list(xs)[0]
             raise KeyError
         """,
        st.sets(ints),
    ),
]
SILENT = {
    "any-generator: tests may raise": "def f(xs: list[int]):\n    return any([1 // x for x in xs])\n",
    "any-generator: int too large for a float": """
        def f(xs: list[int]):
            return any([x * 1.5 > 2 for x in xs])
    """,
    "any-generator: effects": "def f(xs: list[int]):\n    return any([print(x) for x in xs])\n",
    "any-generator: unknown values compare as they like": "def f(xs):\n    return any([x > 1 for x in xs])\n",
    "any-generator: text and number": "def f(xs: list[str]):\n    return any([x > 1 for x in xs])\n",
    "any-generator: iterator read on": """
        from collections.abc import Iterator
        def f(xs: Iterator[int]):
            return any([x > 1 for x in xs]), list(xs)
    """,
    "any-generator: unpacking may fail": "def f(xs: list[str]):\n    return any([a == b for a, b in xs])\n",
    "any-generator: a name that may be unbound": """
        def f(xs: list[int], y: int):
            if y:
                z = 3
            return any([x > 0 or x == z for x in xs])
    """,
    "any-generator: any is not any": """
        def any(xs):
            return len(xs)

        def f(xs: list[int]):
            return any([x > 1 for x in xs])
    """,
    "any-generator: sum gains nothing": "def f(xs: list[int]):\n    return sum([x + 1 for x in xs])\n",
    "first-element: empty dict": "def f(d: dict[str, int]):\n    return list(d)[0]\n",
    "first-element: emptied meanwhile": """
        def f(d: dict[str, int]):
            if not d:
                return None
            d.clear()
            return list(d)[0]
    """,
    "first-element: emptied by somebody else": """
        def f(d: dict[str, int], g):
            if d:
                g()
                return list(d)[0]
    """,
    "first-element: emptied through another name": """
        def f(d: dict[str, int], e: dict[str, int]):
            if d:
                e.popitem()
                return list(d)[0]
    """,
    "first-element: tested on an earlier turn": """
        def f(d: dict[str, int]):
            if not d:
                return None
            while True:
                x = list(d)[0]
                del d[x]
    """,
    "first-element: unknown iterable": "def f(xs):\n    return list(xs)[0]\n",
    "first-element: stored into the copy": "def f(xs: list[int]):\n    list(xs)[0] = 3\n    return xs\n",
    "first-element: added to the copy": "def f(xs: list[int]):\n    list(xs)[0] += 3\n    return xs\n",
    "first-element: the last": "def f(xs: list[int]):\n    return list(xs)[-1]\n",
}


@pytest.mark.parametrize("subject", CASES, ids=name)
def test_both_versions_agree(subject: Case) -> None:
    check(subject)


@pytest.mark.parametrize("trap", SILENT)
def test_trap(trap: str) -> None:
    check_silent(trap.partition(":")[0], SILENT[trap])
