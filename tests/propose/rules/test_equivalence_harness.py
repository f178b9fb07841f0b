"""The harness of the property tests: it must see a wrong rewrite for what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hasten.agent.propose.rules import registry, rewriting
from hasten.agent.propose.rules.base import Change, Rule
from tests.propose.rules.equivalence import Keywords, Make, Stream, assert_equivalent
from tests.propose.rules.nasty import MyList, Tracer


@pytest.fixture
def replacing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A rule that replaces one text by another, under an id of its own."""
    number = iter(range(100))

    def make(old: str, new: str, *, restless: bool = False) -> str:
        def apply(fn: Any) -> Change | None:
            text = fn.tree.code
            wanted = old in text and (restless or new not in text)
            return Change(text.replace(old, new), "replace") if wanted else None

        name = f"{request.node.name}-{next(number)}"
        monkeypatch.setitem(registry.RULES, name, Rule(name, "safe", ("",), apply, ""))
        return name

    yield make


TWO = [(Tracer("p", 1), Tracer("q", 2))]
# Head of the function, its body, the body it is replaced by, and calls that tell them apart.
WRONG: dict[str, tuple[str, str, str, list[tuple[Any, ...]]]] = {
    "type": ("def f(x)", "return x", "return 0 + x", [(True,)]),
    "negative zero": ("def f(x)", "return -x", "return 0 - x", [(0.0,)]),
    "number for float": ("def f(x)", "return x", "return int(x)", [(2.0,)]),
    "subclass": ("def f(x)", "return x", "return [*x]", [(MyList([1]),)]),
    "exception": ("def f(x)", "x[0]", "next(iter(x))", [([1],), ([],)]),
    "mutation": ("def f(x)", "x + [1]", "x.append(1)", [([],)]),
    "mutation before the exception": ("def f(x, y)", "1 / y, x.clear()", "x.clear(), 1 / y", [([1], 0)]),
    "alias of an argument": ("def f(x)", "return list(x)", "return x", [([1],)]),
    "alias inside the result": ("def f(x)", "return [x[:], x[:]]", "return [x[:]] * 2", [([1],)]),
    "order of keys": ("def f(x)", "return {'a': x, 'b': x}", "return dict(b=x, a=x)", [(1,)]),
    "output": ("def f(x)", "print(x)", "print(x, end='')", [(1,)]),
    "warning": ("import warnings\ndef f(x)", "warnings.warn('old')", "return None", [(1,)]),
    "log": ("import logging\ndef f(x)", "logging.warning('%s', x)", "return None", [(1,)]),
    "order of effects": ("def f(x, y)", "return x + y", "return y.__radd__(x)", TWO),
    "hash instead of eq": ("def f(x, y)", "return x in y", "return x in set(y)", [(1, [Tracer("p", 1)])]),
    "stream read too far": ("def f(x)", "return next(x)", "return list(x)[0]", [(Stream((1, 2)),)]),
    "lazy for eager": ("def f(x)", "return [y for y in x]", "return (y for y in x)", [([1],)]),
    "eager for lazy": ("def f(x)", "yield from x", "yield from list(x)", [(Stream((1, 2)),)]),
    "module data": ("SEEN = [0]\ndef f(x)", "SEEN.append(x)", "SEEN.insert(0, x)", [(1,)]),
    "state between calls": (
        "SEEN = []\ndef f(x)",
        "SEEN.append(x); x // len(SEEN[1:])",
        "1 // 0",
        [(1,), (2,)],
    ),
    "keywords": ("def f(x, *, y)", "return y", "return x", [(1, Keywords({"y": 2}))]),
    "async": ("async def f(x)", "return x", "return None", [(1,)]),
    "async generator": ("async def f(x)", "yield x", "yield None", [(1,)]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_rewrite_is_seen(case: str, replacing: Any) -> None:
    head, old, new, calls = WRONG[case]
    source = f"{head}:\n    {old}\n"
    with pytest.raises(AssertionError, match=r"changes behaviour on call \d"):
        assert_equivalent(source, "f", replacing(f"    {old}\n", f"    {new}\n"), calls)


def test_receiver_is_compared(replacing: Any) -> None:
    source = "class C:\n    n = 0\n    def f(self):\n        self.n += 1\n"
    with pytest.raises(AssertionError, match="changes behaviour"):
        assert_equivalent(source, "C.f", replacing("+= 1", "+= 2"), [(Make(lambda m: m["C"]()),)])


@pytest.mark.parametrize(
    ("old", "new", "source", "calls"),
    [
        ("x + 1", "1 + x", "def f(x):\n    return x + 1\n", [(1,), ("a",), (float("nan"),)]),
        (
            "{*x}",
            "set(x)",
            "def f(x):\n    return {*x}\n",
            [([1, 2],), ([[]],), (Stream((1, float("nan"))),)],
        ),
        ("list(x)", "[*x]", "def f(x):\n    return list(x)\n", [(Stream((1,), ValueError),), (MyList([1]),)]),
        ("[x, x]", "[x] * 2", "def f(x):\n    return [x, x]\n", [([],), ([[1]],)]),
    ],
)
def test_right_rewrite_passes(old: str, new: str, source: str, calls: list[Any], replacing: Any) -> None:
    assert assert_equivalent(source, "f", replacing(old, new), calls)


def test_caller_changing_what_it_passed(replacing: Any) -> None:
    source = "def f(x):\n    for y in x:\n        yield len(x)\n"
    rule = replacing(
        "    for y in x:\n        yield len(x)", "    n = len(x)\n    for y in x :\n        yield n"
    )
    assert assert_equivalent(source, "f", rule, [([1, 2],)])
    with pytest.raises(AssertionError):
        assert_equivalent(
            source,
            "f",
            rule,
            [([1, 2],)],
            meddle=lambda given, turn: given[0].append(0) if turn < 1 else None,
        )


def test_rule_that_never_rests_is_refused(replacing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "_ROUNDS", 1)
    monkeypatch.setattr(rewriting, "_PASSES", 1)
    with pytest.raises(AssertionError, match="not idempotent"):
        assert_equivalent(
            "def f(x):\n    return x\n",
            "f",
            replacing("    return x", "    0\n    return x", restless=True),
            [(1,)],
        )


def test_silence_is_said(replacing: Any) -> None:
    assert not assert_equivalent("def f(x):\n    return x\n", "f", replacing("absent", ""), [(1,)])


def test_arguments_of_the_test_stay_as_they_are(replacing: Any) -> None:
    given = [1]
    rule = replacing("x.append(2)", "x += [2]")
    assert assert_equivalent("def f(x):\n    x.append(2)\n", "f", rule, [(given,)])
    assert given == [1]


def test_instances_of_classes_of_the_module(replacing: Any) -> None:
    source = """
        from __future__ import annotations
        from dataclasses import dataclass

        @dataclass
        class Row:
            key: int

        def f(rows: list[Row]) -> list[Row]:
            return [row for row in rows]
    """
    rows = [Make(lambda m: m["Row"](1)), Make(lambda m: m["Row"](2))]
    assert assert_equivalent(source, "f", replacing("[row for row in rows]", "list(rows)"), [(rows,)])
    with pytest.raises(AssertionError):
        assert_equivalent(source, "f", replacing("[row for row in rows]", "rows or []"), [(rows,)])
