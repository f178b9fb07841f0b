"""``df.apply(lambda row: ..., axis=1)``."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.facts import Facts
from tests.propose.rules.arrays.vectors import FLOATS
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "frame-apply"
HEAD = "import numpy as np\nimport pandas as pd\n\n\n"
FIRES = {
    "two columns": 'return df.apply(lambda row: row["a"] * row["b b"], axis=1)',
    "with a number": 'return df.apply(lambda r: (r["a"] - c) * 2 + abs(-r["b b"]) / 3, axis="columns")',
    "functions": 'return df.apply(lambda r: np.sqrt(r["a"]) + np.maximum(r["b b"], 0.5), axis=1).tolist()',
    "new column": "df['n'] = df.apply(lambda row: row['a'] * row['a'], axis=1)\n    return df",
    "in an expression": 'return 2 - df.apply(lambda row: row["a"] + row["b b"], axis=1) * 3',
}
DIVIDES = 'return df.apply(lambda row: row["a"] / row["b b"] + c / row["a"], axis=1)'


def source(line: str) -> str:
    return f"{HEAD}def f(df, c: float):\n    {line}\n"


def facts(df: pd.DataFrame) -> Facts:
    columns = ", ".join(f"{name!r}: {dtype}" for name, dtype in df.dtypes.items())
    return Facts(1, 0.0, {"df": f"DataFrame[{columns}], length {len(df)}"})


COLUMN = st.lists(FLOATS, min_size=4, max_size=4)


@pytest.mark.parametrize("case", FIRES)
@examples(20)
@given(a=COLUMN, b=COLUMN, c=FLOATS, rows=st.sampled_from([0, 1, 4]), text=st.booleans())
def test_same_series(case: str, a: list[float], b: list[float], c: float, rows: int, text: bool) -> None:
    other = ["x", "y", "z", "x"] if text else [1, 2, 3, 4]
    df = pd.DataFrame({"a": a, "k": other, "b b": b}, index=[3, 1, 1, 0])[:rows]
    assert assert_equivalent(source(FIRES[case]), "f", RULE, [(df, c)], facts(df))  # pyright: ignore


@examples(20)
@given(a=COLUMN, b=COLUMN, c=FLOATS)
def test_division_where_rows_hold_numbers_of_numpy(a: list[float], b: list[float], c: float) -> None:
    df = pd.DataFrame({"a": a, "k": [1, 2, 3, 4], "b b": b})
    assert assert_equivalent(source(DIVIDES), "f", RULE, [(df, c)], facts(df))  # pyright: ignore
    texts = df.assign(k=["x", "y", "z", "x"])
    assert rewritten(source(DIVIDES), "f", RULE, facts(texts)) is None


SEEN = facts(pd.DataFrame({"a": [1.0], "b b": [2.0], "k": [1]}))
TRAPS = {
    "one column bears its name": FIRES["two columns"].replace('row["b b"]', "2.0"),
    "down the columns": FIRES["two columns"].replace("axis=1", "axis=0"),
    "no axis": FIRES["two columns"].replace(", axis=1", ""),
    "raw": FIRES["two columns"].replace("axis=1", "axis=1, raw=True"),
    "integer column": FIRES["two columns"].replace('row["a"]', 'row["k"]'),
    "unknown column": FIRES["two columns"].replace('row["a"]', 'row["z"]'),
    "power": FIRES["two columns"].replace("* row", "** row"),
    "condition": FIRES["two columns"].replace('row["a"] *', 'row["a"] if row["a"] > 0 else'),
    "row itself": FIRES["two columns"].replace("* row", "* len(row) * row"),
    "attribute": FIRES["two columns"].replace('row["a"]', "row.a"),
    "unknown number": FIRES["two columns"].replace('row["a"]', 'row["a"] * df'),
    "number rebound": "c = 3\n    " + FIRES["with a number"],
    "default of the lambda": FIRES["two columns"].replace("row:", "row, d=2.0:"),
    "frame changed before": "df['a'] = 'x'\n    " + FIRES["two columns"],
    "frame renamed before": "df.columns = ['b b', 'a', 'k']\n    " + FIRES["two columns"],
    "frame handed out before": "c(df)\n    " + FIRES["two columns"],
    "in a loop that changes it": "for _ in range(2):\n        df['n'] = df.apply(lambda row: row['a'] + "
    "row['b b'], axis=1)\n        df['a'] = 'x'",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(source(FIRES["two columns"]), "f", RULE, SEEN) is not None
    assert rewritten(source(TRAPS[trap]), "f", RULE, SEEN) is None
    assert rewritten(source(FIRES["two columns"]), "f", RULE) is None


def test_what_it_looks_like() -> None:
    after = rewritten(source(FIRES["with a number"]), "f", RULE, SEEN)
    assert after is not None and 'return (df["a"] - c) * 2 + abs(-df["b b"]) / 3\n' in after
    after = rewritten(source(FIRES["functions"]), "f", RULE, SEEN)
    assert after is not None and '(np.sqrt(df["a"]) + np.maximum(df["b b"], 0.5)).tolist()' in after
