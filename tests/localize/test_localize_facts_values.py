"""What the facts probe says of values, and that it asks nothing of the user's objects."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pandas as pd
import pytest

from hasten.agent.localize import facts_values
from hasten.agent.localize.facts_values import Look, Values, describe, fingerprint, state


class Loud(list):
    """Nothing of it may be asked."""

    def _refuse(self, *_):
        raise RuntimeError("asked")

    __eq__ = __hash__ = __len__ = __iter__ = __repr__ = __bool__ = __getattribute__ = _refuse  # pyright: ignore


class Meta(type):
    def __eq__(cls, other):
        raise RuntimeError("asked")

    def __hash__(cls):
        raise RuntimeError("asked")

    def __getattribute__(cls, name):
        raise RuntimeError("asked")


class Odd(metaclass=Meta):
    pass


impostor = type("str", (), {})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "None"),
        ([1.5], "list[float]"),
        ([], "list"),
        ({}, "dict"),
        ((), "tuple[()]"),
        ([1, "a", None, 2], "list[None | int | str]"),
        ([True, 1], "list[bool | int]"),
        ([[], [1]], "list[list[int]]"),
        ([[1], ["a"]], "list[list[int] | list[str]]"),
        ([[[1]]], "list[list[list]]"),
        ({"a": [1], "b": []}, "dict[str, list[int]]"),
        (((1, 2),), "tuple[tuple[int, int]]"),
        ([(1, "a"), (2, "b")], "list[tuple[int, str]]"),
        (tuple(range(9)), "tuple[int, ...]"),
        ({1, "a"}, "set[int | str]"),
        (frozenset([1]), "frozenset[int]"),
        (deque([1.0]), "deque[float]"),
        (defaultdict(list, a=[1]), "defaultdict[str, list[int]]"),
        (OrderedDict(a=1), "OrderedDict[str, int]"),
        (Counter("ab"), "Counter[str]"),
        (Counter(a=1.5), "Counter"),  # pyright: ignore
        ([1, 1.0, "a", b"b", None, ()], "list[object]"),
        (True, "bool"),
        (print, "builtin_function_or_method"),
        ([Loud(), Odd()], "list[Loud | Odd]"),
        ({"a": Loud()}, "dict[str, Loud]"),
        ([Odd], "list[Meta]"),
        (impostor(), f"{__name__}.str"),
        ([impostor()], f"list[{__name__}.str]"),
        (np.zeros((2, 3)), "ndarray[float64, 2d]"),
        (np.float64(1), "float64"),
        ([np.int64(1)], "list[int64]"),
        (np.ma.array([1]), "MaskedArray"),
        (np.zeros(2, dtype=[("a", int)]), "ndarray"),
        (pd.Series([1.0]), "Series[float64]"),
        (pd.DataFrame({"a": [1], "b c": [1.5]}), "DataFrame['a': int64, 'b c': float64]"),
        (pd.DataFrame({1: [1]}), "DataFrame"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "DataFrame"),
        (pd.DataFrame([list(range(41))], columns=[f"c{i}" for i in range(41)]), "DataFrame"),
    ],
)
def test_describe(value, said):
    assert describe(value, Look()) == said


def test_what_was_not_looked_at_is_marked():
    assert describe([1] * 50, Look(units=20)) == "list[~int]"
    assert describe([1, "a"] * 50, Look(units=20)) == "list[~(int | str)]"
    assert describe({"a": [1] * 50}, Look(units=20)) == "dict[str, list[~int]]"
    assert describe(pd.DataFrame({"a": [1]}), Look(units=20)) == "~DataFrame"
    many = [[1] for _ in range(facts_values.INSIDE)]
    assert describe(many, Look()) == "list[list[int]]"
    assert describe([*many, ["a"]], Look()) == "list[~list[int]]"


def test_a_value_less_closely_looked_at_counts_as_one_that_was():
    values, look = Values(), Look(units=60)
    for _ in range(3):
        values.add([1] * 50, look)
    assert values.kinds == {"list[int]": 3}
    values.add(["a"] * 50, look)
    assert values.kinds == {"list[int]": 3, "list[~str]": 1}


def test_fingerprints_tell_equal_values_of_different_types_apart():
    alike = (
        1,
        1.0,
        True,
        "1",
        (1,),
        (1.0,),
        [1],
        {1},
        frozenset([1]),
        {1: 1},
        np.array([1]),
        np.array([1.0]),
    )
    marks = [fingerprint(v) for v in alike]
    assert len(set(marks)) == len(marks)
    for value in (1, "a", (1, "a"), [1, {"a": {2}}], {"a": [1.5]}, np.arange(3)):
        assert fingerprint(value) == fingerprint(value.copy() if hasattr(value, "copy") else value)  # pyright: ignore


@pytest.mark.parametrize(
    "large",
    ["x" * 20_000, tuple(range(1000)), [0] * 1000, (((((1,),),),),), np.zeros(10_000), deque(), bytearray()],
)
def test_what_is_large_or_deep_is_not_compared(large):
    with pytest.raises(TypeError):
        fingerprint(large)


def test_objects_are_told_apart_by_identity():
    one, other = Loud(), Loud()
    assert fingerprint((one, 1)) == fingerprint((one, 1)) != fingerprint((other, 1))
    with pytest.raises(TypeError):
        fingerprint(np.array([None, 1], dtype=object))


def changed(value, change):
    before = state(value, Look())
    change(value)
    return state(value, Look()) != before


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1], lambda v: v.append(1)),
        ([-1], lambda v: v.__setitem__(0, -2)),
        ([3, 1], lambda v: v.sort()),
        ([[1]], lambda v: v[0].append(2)),
        ([0] * 5000, lambda v: v.__setitem__(-1, 1)),
        ({"a": 1}, lambda v: v.update(a=2)),
        ({"a": []}, lambda v: v["a"].append(1)),
        ({"a": 1, "b": 2}, lambda v: v.update(a=v.pop("a"))),
        ({1}, lambda v: v.add(2)),
        (deque([1]), lambda v: v.append(2)),
        (bytearray(b"a"), lambda v: v.extend(b"b")),
        (defaultdict(list), lambda v: v["a"]),
        ([Loud()], lambda v: v.__setitem__(0, Odd())),
    ],
)
def test_changes_are_seen(value, change):
    assert changed(value, change)


@pytest.mark.parametrize(
    "value", [[1, float("nan")], {"a": [Loud()]}, {print}, [Loud()] * 9, [[]], bytearray(b"a")]
)
def test_looking_is_no_change(value):
    assert not changed(value, lambda v: describe(v, Look()))


def test_what_is_beyond_the_budget_is_compared_by_length():
    value = [1] * 50
    before = state(value, Look(units=10))
    value[0] = 2
    assert state(value, Look(units=10)) == before
    value.append(3)
    assert state(value, Look(units=10)) != before
