"""``np.vectorize`` of a lambda: on the user's word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.propose.rules.registry import RULES
from tests.propose.rules.arrays.vectors import FLOATS, seen
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "vectorize-ufunc"
HEAD = "import numpy as np\n\n\n"
FACTS = seen(a="float64", b="float64", k="int64")
FIRES = {
    "one": "np.vectorize(lambda x: x * 2 + c)(a)",
    "two": "np.vectorize(lambda x, y: abs(x - y) / 4 - c * x)(a, b)",
    "types": "np.vectorize(lambda x: -x + 1, otypes=[float])(a).sum()",
    "functions": "1 - np.vectorize(lambda x: np.floor(x) * np.minimum(x, c))(a)",
}


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(rows=st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=5), c=FLOATS)
def test_same_arrays_unless_empty(case: str, rows: list[tuple[float, float]], c: float) -> None:
    a, b = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    source = f"{HEAD}def f(a, b, c: float, k):\n    return {FIRES[case]}\n"
    assert assert_equivalent(source, "f", RULE, [(a, b, c, a)], FACTS)


def test_opt_in() -> None:
    assert RULES[RULE].tier == "opt-in"


TRAPS = {
    "division that raises": "np.vectorize(lambda x: 1.0 / x)(a)",
    "division by a number": "np.vectorize(lambda x: x / c)(a)",
    "integers come first": "np.vectorize(lambda x: x if x > 0 else 0)(a)",
    "power": "np.vectorize(lambda x: x**2)(a)",
    "nothing": "np.vectorize(lambda x: 1.0)(a)",
    "integers": "np.vectorize(lambda x: x * 2)(k)",
    "other types": "np.vectorize(lambda x: x * 2, otypes=[int])(a)",
    "cache": "np.vectorize(lambda x: x * 2, cache=True)(a)",
    "unknown array": "np.vectorize(lambda x: x * 2)(c)",
    "missing argument": "np.vectorize(lambda x, y: x * y)(a)",
    "default": "np.vectorize(lambda x, y=2.0: x * y)(a)",
    "star": "np.vectorize(lambda x: x * 2)(*a)",
    "unknown number": "np.vectorize(lambda x: x * k)(a)",
    "call": "np.vectorize(lambda x: print(x))(a)",
    "another vectorize": "k.vectorize(lambda x: x * 2)(a)",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(f"{HEAD}def f(a, b, c: float, k):\n    return {TRAPS[trap]}\n", "f", RULE, FACTS) is None
