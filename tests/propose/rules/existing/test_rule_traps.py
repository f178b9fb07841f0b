"""The first rules on values as annotated, traps included, and on anything where nothing is annotated."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules import nasty
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

FEWER = examples(25)
KEYS = st.one_of(nasty.ints, nasty.bools)
FLOATS = st.one_of(nasty.floats, KEYS)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": KEYS,
    "float": FLOATS,
    "str": nasty.texts,
    "list[int]": st.lists(KEYS, max_size=6),
    "list[float]": st.lists(FLOATS, max_size=6),
    "list[str]": st.lists(nasty.texts, max_size=6),
    "list[str | None]": st.lists(nasty.texts | st.none(), max_size=6),
    "list[tuple[int, float]]": st.lists(st.tuples(KEYS, FLOATS), max_size=6),
    "tuple[int, ...]": st.lists(KEYS, max_size=6).map(tuple),
    "list[list[int]]": st.lists(st.lists(KEYS, max_size=3), max_size=4),
}
FIRING = {
    "list-membership": """
        def f(xs: list[float], ys: list[float]) -> None:
            for x in xs:
                if x not in ys:
                    print(1 / x)
                elif -x in ys:
                    print(x)
        ---
        def f(xs: list[tuple[int, float]], ys: list[tuple[int, float]]) -> list[bool]:
            return [(a, b) in ys or b in (0.0, 1) for a, b in xs]
        ---
        def f(xs: list[str | None], ys: list[str | None]) -> int:
            total = 0
            for i, x in enumerate(xs):
                if x in ys and xs[i - 1] not in ys:
                    total += i
                    continue
                total -= 1
            else:
                total *= 2
            return total
        ---
        def f(xs: list[int], ys: tuple[int, ...]) -> list[int]:
            try:
                return [x for x in xs if x in ys and 6 // x]
            except ZeroDivisionError:
                return [0]
        ---
        async def f(xs: list[str], ys: list[str]) -> list[str]:
            found = []
            for x in xs:
                if x not in ys:
                    found.append(x)
            return found
        """,
    "seen-list": """
        def f(xs: list[float]) -> list[float]:
            seen = []
            for x in xs:
                if x not in seen:
                    seen.append(x)
            return seen
        ---
        def f(xs: list[float], ys: list[float]) -> list[float]:
            for x in xs:
                if x in ys:
                    break
                ys.append(1 / x)
            else:
                ys.append(0.5)
            return ys
        ---
        def f(xs: list[tuple[int, float]]) -> int:
            doubles = 0
            seen: list[tuple[int, float]] = []
            for pair in xs:
                if pair in seen:
                    doubles += 1
                seen.append(pair)
            return doubles
        """,
    "count-loop": """
        def f(xs: list[float], ys: list[float]) -> list[int]:
            return [xs.count(y) for y in ys]
        ---
        def f(xs: list[tuple[int, float]]) -> dict[tuple[int, float], int]:
            return {x: xs.count(x) for x in xs}
        """,
    "index-in-loop": """
        def f(xs: list[float], ys: list[float]) -> list[int]:
            out = []
            for y in ys:
                try:
                    out.append(xs.index(y))
                except ValueError:
                    out.append(-1)
            return out
        ---
        def f(xs: list[float]) -> list[int]:
            return [xs.index(x) for x in xs]
        """,
    "loop-invariant": """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = []
            for x in xs:
                out.append(x + sum(ys) + len(set(ys)))
            return out
        ---
        def f(xs: list[str], s: str) -> list[bool]:
            return [x == s.lower() or s.upper() < x for x in xs]
        ---
        def f(xs: list[float]) -> list[float]:
            return [x / (max(xs) - min(xs)) for x in xs]
        """,
    "str-concat": """
        def f(xs: list[str], s: str) -> str:
            for x in xs:
                s += x
            return s
        ---
        def f(xs: list[float]) -> str:
            text = ""
            for x in xs:
                text += f"{1 / x};"
            else:
                print("done")
            return text
        """,
    "pop-front": """
        def f(xs: list[int]) -> int:
            queue = [0, 1]
            total = 0
            for x in xs:
                queue.append(x)
                total += queue.pop(0) // x
                if x in queue:
                    queue.insert(0, total)
            return total
        ---
        def f(xs: list[int]):
            queue = list(xs)
            while queue:
                yield queue.pop(0)
                if len(queue) == 2:
                    queue.clear()
        """,
    "list-concat": """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = []
            for x in xs:
                out = out + [6 // x]
                out = out + [y for y in ys]
            return out
        ---
        def f(xs: list[list[int]]) -> list[int]:
            return sum(xs, [])
        """,
    "regex-hoist": """
        import re

        def f(xs: list[str]) -> list[object]:
            return [re.split(r"[ab]+", x) + re.findall("(?i)A", x) for x in xs]
        """,
}
CASES = [
    pytest.param(rule, textwrap.dedent(program), id=f"{rule}-{number}")
    for rule, programs in FIRING.items()
    for number, program in enumerate(programs.split("---\n"))
]


def annotated_names(source: str) -> list[str]:
    signature = re.search(r"def f\((.*?)\)(?: ->.*)?:\n", source)
    assert signature
    return re.findall(r"\w+: (\w+(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?)", signature[1])


def bare(source: str) -> str:
    """The same program without annotations."""
    stripped = re.sub(r"(\w+): \w+(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?(?=[,)])", r"\1", source)
    return re.sub(r"(\n +\w+): [^\n=]+ = ", r"\1 = ", re.sub(r"\) -> [^\n]+:\n", "):\n", stripped))


@pytest.mark.parametrize(("rule", "source"), CASES)
def test_values_as_annotated(rule: str, source: str) -> None:
    names = annotated_names(source)
    alike = len(names) == 2 and names[0] == names[1]

    @FEWER
    @given(st.data())
    def check(data: st.DataObject) -> None:
        arguments = tuple(data.draw(VALUES[name]) for name in names)
        calls = [arguments, *([(arguments[0], arguments[0])] if alike else [])]
        assert assert_equivalent(source, "f", rule, calls)

    check()


@pytest.mark.parametrize(("rule", "source"), CASES)
def test_anything_where_nothing_is_annotated(rule: str, source: str) -> None:
    source = bare(source)
    assert ": list" not in source and "->" not in source
    if rewritten(source, "f", rule) is None:
        return  # nothing is proven, nothing is done
    count = source[source.index("def f(") : source.index(")")].count(",") + 1
    values = nasty.iterables(nasty.anything) | nasty.anything

    @FEWER
    @given(st.data())
    def check(data: st.DataObject) -> None:
        first = data.draw(values)
        assert_equivalent(source, "f", rule, [(first, *(data.draw(values) for _ in range(count - 1)))])

    check()


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (
            "seen-list",  # the test stands in the very statement that appends
            """
            def f(xs: list[int]) -> list[int]:
                xs.append(sum(1 for x in xs if x in xs))
                return xs
            """,
        ),
        (
            "nested-join",  # what is compared with may not be bound when there are no rows
            """
            from dataclasses import dataclass

            @dataclass
            class Row:
                key: int

            def f(xs: list[int], rows: list[Row]) -> int:
                total = 0
                for x in xs:
                    for z in [x for x in xs if x > 2]:
                        total += 1
                    for row in rows:
                        if row.key == z:
                            total += z
                return total
            """,
        ),
        (
            "list-membership",  # whoever was handed the list may have put anything into it
            """
            def f(xs: list[int], g) -> list[int]:
                known = [1]
                g(known)
                return [x for x in xs if x in known]
            """,
        ),
        (
            "pop-front",  # one front call inside another
            """
            def f(xs: list[int]) -> int:
                queue = list(xs)
                for x in xs:
                    queue.insert(0, queue.pop(0))
                return len(queue)
            """,
        ),
        (
            "pop-front",  # and inside what the name is bound to
            """
            def f(xs: list[int]) -> int:
                queue = list(xs)
                while queue:
                    queue = [queue.pop(0)]
                    queue.pop(0)
                return len(queue)
            """,
        ),
    ],
)
def test_found_by_attack(rule: str, source: str) -> None:
    source = textwrap.dedent(source)
    assert not assert_equivalent(source, "f", rule, [])
