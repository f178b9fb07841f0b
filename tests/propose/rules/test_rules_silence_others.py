"""Traps for rules on text, patterns, invariant calls and recursion: they stay silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TRAPS = {
    "str-concat: read inside": """
        def f(xs: list[str]):
            text = ""
            for x in xs:
                text += x
                if len(text) > 9:
                    break
            return text
    """,
    "str-concat: unknown piece": """
        def f(xs):
            text = ""
            for x in xs:
                text += x
            return text
    """,
    "str-concat: number": """
        def f(xs: list[int]):
            total = 0
            for x in xs:
                total += x
            return total
    """,
    "str-concat: seen by a handler": """
        def f(xs: list[str]):
            text = ""
            try:
                for x in xs:
                    text += x + str(int(x))
            except ValueError:
                return text
            return text
    """,
    "str-concat: nonlocal": """
        def g(xs: list[str]):
            text = ""
            def f():
                nonlocal text
                for x in xs:
                    text += "a"
            f()
            return text
    """,
    "str-concat: attribute": """
        class C:
            def f(self, xs: list[str]):
                for x in xs:
                    self.text += x
    """,
    "loop-invariant: the copy is changed": """
        def f(xs: list[int], ys: list[int]):
            for y in ys:
                rest = sorted(xs)
                rest.append(y)
    """,
    "loop-invariant: max may raise": """
        def f(xs: list[int], ys: list[int]):
            return [y / max(xs) for y in ys]
    """,
    "loop-invariant: mixed sort may raise": """
        def f(xs: list[int | str], ys: list[int]):
            return [sorted(xs)[y] for y in ys]
    """,
    "loop-invariant: argument changes": """
        def f(xs: list[int], ys: list[int]):
            for y in ys:
                xs.append(sum(xs))
    """,
    "regex-hoist: pattern not literal": """
        import re
        def f(p, s):
            return re.match(p, s) or re.match(f"{p}+", s)
    """,
    "regex-hoist: pattern that does not compile": """
        import re
        def f(s):
            return re.match("(", s)
    """,
    "regex-hoist: re is something else": """
        import regex as re
        def f(s):
            return re.match("a", s)
    """,
    "regex-hoist: imported after the definition": """
        def f(s):
            return re.match("a", s)
        import re
    """,
    "regex-hoist: name rebound": """
        import re
        def f(s, re):
            return re.match("a", s)
    """,
    "regex-hoist: unknown flags": """
        import re
        def f(s, flags):
            return re.match("a", s, flags)
    """,
    "memoize-pure: no annotation": """
        def f(n):
            return n if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: float": """
        def f(n: float) -> float:
            return n if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: single recursion": """
        def f(n: int) -> int:
            if n < 2:
                return f(n + 1)
            return 1 + f(n - 1)
    """,
    "memoize-pure: list result": """
        def f(n: int) -> list[int]:
            return [n] if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: prints": """
        def f(n: int) -> int:
            print(n)
            return n if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: reads a changing global": """
        depth = 0
        def g():
            global depth
            depth += 1
        def f(n: int) -> int:
            return depth if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: random": """
        import random
        def f(n: int) -> int:
            return random.randint(0, 9) if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: decorated": """
        @trace
        def f(n: int) -> int:
            return n if n < 2 else f(n - 1) + f(n - 2)
    """,
    "memoize-pure: changes an argument": """
        def f(n: int, memo: tuple[int, ...]) -> int:
            memo[0] = n
            return n if n < 2 else f(n - 1, memo) + f(n - 2, memo)
    """,
}


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_silent(trap: str, silent: Callable[..., bool]) -> None:
    rule = trap.partition(":")[0]
    source = TRAPS[trap]
    qualname = "C.f" if "class C" in source else "g.f" if "def g(xs" in source else "f"
    assert silent(source, rule, qualname=qualname)


@pytest.mark.parametrize("source", ["def f(:\n", "", "class f:\n    pass\n", "f = 1\n", "def g(): pass\n"])
def test_nothing_to_rewrite(source: str, silent: Callable[..., bool]) -> None:
    assert silent(source)
