"""Deep copies of flat data: what is copied, what is shared, and what must stay a deep copy."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.facts import Facts
from tests.propose.rules import nasty
from tests.propose.rules.equivalence import Make, assert_equivalent, rewritten
from tests.propose.rules.nasty import PROPERTY, examples

RULE = "flat-copy"
ATOMS = nasty.numbers | nasty.texts | nasty.blobs | st.none() | st.tuples(nasty.floats, nasty.texts)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "list[int]": st.lists(nasty.ints | nasty.bools, max_size=5),
    "list[float | str | None]": st.lists(nasty.floats | nasty.texts | st.none(), max_size=5),
    "dict[str, int]": st.dictionaries(nasty.texts, nasty.ints, max_size=5),
    "dict[tuple[int, str], float]": st.dictionaries(
        st.tuples(nasty.ints, nasty.texts), nasty.floats, max_size=4
    ),
    "tuple[int, ...]": st.lists(nasty.ints, max_size=4).map(tuple),
    "str": nasty.texts,
}


def shared(rows: list[Any], twice: list[int]) -> list[Any]:
    """``rows`` with some of them standing there again."""
    return rows + [rows[i % len(rows)] for i in twice] if rows else rows


ROWS = st.builds(
    shared, st.lists(st.lists(nasty.ints, max_size=3), max_size=4), st.lists(nasty.ints, max_size=3)
)
TABLES = st.builds(lambda rows: {str(i): row for i, row in enumerate(rows)}, ROWS)
NESTED = {
    "list[list[int]]": ROWS,
    "list[dict[str, int]]": st.lists(st.dictionaries(nasty.texts, nasty.ints, max_size=2), max_size=3),
    "dict[str, list[int]]": TABLES,
}


@pytest.mark.parametrize("annotation", [*VALUES, *NESTED])
def test_copies_are_apart_and_alike(annotation: str) -> None:
    source = f"""
    from copy import deepcopy

    def f(x: {annotation}, y: {annotation}):
        both = [deepcopy(x), deepcopy(y)]
        return both, x, deepcopy(  x  )
    """

    @examples(25)
    @given((VALUES | NESTED)[annotation])
    def check(value: Any) -> None:
        assert assert_equivalent(
            source, "f", RULE, [(value, value), (value, value[:0] if value == "" else value)]
        )

    check()


@PROPERTY
@given(nasty.anything | nasty.subclassed(nasty.anything) | st.builds(nasty.MyDict))
def test_without_types_everything_is_copied_deeply(value: Any) -> None:
    source = "import copy\ndef f(x):\n    return copy.deepcopy(x)\n"
    assert not assert_equivalent(source, "f", RULE, [(value,)])


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        ("list[int], length 3", [1, 2]),
        ("list[int] | list[str], length 3", ["a"]),
        ("defaultdict[str, int], length 3", Make(lambda m: m["defaultdict"](int, a=1))),
        ("OrderedDict[str, list[int]], length 3", Make(lambda m: m["OrderedDict"](b=[1], a=[2]))),
        ("deque[int], length 3", Make(lambda m: m["deque"]([1, 2], maxlen=2))),
        ("Counter[str], length 3", Make(lambda m: m["Counter"]("aab"))),
        ("list[list[int]], length 3", [[1], [2]]),
    ],
)
def test_observed_types_keep_their_class(summary: str, value: Any) -> None:
    source = """
    import copy
    from collections import Counter, OrderedDict, defaultdict, deque

    def f(x):
        return copy.deepcopy(x), x
    """
    assert assert_equivalent(source, "f", RULE, [(value,)], Facts(2, 0.0, {"x": summary}, changed={"x": 0.0}))


@pytest.mark.parametrize(
    "summary",
    ["list[~int]", "list[list[list]]", "list[object]", "list[Row]", "set[int]", "list[int] | …", "Row"],
)
def test_observed_types_that_do_not_suffice(summary: str) -> None:
    source = "import copy\nclass Row: pass\ndef f(x):\n    return copy.deepcopy(x)\n"
    assert rewritten(source, "f", RULE, Facts(2, 0.0, {"x": summary})) is None


def test_attributes_and_locals_observed() -> None:
    source = textwrap.dedent("""
        import copy

        class Game:
            def __init__(self):
                self.board = [[0, 1], [1, 0]]

            def f(self, n):
                grid = self.made()
                return copy.deepcopy(self.board), copy.deepcopy(grid), n

            def made(self):
                return [1, 2]
    """)
    facts = Facts(
        2, 0.0, attributes={"self.board": "list[list[int]]"}, locals={"grid": "list[int], length 2"}
    )
    after = rewritten(source, "Game.f", RULE, facts)
    assert after is not None and "_copied_rows(self.board), grid.copy(), n" in after
    assert assert_equivalent(source, "Game.f", RULE, [(Make(lambda m: m["Game"]()), 1)], facts)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("def f(x: list[int]):\n    return copy.deepcopy(x=x)", ""),
        ("def f(x: list[int], memo):\n    return copy.deepcopy(x, memo)", ""),
        ("def f(x: list[int], copy):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list):\n    return copy.deepcopy(x)", ""),
        ("def f(x: set[int]):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[set[int]]):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[int] | None):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[int] = None):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[list[list[int]]]):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[frozenset[int]]):\n    return copy.deepcopy(x)", ""),
        ("def f(x: list[int]):\n    x = object()\n    return copy.deepcopy(x)", ""),
        ("def f(n: int):\n    x = [n]\n    g(x)\n    return copy.deepcopy(x)", ""),
        ("def f(n: int):\n    x = [n]\n    g(x)\n    x = [1]\n    return copy.deepcopy(x)", ""),
        ("def f(n: int):\n    x = [[n]]\n    return copy.deepcopy(x)", ""),
        ("def f(n: int):\n    x = [n]\n    x.append('a')\n    return copy.deepcopy(x)", "return x.copy()"),
        ("def f(n: int):\n    return copy.deepcopy([n, 2])", "return [n, 2].copy()"),
        ("def f(p: tuple[int, int]):\n    return copy.deepcopy(p)", "return p"),
        ("def f(x: dict[str, list[int]]):\n    return copy.deepcopy(x['a'])", "return x['a'].copy()"),
    ],
)
def test_what_is_proven(source: str, written: str) -> None:
    after = rewritten(f"import copy\n\n\n{source}\n", "f", RULE)
    assert (after is None) if not written else (after is not None and after.rstrip().endswith(written))


def test_helper_avoids_names_in_use() -> None:
    after = rewritten(
        "import copy\n_copied_rows = 1\ndef f(x: list[list[int]]):\n    return copy.deepcopy(x)\n", "f", RULE
    )
    assert after is not None and "def _copied_rows2(rows):" in after
    assert (
        rewritten("import copy\nid = 1\ndef f(x: list[list[int]]):\n    return copy.deepcopy(x)\n", "f", RULE)
        is None
    )
