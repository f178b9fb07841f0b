"""Traps in what names mean: a second name, an odd way of binding, classes named like builtins."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import assert_equivalent, rewritten

TRAPS = {
    "items-values: the key is the default of a lambda": """
        def f(d: dict[str, int]):
            out = []
            for k in d:
                n = d[k]
                out.append(lambda k=k: (k, n))
            return out
    """,
    "count-loop: kept as a default": """
        def f(n: int):
            items = ["a", "b"]
            def grow(items=items):
                items.append("a")
            for i in range(n):
                print(items.count("a"))
                grow()
    """,
    "count-loop: kept as a keyword argument": """
        def f(n: int):
            items = ["a", "b"]
            d = dict(a=items)
            for i in range(n):
                print(items.count("a"))
                d["a"].append("a")
    """,
    "count-loop: kept as the start of a sum": """
        def f(rows: list[list[str]], n: int):
            items = ["a", "b"]
            total = sum(rows, items)
            for i in range(n):
                print(items.count("a"))
                total += ["a"]
    """,
    "equal-chain: bound to the rest of a mapping": """
        def f(v):
            x = "a"
            match v:
                case {"k": 1, **x}:
                    pass
            return x == "a" or x == "b" or x == "c"
    """,
    "any-generator: a class of its own": """
        class deque:
            pass
        def f(s: deque):
            return any([x is not None for x in s])
    """,
    "any-generator: made from a class of its own": """
        class deque:
            pass
        def f():
            s = deque()
            return any([x is not None for x in s])
    """,
    "array-tolist: a class of its own": """
        class Series:
            pass
        def f(s: Series):
            a = s.to_numpy()
            return [float(x) for x in a]
    """,
    "getter-key: the builtin it needs is another": """
        slice = None
        def f(xs):
            return sorted(xs, key=lambda x: x[1:])
    """,
    "any-generator: looks like a set": """
        from collections.abc import Set
        def f(s: Set[int]):
            return any([x == 1 for x in s])
    """,
    "any-generator: what another package calls a list": """
        import ast
        def f(s: ast.List):
            return any([x is None for x in s])
    """,
    "comprehension-direct: a loop variable named like a builtin": """
        def f(filters, x):
            return list(filter(x) for filter in filters)
    """,
    "count-loop: a parameter of a lambda named like a builtin": """
        def f(keys, n: int, items: list[str]):
            for i in range(n):
                print(items.count("a"), sorted(keys, key=lambda max: max(0)))
    """,
    "items-values: the lookup is spelled out": """
        def f(d: dict[str, int]):
            for k in d:
                print(f"{d[k]=}")
    """,
    "invariant-call: the call is spelled out": """
        def f(t: str, n: int):
            for i in range(n):
                print(f"{t.replace('x', 'y') = }")
    """,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(textwrap.dedent(TRAPS[trap]), "f", trap.partition(":")[0]) is None


def test_parameter_of_a_lambda_is_not_ours() -> None:
    source = """
        def f(d: dict[str, int]) -> list[int]:
            return sorted([d[k] for k in d], key=lambda k: -k)
    """
    assert assert_equivalent(source, "f", "items-values", [({"a": 1, "b": 2},)])


def test_helper_is_not_called_like_a_neighbour_of_a_nested_function() -> None:
    source = textwrap.dedent("""
        def outer():
            @print
            def _position(value):
                return value
            def f(items: list[str], xs: list[str]):
                return [items.index(x) for x in xs]
            return f
    """)
    after = rewritten(source, "outer.f", "index-in-loop")
    assert after is not None
    assert "def _position2(" in after


def test_looked_for_before_the_loop_that_binds_it() -> None:
    source = """
        def f(items: list[str], x: str) -> int:
            total = 0
            for _ in range(2):
                total += items.index(x)
                for x in items:
                    pass
            return total
    """
    assert assert_equivalent(source, "f", "index-in-loop", [(["a", "b"], "a"), (["a", "b"], "z")])
