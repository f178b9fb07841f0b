"""Comprehensions over arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.propose.rules.arrays.vectors import FLOATS, VECTORS, seen
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "array-comprehension"
HEAD = "import numpy as np\n\n\n"
FACTS = seen(a="float64", b="float64")
FIRES = {
    "list": "[x * 2.0 + c for x in a]",
    "array": "np.array([np.sqrt(x) / c for x in a])",
    "array in an expression": "2 - np.array([x + c for x in a]) * 3",
    "array with a dot": "np.array([x + c for x in a]).tolist()",
    "sum in order": "sum(x * x - c for x in a)",
    "largest": "max(abs(x) - 1 for x in a)",
    "smallest of a list": "min([np.minimum(x, c) * x for x in a])",
    "sorted": "sorted(-x for x in a)",
}


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(a=VECTORS, c=FLOATS)
def test_same_values(case: str, a: np.ndarray, c: float) -> None:
    source = f"{HEAD}def f(a, c: float):\n    return {FIRES[case]}\n"
    assert assert_equivalent(source, "f", RULE, [(a, c), (a[::2], c)], FACTS)


def test_types_of_the_elements() -> None:
    source = HEAD + "def f(a):\n    return [repr(v) for v in [x * 2 for x in a]]\n"
    assert assert_equivalent(source, "f", RULE, [(np.array([1.5, 2.5]),)], FACTS)


TRAPS = {
    "nothing to compute": "[x for x in a]",
    "condition": "[x * 2 for x in a if x > c]",
    "two loops": "[x * 2 for x in a for y in a]",
    "power": "[x**2 for x in a]",
    "lazy": "(x * 2 for x in a)",
    "handed on": "b(x * 2 for x in a)",
    "stops early": "any(x * 2 for x in a)",
    "unknown number": "[x * b for x in a]",
    "array times array": "[x * a for x in a]",
    "tuple": "[(x * 2, x) for x in a]",
    "python's float": "[float(x) for x in a]",
    "choice of types": "[x if x > 1.0 else 0.0 for x in a]",
    "start": "sum((x * 2 for x in a), c)",
    "key": "max((x * 2 for x in a), key=abs)",
    "slice": "[x * 2 for x in a[1:]]",
    "walrus": "[(y := x * 2) for x in a]",
    "integer": "[x * 2 for x in n]",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    source = f"{HEAD}def f(a, b, c: float, n):\n    return {TRAPS[trap]}\n"
    assert rewritten(source, "f", RULE, seen(a="float64", n="int64")) is None
