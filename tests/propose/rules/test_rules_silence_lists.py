"""Traps for rules that rebuild or index lists: the precondition does not hold, and they stay silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TRAPS = {
    "seen-list: unknown elements": """
        def f(xs):
            seen = []
            for x in xs:
                if x not in seen:
                    seen.append(x)
            return seen
    """,
    "seen-list: mixed with unhashable": """
        def f(xs: list[str]):
            seen = []
            seen.append([])
            for x in xs:
                if x not in seen:
                    seen.append(x)
            return seen
    """,
    "seen-list: shrinks too": """
        def f(xs: list[str]):
            seen = []
            for x in xs:
                if x not in seen:
                    seen.append(x)
                else:
                    seen.remove(x)
            return seen
    """,
    "seen-list: extended too": """
        def f(xs: list[str]):
            seen = []
            for x in xs:
                if x not in seen:
                    seen.extend(x.split())
            return seen
    """,
    "seen-list: handed on while it grows": """
        def f(xs: list[str], hook):
            seen = []
            for x in xs:
                hook(seen)
                if x not in seen:
                    seen.append(x)
            return seen
    """,
    "seen-list: tested later": """
        def f(xs: list[str]):
            later = []
            seen: list[str] = []
            for x in xs:
                if x not in seen:
                    seen.append(x)
                later.append(y for y in xs if y in seen)
            return later
    """,
    "seen-list: append used as a value": """
        def f(xs: list[str]):
            seen = []
            for x in xs:
                x in seen or seen.append(x)
            return seen
    """,
    "pop-front: returned": """
        def f(xs: list[str]):
            queue = list(xs)
            while len(queue) > 1:
                queue.pop(0)
            return queue
    """,
    "pop-front: the caller's list": """
        def f(queue: list[str]):
            while queue:
                queue.pop(0)
    """,
    "pop-front: sliced": """
        def f(xs: list[str]):
            queue = list(xs)
            while queue[1:]:
                queue.pop(0)
    """,
    "pop-front: compared": """
        def f(xs: list[str]):
            queue = list(xs)
            while queue != []:
                queue.pop(0)
    """,
    "pop-front: alias": """
        def f(xs: list[str]):
            queue = xs
            while queue:
                queue.pop(0)
    """,
    "pop-front: double assignment": """
        def f(xs: list[str]):
            queue = other = list(xs)
            while queue:
                queue.pop(0)
            return other
    """,
    "pop-front: looped over while it changes": """
        def f(xs: list[str]):
            queue = list(xs)
            for x in queue:
                queue.pop(0)
    """,
    "pop-front: popped in the middle": """
        def f(xs: list[str]):
            queue = list(xs)
            while queue:
                queue.pop(0)
                queue.pop(1)
    """,
    "pop-front: shown": """
        def f(xs: list[str]):
            queue = list(xs)
            while queue:
                print(queue)
                queue.pop(0)
    """,
    "pop-front: no loop": """
        def f(xs: list[str]):
            queue = list(xs)
            return queue.pop(0)
    """,
    "count-loop: text counts parts": """
        def f(xs: str):
            return {x: xs.count(x) for x in xs}
    """,
    "count-loop: unhashable elements": """
        def f(xs: list[list[int]]):
            return [xs.count(x) for x in xs]
    """,
    "count-loop: changed inside": """
        def f(xs: list[str]):
            while xs:
                if xs.count(xs[0]) > 1:
                    xs.pop()
                else:
                    break
    """,
    "index-in-loop: with a start": """
        def f(xs: list[str]):
            return [xs.index(x, 1) for x in xs]
    """,
    "index-in-loop: text": """
        def f(xs: str, ys: list[str]):
            return [xs.index(y) for y in ys]
    """,
    "list-concat: alias sees the old list": """
        def f(xs: list[int]):
            out = []
            first = out
            for x in xs:
                out = out + [x]
            return first, out
    """,
    "list-concat: the caller's list": """
        def f(xs: list[int], out: list[int]):
            for x in xs:
                out = out + [x]
            return out
    """,
    "list-concat: snapshots kept": """
        def f(xs: list[int]):
            out, steps = [], []
            for x in xs:
                out = out + [x]
                steps.append(out)
            return steps
    """,
    "list-concat: looped over meanwhile": """
        def f(xs: list[int]):
            out = [1]
            for x in out:
                out = out + [x]
            return out
    """,
    "list-concat: lazily read": """
        def f(xs: list[int]):
            out = [1]
            pairs = zip(out, xs)
            for x in xs:
                out = out + [x]
            return list(pairs)
    """,
    "list-concat: something else added": """
        def f(xs):
            out = []
            for x in xs:
                out = out + x
            return out
    """,
    "list-concat: sum of unknown": """
        def f(xs):
            return sum(xs, [])
    """,
    "nested-join: items may be missing": """
        def f(xs: list[int], rows: list[dict[str, int]]):
            for x in xs:
                for row in rows:
                    if row["key"] == x:
                        print(row)
    """,
    "nested-join: fields set inside": """
        from dataclasses import dataclass
        @dataclass
        class Row:
            key: int
        def f(xs: list[int], rows: list[Row]):
            for x in xs:
                for row in rows:
                    if row.key == x:
                        row.key = x + 1
    """,
    "nested-join: variable read afterwards": """
        from dataclasses import dataclass
        @dataclass
        class Row:
            key: int
        def f(xs: list[int], rows: list[Row]):
            for x in xs:
                for row in rows:
                    if row.key == x:
                        print(x)
            return row
    """,
    "nested-join: compared with something that moves": """
        from dataclasses import dataclass
        @dataclass
        class Row:
            key: int
            next: int
        def f(xs: list[int], rows: list[Row]):
            for x in xs:
                wanted = x
                for row in rows:
                    if row.key == wanted:
                        wanted = row.next
    """,
    "nested-join: field that may be unset": """
        class Row:
            key: int
        def f(xs: list[int], rows: list[Row]):
            for x in xs:
                for row in rows:
                    if row.key == x:
                        print(x)
    """,
    "nested-join: property": """
        class Row:
            @property
            def key(self) -> int: return 1
        def f(xs: list[int], rows: list[Row]):
            for x in xs:
                for row in rows:
                    if row.key == x:
                        print(x)
    """,
}


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_silent(trap: str, silent: Callable[..., bool]) -> None:
    rule = trap.partition(":")[0]
    source = TRAPS[trap]
    qualname = "C.f" if "class C" in source else "g.f" if "def g(xs" in source else "f"
    assert silent(source, rule, qualname=qualname)
