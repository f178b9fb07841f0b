"""Loops over a dict that look every key up again."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import anything

RULE = "items-values"
Key = str | float | tuple[int, str] | None
FIRES = {
    "several reads": """
def f(d: dict[K, object], n: int):
    out = []
    for k in d:
        if d[k] is None:
            continue
        out.append((k, d[k]))
        if len(out) > n:
            break
    else:
        out.append("end")
    return out
""",
    "keys()": """
def f(d: dict[K, object], n: int):
    out = []
    for k in d.keys():
        out.append([d[k], k])
    return out, k
""",
    "values only": """
def f(d: dict[K, object], n: int):
    out = []
    for k in d:
        out.append(d[k])
    return out
""",
    "comprehensions": """
def f(d: dict[K, object], n: int):
    out = {k: d[k] for k in d if d[k] is not None}
    return [d[k] for k in d], out, [(k, d[k], i) for i in range(n) for k in d]
""",
    "eager generator": """
def f(d: dict[K, object], n: int):
    return list((k, d[k]) for k in d)
""",
    "the key is read after the loop": """
def f(d: dict[K, object], n: int):
    last = None
    for k in d:
        last = d[k]
    return k, last
""",
    "the values change, the table does not": """
def f(d: dict[K, object], n: int):
    for k in d:
        if isinstance(d[k], list):
            d[k] += [n]
    return d
""".replace("d[k] += [n]", "print(d[k], n)"),
    "a table made here, beside unknown calls": """
class Sink(list):
    pass

def f(d: dict[K, object], n: int):
    e = {}
    sink = Sink()
    for k in d:
        e[k] = n
        if n < 0:
            e.pop(k)
    for key in e:
        sink.append(e[key])
    for key in e:
        sink.extend([key, e[key]])
    return e, sink
""",
    "inside another loop, in a method of a class": """
class C:
    def f(self, d: dict[K, object], n: int):
        out = []
        while n > 0:
            n -= 1
            for k in d:
                for x in [d[k], n]:
                    out.append(f"{x!r}{d[k]!r}")
        return out
""",
    "an exception half-way": """
def f(d: dict[K, object], n: int):
    out = [0]
    try:
        for k in d:
            out[0] += len(d[k])
    except TypeError:
        return out, k
    return out
""",
}
keys = st.sampled_from(["a", "b", 1, 2.5, math.nan, None, -0.0, (1, "x"), True])


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(d=st.dictionaries(keys, anything, max_size=4), n=st.integers(-1, 3))
def test_same_behaviour(case: str, d: dict[Any, object], n: int) -> None:
    source = FIRES[case].replace("[K,", "[str | float | tuple[int, str] | None,")
    call = (0, d, n) if "class C" in source else (d, n)
    assert assert_equivalent(source, "C.f" if "class C" in source else "f", RULE, [call])


SILENT = {
    "stored": "d[k] = d[k] + 1",
    "augmented": "d[k] += 1",
    "deleted": "out.append(d[k]); del d[k]",
    "shrinks": "out.append(d[k]); d.pop(k)",
    "grows": "d.setdefault(k + 'x', 1); out.append(d[k])",
    "bound anew": "out.append(d[k]); d = {}",
    "the key is bound anew": "k = k.lower(); out.append(d[k])",
    "the key is bound again by an inner loop": "out.append(d[k])\n        for k in 'ab': out.append(d[k])",
    "an alias is changed": "e = d; e.clear(); out.append(d[k])",
    "another table may be the same": "other[k] = 1; out.append(d[k])",
    "unknown code": "g(k); out.append(d[k])",
    "kept by a lambda": "out.append((d[k], lambda: k))",
    "kept by a lambda, the table": "out.append((d[k], lambda: d))",
    "seldom read": "\n        if k == 'x':\n            out.append(d[k])",
    "another key": "out.append(d['a'])",
    "another table": "out.append(unknown[k])",
    "merged": "d |= {k: 1}; out.append(d[k])",
    "an attribute's table": "unknown.d[k] = 1; out.append(d[k])",
    "an element's table": "unknown[0][k] = 1; out.append(d[k])",
    "an attribute's table, merged": "unknown.d |= {k: 1}; out.append(d[k])",
    "a loop binds the entry": "for d[k] in 'ab': pass\n        out.append(d[k])",
    "a pattern binds the key": "match unknown:\n            case k: pass\n        out.append(d[k])",
    "a walrus binds the key": "out.append((d[k], (k := 'a'), d[k]))",
    "the key is deleted": "out.append(d[k]); del k",
    "handed on": "g(d); out.append(d[k])",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    source = f"""
def f(d: dict[str, int], other: dict[str, int], unknown):
    out = []
    for k in d:
        {SILENT[case]}
    return out
"""
    assert rewritten(source, "f", RULE) is None


@pytest.mark.parametrize(
    "annotation",
    ["dict", "dict[object, int]", "Mapping[str, int]", "Key", "list[int]", "dict[list[int], int]"],
)
def test_keys_must_hash_as_they_compare(annotation: str) -> None:
    source = f"def f(d: {annotation}):\n    return [d[k] for k in d]\n"
    assert rewritten(source, "f", RULE) is None


OTHERS = {
    "lazy generator": "def f(d: dict[str, int]):\n    return (d[k] for k in d)\n",
    "generator function": "def f(d: dict[str, int]):\n    for k in d:\n        yield d[k]\n",
    "global": "d = {'a': 1}\ndef f():\n    global d\n    return [d[k] for k in d]\n",
    "a nested function may change it": """
def f(d: dict[str, int]):
    def g():
        d.clear()
    return [d[k] for k in d]
""",
    "async": """
async def f(d: dict[str, int]):
    for k in d:
        await g()
        print(d[k])
""",
}


@pytest.mark.parametrize("case", OTHERS)
def test_silent_around(case: str) -> None:
    assert rewritten(OTHERS[case], "f", RULE) is None


@pytest.mark.parametrize(
    ("table", "value"),
    [("prices", "price"), ("entries", "entry"), ("boxes", "box"), ("status", "value"), ("classes", "value")],
)
def test_name_of_the_value(table: str, value: str) -> None:
    source = f"def f({table}: dict[str, int]):\n    return [(k, {table}[k]) for k in {table}]\n"
    after = rewritten(source, "f", RULE)
    assert after is not None
    assert f"[(k, {value}) for k, {value} in {table}.items()]" in after


def test_name_of_the_value_already_taken() -> None:
    after = rewritten("def f(d: dict[str, int], value):\n    return [(value, d[k]) for k in d]\n", "f", RULE)
    assert after is not None
    assert "[(value, value2) for value2 in d.values()]" in after
