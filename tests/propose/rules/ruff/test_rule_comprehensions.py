"""Comprehensions in place of conversions, copies, mapped lambdas and loops that append."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.propose.rules.nasty import anything, atoms, hashables, ints, texts
from tests.propose.rules.ruff.checking import Case, case, check, check_silent, iterables, name, streams

lists = st.lists(ints, max_size=6)
dicts = st.dictionaries(texts, ints, max_size=4)
CASES = [
    case(
        "comprehension-direct",
        "[(x, x) for x in xs]",
        "def f(xs):\n    return list((x, x) for x in xs)\n",
        iterables(anything),
    ),
    case(
        "comprehension-direct",
        "{x for x in xs if x}",
        "def f(xs):\n    return set(x for x in xs if x)\n",
        iterables(anything),
    ),
    case(
        "comprehension-direct",
        "{x: str(x) for x in xs}",
        "def f(xs):\n    return dict((x, str(x)) for x in xs)\n",
        iterables(anything),
    ),
    case(
        "comprehension-direct",
        "{x + 1 for x in xs}",
        "def f(xs: list[int]):\n    return set([x + 1 for x in xs])\n",
        lists,
    ),
    case(
        "comprehension-direct",
        "{x: [x] for x in xs}",
        "def f(xs: list[int]):\n    return dict([(x, [x]) for x in xs])\n",
        lists,
    ),
    case(
        "comprehension-direct",
        "[x * 2 for x in xs]",
        "def f(xs):\n    return list([x * 2 for x in xs])\n",
        iterables(ints),
    ),
    case(
        "comprehension-direct",
        "list(xs)",
        "def f(xs: tuple[int, ...]):\n    return list(x for x in xs)\n",
        lists.map(tuple),
    ),
    case(
        "comprehension-direct",
        "[x // y for x in xs for y in ys]",
        """
         class Box:
             def f(self, xs, ys):
                 return 1

         def halves(x, y):
             return x // y

         def f(xs, ys):
             return list(x // y for x in xs for y in ys), list(halves(x, 2) for x in ys)
         """,
        streams(ints),
        lists,
    ),
    case(
        "comprehension-direct",
        "# why",
        """
         def f(xs):
             return list(
                 x + 1  # why
                 for x in xs
             )
         """,
        iterables(ints),
    ),
    case("copy-comprehension", "list(xs)", "def f(xs: list[int]):\n    return [x for x in xs]\n", lists),
    case(
        "copy-comprehension",
        "set(xs.values())",
        "def f(xs: dict[str, object]):\n    return {x for x in xs.values()}\n",
        st.dictionaries(texts, hashables, max_size=4),
    ),
    case(
        "copy-comprehension",
        "dict(d.items())",
        "def f(d: dict[str, int]):\n    return {k: v for k, v in d.items()}\n",
        dicts,
    ),
    case(
        "copy-comprehension",
        "dict(zip(xs, ys))",
        "def f(xs: list[int], ys: list[int]):\n    return {x: y for x, y in zip(xs, ys)}\n",
        lists,
        lists,
    ),
    case(
        "map-lambda",
        "[x * 2 for x in xs]",
        "def f(xs):\n    return list(map(lambda x: x * 2, xs))\n",
        iterables(atoms),
    ),
    case(
        "map-lambda",
        "{x % 3 for x in xs}",
        "def f(xs):\n    return set(map(lambda x: x % 3, xs))\n",
        iterables(ints),
    ),
    case(
        "map-lambda",
        "{x: [y, x] for x in xs}",
        "def f(xs, y):\n    return dict(map(lambda x: (x, [y, x]), xs))\n",
        iterables(hashables),
        ints,
    ),
    case(
        "map-lambda",
        "[x if x else y for x in x]",
        "def f(x, y):\n    return list(map(lambda x: x if x else y, x))\n",
        iterables(ints),
        ints,
    ),
    case(
        "dict-fromkeys",
        "dict.fromkeys(xs, 0)",
        "def f(xs: list[int]):\n    return {x: 0 for x in xs}\n",
        lists,
    ),
    case(
        "dict-fromkeys",
        "dict.fromkeys(xs)",
        "def f(xs: set[str]):\n    return {x: None for x in xs}\n",
        st.sets(texts),
    ),
    case(
        "append-comprehension",
        "out = [x // y for x in xs if x]",
        """
         def f(xs, y):
             out = []
             for x in xs:
                 if x:
                     out.append(x // y)
             return out
         """,
        iterables(ints),
        ints,
    ),
    case(
        "append-comprehension",
        "out: list[object] = [(k, 1) for k in d.items()]",
        """
         def f(d):
             out: list[object] = []
             for k in d.items():
                 out.append((k, 1))
             out.sort()
             return out
         """,
        dicts,
    ),
    case(
        "append-comprehension",
        "row = [x * y for x in xs]",
        """
         def f(xs, ys):
             table = []
             for y in ys:
                 row = []
                 for x in xs:
                     row.append(x * y)
                 table.append(row)
             return table
         """,
        lists,
        iterables(ints),
    ),
]
SILENT = {
    "comprehension-direct: StopIteration becomes RuntimeError": """
        def f(xs):
            it = iter(xs)
            return list(next(it) for _ in range(3))
    """,
    "comprehension-direct: a function of the file says next": """
        def take(it):
            return next(it)

        def f(it):
            return list(take(it) for _ in range(3))
    """,
    "comprehension-direct: unknown function": """
        def f(xs, g):
            return list(g(x) for x in xs)
    """,
    "comprehension-direct: unknown method": """
        def f(xs):
            return list(x.pull() for x in xs)
    """,
    "comprehension-direct: list is not list": """
        list = tuple

        def f(xs):
            return list(x + 1 for x in xs)
    """,
    "comprehension-direct: an unhashable element comes before the effect of the next": """
        def f(xs):
            return set([print(x) or x for x in xs])
    """,
    "comprehension-direct: length of an unknown thing": """
        def f(xs):
            return list(x for x in xs)
    """,
    "comprehension-direct: lines aligned with the bracket": """
        def f(xs):
            return list(x + 1
                        for x in xs)
    """,
    "map-lambda: comment": """
        def f(xs):
            return list(map(
                lambda x: x + 1,  # why
                xs,
            ))
    """,
    "copy-comprehension: unknown source": "def f(xs):\n    return [x for x in xs]\n",
    "copy-comprehension: hashes as stored": "def f(xs: set[object]):\n    return {x for x in xs}\n",
    "dict-fromkeys: hashes as stored": "def f(xs: set[object]):\n    return {x: 0 for x in xs}\n",
    "copy-comprehension: pairs of unknown": "def f(xs: list[str]):\n    return {k: v for k, v in xs}\n",
    "copy-comprehension: a mapping is not its pairs": """
        def f(d: dict[str, int]):
            return {k: v for k, v in d}
    """,
    "copy-comprehension: tuples are made anew": """
        def f(xs: list[list[int]]):
            return [(a, b) for a, b in xs]
    """,
    "map-lambda: StopIteration ends the map": """
        def f(xs):
            it = iter(xs)
            return list(map(lambda x: next(it), xs))
    """,
    "map-lambda: closures": "def f(xs):\n    return list(map(lambda x: lambda: x, xs))\n",
    "map-lambda: lazy inner generator": "def f(xs):\n    return list(map(lambda x: (x for _ in x), xs))\n",
    "map-lambda: walrus": "def f(xs):\n    return list(map(lambda x: (y := x), xs))\n",
    "map-lambda: default": "def f(xs):\n    return list(map(lambda x, y=3: x, xs))\n",
    "map-lambda: bare map": "def f(xs):\n    return map(lambda x: x + 1, xs)\n",
    "map-lambda: map is not map": "from m import map\ndef f(xs):\n    return list(map(lambda x: x, xs))\n",
    "dict-fromkeys: fresh value": "def f(xs: list[int]):\n    return {x: [] for x in xs}\n",
    "dict-fromkeys: value that may be unbound": "def f(xs: list[int], y):\n    return {x: y for x in xs}\n",
    "append-comprehension: variable used later": """
        def f(xs):
            out = []
            for x in xs:
                out.append(x + 1)
            return out, x
    """,
    "append-comprehension: exception shows how far it got": """
        def f(xs):
            out = []
            try:
                for x in xs:
                    out.append(1 // x)
            except ZeroDivisionError:
                return out
    """,
    "append-comprehension: suppressed exception": """
        from contextlib import suppress
        def f(xs):
            with suppress(ZeroDivisionError):
                out = []
                for x in xs:
                    out.append(1 // x)
            return out
    """,
    "append-comprehension: closures": """
        def f(xs):
            out = []
            for x in xs:
                out.append(lambda: x)
            return out
    """,
    "append-comprehension: reads what it has": """
        def f(xs):
            out = []
            for x in xs:
                out.append(len(out) + x)
            return out
    """,
    "append-comprehension: super needs its function": """
        class A:
            def f(self, xs):
                return xs

        def f(self, xs):
            out = []
            for x in xs:
                out.append(super().f(x))
            return out
    """,
    "append-comprehension: generator": """
        def f(xs):
            out = []
            for x in xs:
                out.append((yield x))
            return out
    """,
    "append-comprehension: comment": """
        def f(xs):
            out = []
            for x in xs:
                # every one of them
                out.append(x + 1)
            return out
    """,
    "append-comprehension: two names": """
        def f(xs):
            out = other = []
            for x in xs:
                out.append(x + 1)
            return out, other
    """,
    "append-comprehension: global": """
        out = []
        def f(xs):
            global out
            out = []
            for x in xs:
                out.append(x + 1)
    """,
}


@pytest.mark.parametrize("subject", CASES, ids=name)
def test_both_versions_agree(subject: Case) -> None:
    check(subject)


@pytest.mark.parametrize("trap", SILENT)
def test_trap(trap: str) -> None:
    check_silent(trap.partition(":")[0], SILENT[trap])
