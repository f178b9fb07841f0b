"""Displays in place of calls and sums, copies left out, callbacks that are C functions."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.propose.rules.nasty import anything, hashables, ints, numbers, texts
from tests.propose.rules.ruff.checking import Case, case, check, check_silent, iterables, name

lists = st.lists(ints, max_size=6)
dicts = st.dictionaries(texts, ints, max_size=4)
pairs = st.lists(st.tuples(ints, texts) | st.tuples(ints), max_size=5)
CASES = [
    case("literal-display", '{"a": x, "b": {}}', "def f(x):\n    return dict(a=x, b=dict())\n", anything),
    case("literal-display", "{x, y, 1}", "def f(x, y):\n    return set([x, y, 1])\n", anything, anything),
    case(
        "literal-display",
        "{x: y, 1: ()}",
        "def f(x, y):\n    return dict([(x, y), (1, tuple())])\n",
        anything,
        anything,
    ),
    case("literal-display", "(*xs, 1)", "def f(xs):\n    return tuple([*xs, 1])\n", iterables(anything)),
    case(
        "literal-display", "[x, [y]]", "def f(x, y):\n    return list((x, list([y])))\n", anything, anything
    ),
    case(
        "literal-display",
        "{x: 1 for x in xs}",
        "def f(xs):\n    return dict({x: 1 for x in xs})\n",
        iterables(anything),
    ),
    case(
        "needless-copy",
        "sorted(xs, reverse=True)",
        "def f(xs):\n    return sorted(list(xs), reverse=True)\n",
        iterables(anything),
    ),
    case(
        "needless-copy",
        "sorted(xs, key=lambda x: -x)",
        "def f(xs):\n    return list(sorted(xs, key=lambda x: -x))\n",
        iterables(numbers),
    ),
    case(
        "needless-copy",
        "set(xs)",
        "def f(xs: tuple[object, ...]):\n    return set(list(xs))\n",
        st.lists(anything, max_size=4).map(tuple),
    ),
    case("needless-copy", "list(xs)", "def f(xs):\n    return list(tuple(xs))\n", iterables(anything)),
    case(
        "unpack-concat",
        "[0, *xs, len(ys)]",
        "def f(xs: list[int], ys: list[int]):\n    return [0] + xs + [len(ys)]\n",
        lists,
        lists,
    ),
    case(
        "unpack-concat",
        "[*xs, ys]",
        "def f(xs: list[int], ys: list[int]):\n    xs = xs + [ys]\n    return xs\n",
        lists,
        lists,
    ),
    case(
        "unpack-concat",
        "(x, *xs)",
        "def f(xs: tuple[int, ...], x):\n    return (x,) + xs\n",
        lists.map(tuple),
        anything,
    ),
    case(
        "sum-lists",
        "reduce(iadd, xs, [])",
        "def f(xs: list[list[int]]):\n    return sum(xs, [])\n",
        st.lists(lists, max_size=4),
    ),
    case(
        "sum-lists",
        "[0], reduce(operator.iadd, (x for x in xs), [])",
        """
         import operator
         def f(xs: tuple[list[int], ...]):
             return [0], sum((x for x in xs), [])
         """,
        st.lists(lists, max_size=4).map(tuple),
    ),
    case(
        "list-copy",
        "xs.copy()",
        "def f(xs: list[int]):\n    ys = xs[:]\n    ys.append(1)\n    return xs, ys\n",
        lists,
    ),
    case(
        "set-discard",
        "xs.discard(x)",
        "def f(xs: set[object], x):\n    if x in xs:\n        xs.remove(x)\n",
        st.sets(hashables, max_size=4),
        hashables | st.sets(ints, max_size=1) | st.just([]),
    ),
    case("getter-key", "key=itemgetter(1)", "def f(xs):\n    return sorted(xs, key=lambda x: x[1])\n", pairs),
    case(
        "getter-key",
        "key=itemgetter(1, 0)",
        "def f(xs: list[tuple[int, str]]):\n    xs.sort(key=lambda x: (x[1], x[0]), reverse=True)\n",
        pairs,
    ),
    case(
        "getter-key",
        "reduce(add, xs, x)",
        "from functools import reduce\ndef f(xs, x):\n    return reduce(lambda a, b: a + b, xs, x)\n",
        iterables(anything),
        anything,
    ),
    case(
        "getter-key",
        "operator.neg",
        "import operator\ndef f(xs):\n    return max(xs, key=lambda x: -x, default=operator)\n",
        iterables(numbers),
    ),
    case(
        "getter-key",
        "map(not_, xs)",
        "def f(xs):\n    return list(map(lambda x: not x, xs))\n",
        iterables(anything),
    ),
    case(
        "direct-callback",
        "key=len",
        "def f(xs):\n    return sorted(xs, key=lambda x: len(x))\n",
        iterables(texts) | iterables(anything),
    ),
    case(
        "direct-callback",
        "key=half",
        "def half(x):\n    return x // 2\n\ndef f(xs):\n    return min(xs, key=lambda x: half(x))\n",
        iterables(ints),
    ),
    case(
        "direct-callback",
        "key=d.get",
        "def f(xs: list[str], d: dict[str, int]):\n    return max(xs, key=lambda x: d.get(x))\n",
        st.lists(texts, max_size=4),
        dicts,
    ),
    case(
        "direct-callback",
        "map(str, xs)",
        "def f(xs):\n    return set(map(lambda x: str(x), xs))\n",
        iterables(ints),
    ),
]
SILENT = {
    "literal-display: dict is not dict": "from m import dict\ndef f():\n    return dict(a=1)\n",
    "literal-display: unpacked": "def f(x):\n    return dict(**x, a=1)\n",
    "literal-display: hashed on the way": "def f(xs, y):\n    return set([y, *xs])\n",
    "literal-display: too long to be evaluated first": f"def f(x):\n    return set([{'x(), ' * 20}])\n",
    "literal-display: braces in braces": 'def f(x):\n    return f"{dict(a=x)}"\n',
    "literal-display: aligned lines": "def f(x, y):\n    return dict(a=x,\n                b=y)\n",
    "literal-display: raised": "def f(x):\n    raise ValueError(dict(a=x))\n",
    "literal-display: comment": "def f(x):\n    return dict(\n        a=x,  # why\n    )\n",
    "needless-copy: ties of a sort by something else": "def f(xs):\n    return sorted(sorted(xs), key=len)\n",
    "needless-copy: ties of what is reversed": "def f(xs):\n    return sorted(reversed(xs))\n",
    "needless-copy: ties reversed": "def f(xs):\n    return list(reversed(sorted(xs)))\n",
    "needless-copy: another type": "def f(xs):\n    return reversed(sorted(xs))\n",
    "needless-copy: comparisons that raise": "def f(xs: list[object]):\n    return set(sorted(xs))\n",
    "needless-copy: a generator cut short": "def f(xs):\n    return set(list(xs))\n",
    "needless-copy: a key made meanwhile": "def f(xs, g):\n    return sorted(list(xs), key=g())\n",
    "unpack-concat: what is left": "def f(xs: list[int]):\n    return xs + [xs.pop()]\n",
    "unpack-concat: unknown": "def f(xs):\n    return [1] + xs\n",
    "unpack-concat: a tuple and a list": "def f(xs: tuple[int, ...]):\n    return [1] + xs\n",
    "unpack-concat: perhaps None": "def f(xs: list[int] | None):\n    return [1] + xs\n",
    "sum-lists: unknown": "def f(xs):\n    return sum(xs, [])\n",
    "sum-lists: tuples do not add to lists": "def f(xs: list[tuple[int, ...]]):\n    return sum(xs, [])\n",
    "sum-lists: another start": "def f(xs: list[list[int]], y: list[int]):\n    return sum(xs, y)\n",
    "list-copy: unknown": "def f(xs):\n    return xs[:]\n",
    "list-copy: text": "def f(xs: str):\n    return xs[:]\n",
    "list-copy: emptied": "def f(xs: list[int]):\n    xs[:] = []\n    del xs[:]\n",
    "set-discard: a list": "def f(xs: list[int], x):\n    if x in xs:\n        xs.remove(x)\n",
    "set-discard: made twice": "def f(xs: set[int], g):\n    if g() in xs:\n        xs.remove(g())\n",
    "set-discard: otherwise": """
        def f(xs: set[int], x: int):
            if x in xs:
                xs.remove(x)
            else:
                return 1
    """,
    "getter-key: a key for others": "def f(df, xs):\n    return df.apply(lambda x: x[0]), [lambda x: x[0]]\n",
    "getter-key: position that may be unbound": "def f(xs, i):\n    return sorted(xs, key=lambda x: x[i])\n",
    "getter-key: keeps running": "def f(xs):\n    return map(lambda x: x[0], xs)\n",
    "getter-key: a sort of its own": "def f(xs):\n    xs.sort(key=lambda x: x[0])\n",
    "direct-callback: found late": "def f(xs, g):\n    return sorted(xs, key=lambda x: g(x))\n",
    "direct-callback: bound twice": """
        def g(x):
            return x

        def f(xs):
            return sorted(xs, key=lambda x: g(x))

        def g(x):
            return -x
    """,
    "direct-callback: an attribute that may be missing": """
        def f(self, xs):
            return sorted(xs, key=lambda x: self.rank(x))
    """,
    "direct-callback: rebound while it runs": """
        def f(xs: list[str], d: dict[str, int]):
            d = dict(d)
            return sorted(xs, key=lambda x: d.get(x))
    """,
    "direct-callback: kept": "def f(xs):\n    return {'by': lambda x: len(x)}\n",
}


@pytest.mark.parametrize("subject", CASES, ids=name)
def test_both_versions_agree(subject: Case) -> None:
    check(subject)


@pytest.mark.parametrize("trap", SILENT)
def test_trap(trap: str) -> None:
    check_silent(trap.partition(":")[0], SILENT[trap])
