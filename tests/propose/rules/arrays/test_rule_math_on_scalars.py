"""numpy's functions on single floats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.arrays.vectors import FLOATS
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "math-on-scalars"
HEAD = "import numpy as np\n\n\n"
FIRES = {
    "root in a test": """
def f(x: float, y: float, n: int):
    return 1 if np.sqrt(x * x + abs(y)) > 2.0 else 0
""",
    "root converted": """
def f(x: float, y: float, n: int):
    d = x - y
    return float(np.sqrt(d * d))
""",
    "root in sums": """
def f(x: float, y: float, n: int):
    total = 0.0
    for _ in range(n):
        total += np.sqrt(x * x * 2.0) - y
    return float(total)
""",
    "size in a cell": """
def f(x: float, y: float, n: int):
    out = np.zeros(3)
    out[1] = np.abs(x - y) * 2
    return out
""",
    "tests of a float": """
def f(x: float, y: float, n: int):
    if np.isnan(x) or not np.isfinite(x * y):
        return "odd"
    while np.isinf(y):
        y = 0.0
    return y
""",
}


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(x=FLOATS, y=FLOATS, n=st.integers(-1, 3))
def test_same_numbers(case: str, x: float, y: float, n: int) -> None:
    assert assert_equivalent(HEAD + FIRES[case], "f", RULE, [(x, y, n), (2, 3, n)])


def test_what_it_looks_like() -> None:
    after = rewritten(HEAD + FIRES["root converted"], "f", RULE)
    assert after is not None and "import math\n" in after and "return float(math.sqrt(d * d))" in after
    taken = HEAD + "math = 3\n\n\n" + FIRES["root converted"]
    after = rewritten(taken, "f", RULE)
    assert after is not None and "from math import sqrt" in after and "float(sqrt(d * d))" in after


TRAPS = {
    "may be negative": "return 1 if np.sqrt(x) > 2.0 else 0",
    "difference of squares": "return 1 if np.sqrt(x * x - y * y) > 2.0 else 0",
    "product of two": "return 1 if np.sqrt(x * y) > 2.0 else 0",
    "kept": "return [np.sqrt(x * x)]",
    "printed": "print(np.sqrt(x * x))",
    "divides": "return 1 if 1.0 / np.sqrt(x * x) > 2.0 else 0",
    "size of an integer": "return 1 if np.abs(n) > 2 else 0",
    "root comes back": "return np.sqrt(x * x)",
    "size comes back": "return np.abs(x)",
    "unknown": "return 1 if np.abs(z) > 2.0 else 0",
    "rounds otherwise": "return 1 if np.exp(x) > 2.0 else 0",
    "floor is an integer elsewhere": "return 1 if np.floor(x) > 2.0 else 0",
    "out": "return 1 if np.abs(x, z) > 2.0 else 0",
    "test kept": "return np.isnan(x)",
    "test counted": "n += np.isnan(x)\n    return n",
    "shadowed": "np = z\n    return 1 if np.abs(x) > 2.0 else 0",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    source = f"{HEAD}def f(x: float, y: float, n: int, z):\n    {TRAPS[trap]}\n"
    assert rewritten(source, "f", RULE) is None
