"""``np.append`` and its kin in a loop."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "array-append"
HEAD = "import numpy as np\n\n\n"
FIRES = {
    "scalars of several kinds": """
def f(xs: list[float], n: int):
    out = np.empty(0)
    for i, x in enumerate(xs):
        if x > 1.0:
            out = np.append(out, x)
        elif i > n:
            break
        out = np.append(out, i - 1)  # position
        out = np.append(out, -2)
        out = np.append(out, x * 0.5)
    return out
""",
    "vectors": """
def f(xs: list[float], n: int):
    out = np.array([])
    for x in xs:
        part = np.linspace(0.0, x, 3)
        out = np.concatenate((out, part * 2.0))
    return out
""",
    "appended vectors": """
def f(xs: list[float], n: int):
    out = np.array([])
    for x in xs:
        for i in range(n):
            part = np.zeros(i)
            part[:1] = x
            out = np.append(out, part)
    return out, len(out)
""",
    "rows": """
def f(xs: list[float], n: int):
    out = np.empty((0, 2))
    for i, x in enumerate(xs):
        out = np.vstack((out, [i, x]))
    return out
""",
    "generator": """
def f(xs: list[float], n: int):
    out = np.zeros(2)
    for x in xs:
        yield x
        out = np.append(out, x)
    yield out
""",
}


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(
    xs=st.lists(st.sampled_from([0.5, -1.0, 2.25, math.nan, math.inf, -0.0, 3]), max_size=5),
    n=st.integers(-1, 4),
)
def test_same_arrays(case: str, xs: list[float], n: int) -> None:
    assert assert_equivalent(HEAD + FIRES[case], "f", RULE, [(xs, n)])


BODY = """
def f(xs: list[float], n: int):
    out = np.array([])
    for x in xs:
        out = np.append(out, x)
    return out
"""
TRAPS = {
    "unknown items": BODY.replace("list[float]", "list"),
    "integers of any size": BODY.replace("list[float]", "list[int]"),
    "text": BODY.replace("list[float]", "list[str]"),
    "start of integers": BODY.replace("np.array([])", "np.array([1, 2])"),
    "start is someone else's": BODY.replace("np.array([])", "n"),
    "two dimensions are flattened": BODY.replace("np.array([])", "np.zeros((2, 2))"),
    "axis": BODY.replace("np.append(out, x)", "np.append(out, x, axis=0)"),
    "read in the loop": BODY.replace("np.append(out, x)", "np.append(out, x + out.size)"),
    "tested in the loop": BODY.replace("for x in xs:", "for x in xs:\n        n += len(out)"),
    "other order": BODY.replace("np.append(out, x)", "np.append(x, out)"),
    "kept": BODY.replace("np.append(out, x)", "np.append(out, x)\n        n.append(out)"),
    "view of a buffer": BODY.replace("np.append(out, x)", "np.concatenate((out, buf))").replace(
        "    for x", "    buf = np.zeros(3)\n    for x"
    ),
    "buffer changed later": """
def f(xs: list[float], n: int):
    out = np.array([])
    for x in xs:
        part = np.zeros(2)
        out = np.concatenate((out, part))
        part[0] = x
    return out
""",
    "slice of a buffer": """
def f(xs: list[float], n: int):
    out = np.array([])
    for x in xs:
        part = np.zeros(2)
        shown = part[:1]
        out = np.concatenate((out, part))
        shown[0] = x
    return out
""",
    "row too long": BODY.replace("np.array([])", "np.empty((0, 2))").replace(
        "np.append(out, x)", "np.vstack((out, [x, x, x]))"
    ),
    "row starred": BODY.replace("np.array([])", "np.empty((0, 2))").replace(
        "np.append(out, x)", "np.vstack((out, [x, *xs]))"
    ),
    "rows on no table": BODY.replace("np.array([])", "np.array((0, 2))").replace(
        "np.append(out, x)", "np.vstack((out, [x, x]))"
    ),
    "caught": BODY.replace("    for", "    try:\n      for")
    .replace("        out = np.a", "          out = np.a")
    .replace("    return", "    finally:\n        print(out)\n    return"),
    "captured": BODY.replace("    return out", "    return lambda: out"),
    "not numpy": BODY.replace("    out = np.array([])", "    np = n\n    out = np.array([])"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE) is not None
    assert rewritten(HEAD + TRAPS[trap], "f", RULE) is None


def test_function_imported_by_name() -> None:
    source = "from numpy import append, array\n\n\n" + BODY.replace("np.", "")
    after = rewritten(source, "f", RULE)
    assert after is not None and "out = append(out, out_items)" in after
