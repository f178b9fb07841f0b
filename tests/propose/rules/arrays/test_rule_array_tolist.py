"""Elements of arrays as Python's numbers, where nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.arrays.vectors import FLOATS, INTEGERS, VECTORS, seen
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "array-tolist"
HEAD = "import math\n\nimport numpy as np\n\n\n"
FACTS = seen(a="float64", b="float64", k="int64", flags="bool")
FIRES = {
    "tests": """
def f(a, b, k, flags, c: float):
    n = 0
    for x in a:
        if c < x <= 2.0 or not x:
            n += 1
        elif (x if x > c else 0.0):
            n -= 1
    return n
""",
    "arithmetic and neighbours": """
def f(a, b, k, flags, c: float):
    n, prev = [0], 1.5
    for i, x in enumerate(a):
        step = (x - prev) * 2.0 - i
        if step / 4 > -c or abs(step) < max(x, 0.25):
            n.append(i)
        prev = x
    return n
""".replace("n, prev = [0], 1.5", "n = [0]\n    prev = 1.5"),
    "cells and conversions": """
def f(a, b, k, flags, c: float):
    out = np.zeros(len(a))
    texts = []
    for i, x in enumerate(a):
        out[i] = x * c
        out[i] += x
        texts.append(f"{x:.3f}")
        texts.append(float(x) + math.hypot(x, c))
    return out, texts
""",
    "sum converted": """
def f(a, b, k, flags, c: float):
    total = 0
    for x, y in zip(a, b):
        total += x * y
    return float(total)
""",
    "largest comes back": """
def f(a, b, k, flags, c: float):
    for x in a:
        if x > c:
            return -x
    return None
""",
    "integers": """
def f(a, b, k, flags, c: float):
    found = [0] * 7
    for x in k:
        if x % 3 == 1 and x > -4:
            found[x % 7] += 1
        found[x // 2 & 3] -= 1
    return found
""",
    "comprehension over flags": """
def f(a, b, k, flags, c: float):
    return sum(2 for flag in flags if flag), [n for n, flag in enumerate(flags) if not flag]
""",
    "positions": """
def f(a, b, k, flags, c: float):
    rises = 0
    i = 1
    while i < len(a):
        if a[i] > a[i - 1] + c:
            rises += 1
        i += 1
    return rises
""",
    "positions in a table": """
def f(a, b, k, flags, c: float):
    cost = np.zeros(len(a) + 1)
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            if a[i] == b[j] or a[i] * 0.5 < b[j]:
                cost[i] = a[i] - b[j]
                best += j
    return cost, best
""",
    "last one comes back": """
def f(a, b, k, flags, c: float):
    for i in range(len(a)):
        if a[i] * 2.0 > c:
            return a[i] - 1
    return c
""",
}
FLAGS = st.lists(st.booleans(), max_size=6).map(lambda values: np.array(values, dtype=bool))


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(a=VECTORS, b=VECTORS, k=INTEGERS, flags=FLAGS, c=FLOATS)
def test_same_results(
    case: str, a: np.ndarray, b: np.ndarray, k: np.ndarray, flags: np.ndarray, c: float
) -> None:
    assert assert_equivalent(HEAD + FIRES[case], "f", RULE, [(a, b, k, flags, c), (b, a, k, flags, 1)], FACTS)


def test_what_it_looks_like() -> None:
    after = rewritten(HEAD + FIRES["positions"], "f", RULE, FACTS)
    assert after is not None
    assert (
        "    a_items = a.tolist()\n    while i < len(a):\n        if a_items[i] > a_items[i - 1] + c:"
        in after
    )
    after = rewritten(HEAD + FIRES["largest comes back"], "f", RULE, FACTS)
    assert after is not None and "return np.float64(-x)" in after
    after = rewritten(HEAD + FIRES["sum converted"], "f", RULE, FACTS)
    assert after is not None and "zip(a.tolist(), b.tolist())" in after


BODY = """
def f(a, b, k, flags, c: float, other):
    n = 0
    for x in a:
        if x > c:
            n += 1
    return n
"""
TRAPS = {
    "kept": BODY.replace("n += 1", "other.append(x)"),
    "printed": BODY.replace("n += 1", "print(x)"),
    "written out": BODY.replace("n += 1", 'other = f"{x}"'),
    "returned when it may be a float": BODY.replace("n += 1", "n = n + x"),
    "mean": BODY.replace("n += 1", "n += x").replace("return n", "return float(n / len(a))"),
    "divides": BODY.replace("x > c", "1.0 / x > c"),
    "divided by a number": BODY.replace("x > c", "x / c > 1.0"),
    "power": BODY.replace("x > c", "x**2 > c"),
    "remainder": BODY.replace("x > c", "x % 2.0 > c"),
    "rounded": BODY.replace("x > c", "round(x, 2) > c"),
    "key of a dict": BODY.replace("n += 1", "other[x] = n"),
    "element of a tuple": BODY.replace("n += 1", "n = max(n, (x, 1))"),
    "result of a test kept": BODY.replace("if x > c:\n            n += 1", "n += x > c"),
    "member": BODY.replace("x > c", "x in [1.0, c]"),
    "identity": BODY.replace("x > c", "x is c"),
    "unknown number": BODY.replace("x > c", "x > other"),
    "integers of any size": BODY.replace("x > c", "x > other").replace("other)", "other: int)"),
    "method": BODY.replace("x > c", "x.item() > c"),
    "array changes": BODY.replace("n += 1", "a[0] = 3.0"),
    "array changes under another name": BODY.replace("n = 0", "n = 0\n    view = a[1:]").replace(
        "n += 1", "view[0] = 3.0"
    ),
    "unknown code is called": BODY.replace("n += 1", "other()"),
    "generator": BODY.replace("n += 1", "yield n"),
    "lazy": "def f(a, b, k, flags, c: float, other):\n    return (1 for x in a if x > c)\n",
    "captured": BODY.replace("n += 1", "n = lambda: x"),
    "captured in a comprehension": "def f(a):\n    return [lambda: x > 1.0 for x in a]\n",
    "integers added": BODY.replace("for x in a", "for x in k").replace("x > c", "x + 1 > 3"),
    "integers and floats compared": BODY.replace("for x in a", "for x in k"),
    "integer divided": BODY.replace("for x in a", "for x in k").replace("x > c", "x / 2 > 3"),
    "integer in a dict": BODY.replace("for x in a", "for x in k").replace("n += 1", "n = {1: 2}[x]"),
    "smallest integer negated": BODY.replace("for x in a", "for x in k").replace("x > c", "-x > 3"),
    "flags added": BODY.replace("for x in a", "for x in flags").replace("x > c", "x + 1 > 1"),
    "bound to something else too": BODY.replace("n += 1", "last = x").replace("n = 0", "last, n = 's', 0"),
    "bound by another loop": BODY.replace("n += 1", "last = x")
    .replace("n = 0", "n = 0\n    for last in other:\n        pass")
    .replace("x > c", "x > last"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE, FACTS) is not None
    assert rewritten(HEAD + TRAPS[trap], "f", RULE, FACTS) is None


@pytest.mark.parametrize("summary", ["float32", "ndarray[float64, 2d]", "ndarray[object, 1d]", "list[float]"])
def test_silent_for_other_arrays(summary: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE, seen(a=summary)) is None
    positions = BODY.replace("for x in a", "for i in range(3)").replace("x > c", "a[i] > c")
    assert rewritten(HEAD + positions, "f", RULE, seen(a=summary)) is None
    assert rewritten(HEAD + positions, "f", RULE, FACTS) is not None


def test_positions_that_are_no_integers() -> None:
    for index in ("other", "c", "True", "i, 0", "None"):
        body = BODY.replace("for x in a", "for i in range(3)").replace("x > c", f"a[{index}] > c")
        assert rewritten(HEAD + body, "f", RULE, FACTS) is None
