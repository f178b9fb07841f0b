"""Loops over positions become operations on whole arrays, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.arrays.vectors import FLOATS, VECTORS, seen
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "array-loop"
HEAD = "import numpy as np\n\n\n"
FACTS = seen(a="float64", b="float64")
FIRES = {
    "arithmetic": """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = (a[i] * b[i] + c) / 3 - -a[i]
    return out
""",
    "neighbours": """
def f(a, b, c: float, n: int):
    out = np.zeros(n)
    for i in range(1, n - 1):
        out[i] = (a[i - 1] + a[i] * 2.0 + a[i + 1]) / 4
    return out
""",
    "parts, several arrays, comments": """
def f(a, b, c: float, n: int):
    out = np.empty_like(a)
    other = np.ones(len(a))
    # first of all
    for i in range(len(a)):  # head
        # part
        part = a[i] - c
        out[i] = part * part
        other[i] *= np.sqrt(abs(out[i])) / part  # tail
    return out, other
""",
    "positions": """
def f(a, b, c: float, n: int):
    out = np.zeros(n)
    for i in range(n):
        out[i] = b[i] * (i + 1 - 3) + i / 7 + i * 0.1
    for i in range(n):
        out[i] -= 2.5 * b[i]
    return out
""",
    "choice": """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = (a[i] if a[i] > c else 0.0) + np.maximum(a[i], 1) * (b[i] if a[i] == b[i] else a[i])
    return out
""",
    "choice of a choice": """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = a[i] if (a[i] if a[i] > 2.0 else c_) <= (1.5 if a[i] == 1.0 else a[i]) else 0.5
    return out
""".replace("c_", "0.25"),
    "in place": """
def f(a, b, c: float, n: int):
    for i in range(len(a)):
        a[i] = a[i] * c + np.floor(a[i])
    return n
""",
    "division by zero": """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = c / a[i] + a[i] / b[i] + a[i] / c
    return out
""",
    "names that take turns": """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    copy = np.array(a)
    for i in range(len(a)):
        out[i] = copy[i] - out[i]
        copy[i] = out[i] + a[i]
        out[i] = copy[i] * 2.0
    return out, copy
""",
}


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(a=VECTORS, b=VECTORS, c=FLOATS, n=st.integers(-1, 7), same=st.booleans())
def test_same_arrays(case: str, a: np.ndarray, b: np.ndarray, c: float, n: int, same: bool) -> None:
    b = np.resize(b, len(a)) if same and len(b) else b
    assert assert_equivalent(HEAD + FIRES[case], "f", RULE, [(a, b, c, n), (a, a[1:], 2, n)], FACTS)


def test_whole_arrays_where_lengths_are_known_and_positions_where_not() -> None:
    after = rewritten(HEAD + FIRES["parts, several arrays, comments"], "f", RULE, FACTS)
    assert after is not None
    for line in ("# head", "# part", "part = a - c", "out[:] = part * part", "abs(out)) / part  # tail"):
        assert line in after
    after = rewritten(HEAD + FIRES["neighbours"], "f", RULE, FACTS)
    assert after is not None and "i = np.arange(1, n - 1)\n    out[i] = (a[i - 1] +" in after
    after = rewritten(HEAD + FIRES["choice"], "f", RULE, FACTS)
    assert after is not None and "np.where(a[i] > c, a[i], 0.0) + np.maximum" in after


BODY = """
def f(a, b, c: float, n: int):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = a[i] + c
    return out
"""
TRAPS = {
    "carried along": BODY.replace("a[i] + c", "out[i - 1] + c"),
    "carried by another statement": BODY.replace("+ c\n", "+ c\n        out[i] += out[i - 1]\n"),
    "power": BODY.replace("+ c", "** 2"),
    "exponential": BODY.replace("a[i] + c", "np.exp(a[i])"),
    "math": BODY.replace("a[i] + c", "math.sqrt(a[i])"),
    "branch": BODY.replace("        out[i] = a[i] + c", "        if a[i] > c:\n            out[i] = a[i]"),
    "writes elsewhere": BODY.replace("out[i] =", "out[i - 1] ="),
    "written array may overlap": BODY.replace("    out = np.zeros(len(a))\n", "").replace("out[i]", "b[i]"),
    "written array is a view": BODY.replace("np.zeros(len(a))", "a[:]"),
    "written array is shorter than the loop": BODY.replace("    out = np.zeros(len(a))\n", "")
    .replace("out[i]", "a[i]")
    .replace("range(len(a))", "range(n)")
    .replace("return out", "return n"),
    "array of integers": BODY.replace("np.zeros(len(a))", "np.zeros(len(a), dtype=np.int64)"),
    "counter read afterwards": BODY.replace("return out", "return out, i"),
    "counter read by the next range": BODY.replace(
        "    return out", "    for i in range(i):\n        print(i)\n    return out"
    ),
    "counter captured": BODY.replace("return out", "return out, lambda: i"),
    "half-written array is seen": BODY.replace("    for", "    try:\n     for")
    .replace("        out[i]", "         out[i]")
    .replace("    return out", "    except IndexError:\n        pass\n    return out"),
    "number changes": BODY.replace("+ c\n", "+ c\n        c += 1.0\n"),
    "unknown number": BODY.replace("c: float", "c"),
    "number of any size": BODY.replace("c: float", "c: int"),
    "part read afterwards": BODY.replace(
        "        out[i] = a[i] + c", "        p = a[i] + c\n        out[i] = p"
    ).replace("return out", "return out, p"),
    "second name for what changes": BODY.replace(
        "        out[i] = a[i] + c", "        p = out[i]\n        out[i] = a[i] + c\n        out[i] += p"
    ),
    "downwards": BODY.replace("range(len(a))", "range(n, 0, -1)"),
    "from below": BODY.replace("range(len(a))", "range(-2, n)"),
    "range of a float": BODY.replace("range(len(a))", "range(c)"),
    "range of who knows": BODY.replace("range(len(a))", "range(n)").replace("n: int", "n"),
    "else": BODY.replace("    return out", "    else:\n        n = 2\n    return out"),
    "position that may overflow": BODY.replace("+ c", "+ i * i * i"),
    "position times a number": BODY.replace("+ c", "+ i * c"),
    "invariant element": BODY.replace("+ c", "+ b[0]"),
    "division that may raise": BODY.replace("+ c", "+ 1.0 / c"),
    "division of positions": BODY.replace("+ c", "+ i / n"),
    "choice that divides": BODY.replace("a[i] + c", "(1.0 / a[i] if a[i] > c else 0.0)"),
    "choice of what may not be there": BODY.replace("a[i] + c", "(a[i] if a[i] > c else b[i])"),
    "choice of a number": BODY.replace("a[i] + c", "(a[i] if a[i] > c else c)"),
    "call": BODY.replace("a[i] + c", "float(a[i])"),
    "two dimensions": BODY.replace("np.zeros(len(a))", "np.zeros((len(a), 2))"),
    "global": BODY.replace("    out = np", "    global out\n    out = np"),
    "array rebound": BODY.replace("    for", "    a = a[1:]\n    for"),
    "no numpy": BODY.replace("    out =", "    np = b\n    out ="),
    "comment at the end of the block": BODY.replace("+ c\n", "+ c\n        # done\n\n"),
    "another range": "range = list\n" + BODY,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE, FACTS) is not None
    assert rewritten(HEAD + TRAPS[trap], "f", RULE, FACTS) is None


@pytest.mark.parametrize(
    "summary", ["float32", "int64", "ndarray[float64, 2d], length 5", "list[float], length 5", "MaskedArray"]
)
def test_silent_for_other_arrays(summary: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE, seen(a=summary)) is None
    assert rewritten(HEAD + BODY, "f", RULE) is None


def test_annotation_and_observation_complete_each_other() -> None:
    source = "import numpy as np\nimport numpy.typing as npt\n\n\n" + BODY.replace(
        "(a,", "(a: npt.NDArray[np.float64],"
    )
    assert rewritten(source, "f", RULE) is None
    assert rewritten(source, "f", RULE, FACTS) is not None
    assert rewritten(source, "f", RULE, seen(a="int64")) is None
