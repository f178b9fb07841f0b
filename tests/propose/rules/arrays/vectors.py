"""Arrays of numbers that rounding, signs and limits show in, and the facts that go with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hasten.agent.facts import Facts

FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.5, 1e308, 5e-324, math.nan, math.inf, -math.inf, 2.0**53, 0.1]),
    st.floats(-1e6, 1e6),
)
VECTORS = st.lists(FLOATS, max_size=6).map(lambda values: np.array(values, dtype=np.float64))
WHOLE = st.lists(st.one_of(st.integers(-5, 5), st.sampled_from([2**62, -(2**63), 2**53 + 1])), max_size=6)
INTEGERS = WHOLE.map(lambda values: np.array(values, dtype=np.int64))


def seen(**arguments: str) -> Facts:
    """``seen(a="float64")``: one-dimensional arrays of these; anything longer is the summary itself."""
    known = ("float64", "int64", "bool", "float32")
    table = {n: f"ndarray[{t}, 1d], length 5" if t in known else t for n, t in arguments.items()}
    return Facts(1, 0.0, table)


def copies(*arrays: Any) -> tuple[Any, ...]:
    return tuple(np.array(a) for a in arrays)
