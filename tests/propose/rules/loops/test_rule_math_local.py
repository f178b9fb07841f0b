"""Functions and constants of ``math`` in tight loops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import floats, ints

RULE = "math-local"
FIRES = {
    "a function and a constant": """
def f(xs: list[float]):
    total = 0.0
    for x in xs:
        total += math.sqrt(x) * math.pi
    return total
""",
    "comprehension, two loops": """
def f(xs: list[float]):
    ys = [math.floor(x) + abs(x) for x in xs]
    i = 0
    while i < len(ys) and math.isfinite(xs[i]):
        i += 1
    return ys, i
""",
    "inner loop, an exception half-way": """
def f(xs: list[float]):
    out = []
    for x in xs:
        out.append("next")
        for y in xs:
            out.append(math.fmod(x, y))
    return out
""",
    "name taken": """
def f(xs: list[float], sqrt=2):
    return [math.sqrt(x) * sqrt for x in xs]
""",
}


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(xs=st.lists(st.one_of(floats, ints, st.just("a")), max_size=4))
def test_same_behaviour(case: str, xs: list[float]) -> None:
    assert assert_equivalent("import math\n" + FIRES[case], "f", RULE, [(xs,)])


GOOD = """import math

def f(xs: list[float], g):
    out = []
    for x in xs:
        out.append(math.sqrt(x))
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import math", "import numpy as math"),
        ("import math", "import math\nmath.sqrt = print"),
        ("import math", "try:\n    import math\nexcept ImportError:\n    math = None"),
        ("f(xs", "f(math, xs"),
        ("math.sqrt(x)", "math.square(x)"),
        ("math.sqrt(x)", "g(math.sqrt(x))"),
        ("math.sqrt(x)", "sorted(math.sqrt(x))"),
        ("math.sqrt(x)", "[math.sqrt(x) for x in xs]"),
        ("    for x in xs:", "    if xs:"),
        ("    for x in xs:", "    async for x in xs:"),
        ("import math\n\ndef", "def"),
    ],
)
def test_silent(old: str, new: str) -> None:
    assert old in GOOD
    source = GOOD.replace(old, new)
    if "async" in new:
        source = source.replace("def f", "async def f")
    assert rewritten(GOOD, "f", RULE) is not None
    if new.startswith("[math"):
        after = rewritten(source, "f", RULE)
        assert after is None or "sqrt = math.sqrt\n    for x in xs" in after
    else:
        assert rewritten(source, "f", RULE) is None
