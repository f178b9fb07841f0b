"""Original and rewritten programs, run on generated inputs: result, order, exception, changed arguments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hasten.agent.propose.rules.base import Rewrite

PROGRAMS = {
    "list-membership": [
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = []
            for x in xs:
                if x not in ys and len(ys) > 1:
                    out.append(x)
                elif x in ys:
                    out.append(-x)
            return out
        """,
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            return [x for x in xs if x in ys]
        """,
        """
        def f(xs: list[int], ys: list[int]) -> int:
            known = sorted(ys)
            return sum(1 for x in xs if x in known)
        """,
        """
        KNOWN = [1, 2, 3, -1]

        def f(xs: list[int], ys: list[int]) -> list[bool]:
            return [x in KNOWN for x in xs] + [y in [0, 1, 2, 3] for y in ys]
        """,
    ],
    "seen-list": [
        """
        def f(xs: list[int], ys: list[int]) -> tuple[list[int], int]:
            seen, hits = [0], 0
            for x in xs:
                if x in seen:
                    hits += 1
                seen.append(x + 1)
            return hits, seen
        """.replace("seen, hits = [0], 0", "seen = [0]\n            hits = 0"),
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            for x in xs:
                if x not in ys:
                    ys.append(x)
            return ys
        """,
        """
        def f(xs: list[int], ys: list[int]):
            done: list[int] = []
            for y in ys:
                for x in xs:
                    if x + y not in done:
                        done.append(x + y)
                        yield x
        """,
    ],
    "seen-list: whole": [
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            seen: list[int] = [1, 2]
            out = []
            for x in xs + ys:
                if x not in seen:
                    seen.append(x * 2)
                    out.append(x)
            return out
        """,
    ],
    "pop-front": [
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            queue = list(xs)
            out = []
            for y in ys:
                if y < 0:
                    queue.insert(0, y)
                out.append(queue.pop(0))
                queue.append(y)
            out.extend(q for q in sorted(queue))
            return out
        """,
    ],
    "str-concat": [
        """
        def f(xs: list[int], ys: list[int]) -> str:
            text = "<"
            for x in xs:
                for y in ys:
                    if x == y:
                        return text + ">"
                    text += f"{x}:"
                    text = text + str(y)
            return text
        """,
        """
        def f(xs: list[int], ys: list[int]) -> str:
            text = ""
            i = 0
            while i < len(xs):
                text += str(xs[i] // ys[i]) + ","
                i += 1
            return text
        """,
    ],
    "count-loop": [
        """
        def f(xs: list[int], ys: list[int]) -> dict[int, int]:
            counts = {}
            for y in ys:
                counts[y] = xs.count(y)
            return counts
        """,
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            return [x for x in set(xs) if xs.count(x) > 1]
        """,
    ],
    "index-in-loop": [
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            return [xs.index(y) for y in ys]
        """,
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = []
            for x in xs:
                out.append(xs.index(x))
            return out
        """,
    ],
    "list-concat": [
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = [0]
            for x in xs:
                out = out + [x, out[-1]]
                out = out + ys
            return out
        """,
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            both: list[list[int]] = [xs, ys]
            return sum(both, [])
        """,
    ],
    "loop-invariant": [
        """
        def f(xs: list[int], ys: list[int]) -> list[float]:
            return [(x - min(xs)) / (max(xs) - min(xs)) for x in xs]
        """,
        """
        def f(xs: list[int], ys: list[int]) -> list[int]:
            out = []
            for x in xs:
                out.append(sorted(ys)[x] + sum(ys))
            return out
        """,
    ],
    "nested-join": [
        """
        from typing import NamedTuple

        class Row(NamedTuple):
            key: int
            at: int

        def f(xs: list[int], ys: list[int]) -> list[tuple[int, int]]:
            rows: list[Row] = [Row(y, i) for i, y in enumerate(ys)]
            out = []
            for x in xs:
                for row in rows:
                    # equal keys only
                    if x == row.key:
                        out.append((x, row.at))
                        if row.at > 2:
                            break
            return out
        """,
    ],
}
CASES = [(rule, program) for rule, programs in PROGRAMS.items() for program in programs]
small = st.lists(st.integers(-4, 4), max_size=7)


@pytest.mark.parametrize(("rule", "program"), CASES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_same_behaviour(
    rule: str,
    program: str,
    data: st.DataObject,
    proposed: Callable[..., list[Rewrite]],
    same_behaviour: Callable[..., None],
) -> None:
    (found,) = proposed(program, rule.partition(":")[0])
    same_behaviour(program, found.edit, (data.draw(small), data.draw(small)))


@given(steps=st.integers(0, 12), text=st.text("ab", max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_memoized_edit_distance(
    steps: int, text: str, proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., None]
) -> None:
    program = """
    LIMIT = 3

    def cost(a: str, b: str) -> int:
        return 0 if a == b else 1

    def f(left: str, right: str) -> int:
        if not left or not right:
            return min(len(left) + len(right), LIMIT)
        return min(
            f(left[1:], right) + 1, f(left, right[1:]) + 1, f(left[1:], right[1:]) + cost(left[0], right[0])
        )
    """
    (found,) = proposed(program, "memoize-pure")
    same_behaviour(program, found.edit, (text, "ab" * (steps % 3)))


@given(text=st.text("ab1 \n", max_size=12))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hoisted_patterns(
    text: str, proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., None]
) -> None:
    program = r"""
    import re

    def f(text: str) -> list[object]:
        word = re.compile(r"[ab]+")
        return [
            word.findall(text),
            re.sub(r"\d", "#", text, count=1, flags=re.M | re.I),
            re.split("( )", text, 1),
            re.sub(r"^(a)", lambda m: m[1] * 2, text, 0, re.MULTILINE),
            bool(re.match("A", text, re.I)),
            re.subn("b", "", string=text),
        ]
    """
    (found,) = proposed(program, "regex-hoist")
    assert len(found.edit.helpers) == 6
    same_behaviour(program, found.edit, (text,))


def test_bundle_comes_first_and_behaves(
    proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., None]
) -> None:
    program = """
    def f(graph: dict[str, list[str]], start: str, skip: list[str]) -> list[str]:
        visited = []
        queue = [start]
        while queue:
            node = queue.pop(0)
            if node in visited or node in skip:
                continue
            visited.append(node)
            for other in graph[node]:
                queue.append(other)
        return visited
    """
    bundle, *single = proposed(program)
    assert bundle.rules == ("list-membership", "seen-list", "pop-front")
    assert [r.rules for r in single] == [("list-membership",), ("seen-list",), ("pop-front",)]
    graph = {"a": ["b", "c"], "b": ["d", "a"], "c": ["d"], "d": []}
    for found in (bundle, *single):
        same_behaviour(program, found.edit, (graph, "a", []), (graph, "a", ["b"]), (graph, "x", []))
    again = proposed(bundle.edit.imports[0] + "\n\n" + bundle.edit.new)
    assert again == []
