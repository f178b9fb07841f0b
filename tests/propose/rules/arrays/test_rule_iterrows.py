"""``iterrows``: what a row holds depends on the dtypes of all columns, and the rewrite must hold the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.facts import Facts
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE = "iterrows"
HEAD = "import pandas as pd\n\n\n"
FIRES = {
    "two columns": """
def f(df, limit: float):
    out = []
    for _, row in df.iterrows():
        # both
        out.append((row["a"], type(row["b b"]), row["b b"]))
    return out
""",
    "index, branches, break and else": """
def f(df, limit: float):
    out = []
    for at, row in df.iterrows():
        if at == limit:
            break
        out.append([at, row["a"]])
    else:
        out.append("end")
    return out, limit
""",
    "comprehension": """
def f(df, limit: float):
    return {i: repr(row['b b']) for i, row in df.iterrows() if row["a"] is not None}
""",
    "generator consumed at once": """
def f(df, limit: float):
    return list(row["a"] for _, row in df.iterrows())
""",
    "names that are taken": """
def f(df, limit: float):
    row_a = 1
    found = {}
    for _, row in df.iterrows():
        found[str(row["a"])] = row_a
        row_a += 1
    return found, row_a
""",
}
COLUMNS: dict[str, list[Any]] = {
    "float64": [1.5, -0.0, math.nan, math.inf],
    "int64": [1, -2, 2**53 + 1, 0],
    "bool": [True, False, True, True],
    "str": ["x", "", "y", math.nan],
    "object": ["x", None, 2, (1, 2)],
    "datetime64[ns]": [*pd.to_datetime(["2020-01-01", "2021-02-03", "2022-01-01"]), pd.NaT],
}


def column(dtype: str, rows: int) -> Any:
    return pd.Series(COLUMNS[dtype] * 2, dtype=dtype)[:rows]


def frame(dtypes: tuple[str, str, str], rows: int) -> pd.DataFrame:
    names = ("a", "b b", "c")
    return pd.DataFrame({name: column(dtype, rows) for name, dtype in zip(names, dtypes, strict=True)})


def facts(df: pd.DataFrame) -> Facts:
    columns = ", ".join(f"{name!r}: {dtype}" for name, dtype in df.dtypes.items())
    return Facts(1, 0.0, {"df": f"DataFrame[{columns}], length {len(df)}"})


DTYPES = st.sampled_from(sorted(COLUMNS))


@pytest.mark.parametrize("case", FIRES)
@examples(12)
@given(dtypes=st.tuples(DTYPES, DTYPES, DTYPES), rows=st.sampled_from([0, 1, 4, 5]))
def test_same_values_and_types(case: str, dtypes: tuple[str, str, str], rows: int) -> None:
    df = frame(dtypes, rows)
    fired = assert_equivalent(HEAD + FIRES[case], "f", RULE, [(df, 2), (df.iloc[::-1], 9)], facts(df))
    certain = set(dtypes) <= {"float64", "int64"} or set(dtypes) in ({"bool"}, {"int64", "str"})
    assert fired or not certain


def test_every_kind_of_row_is_reached() -> None:
    fired = {
        dtypes
        for dtypes in (
            ("float64",) * 3,
            ("int64", "float64", "int64"),
            ("bool", "int64", "object"),
            ("str",) * 3,
        )
        if rewritten(HEAD + FIRES["two columns"], "f", RULE, facts(frame(dtypes, 4)))  # pyright: ignore
    }
    assert len(fired) == 4
    after = rewritten(HEAD + FIRES["two columns"], "f", RULE, facts(frame(("int64", "float64", "bool"), 4)))
    assert (
        after is not None and 'for row_a, row_b_b in zip(df["a"], df["b b"]):' in after and "# both" in after
    )
    after = rewritten(HEAD + FIRES["two columns"], "f", RULE, facts(frame(("int64", "float64", "int64"), 4)))
    assert after is not None and 'zip(df["a"].to_numpy(dtype="float64"), df' in after


@pytest.mark.parametrize(
    "dtypes",
    [
        ("object", "object", "object"),  # [None, "x"] becomes text with a missing value
        ("float64", "object", "str"),  # [nan, None, "x"] too
        ("float64", "datetime64[ns]", "float64"),  # [nan, date] becomes dates
        ("float32", "float64", "int64"),
        ("category", "int64", "int64"),
        ("datetime64[ns, UTC]", "int64", "int64"),
    ],
)
def test_rows_that_depend_on_their_values(dtypes: tuple[str, str, str]) -> None:
    columns = ", ".join(f"'{n}': {d}" for n, d in zip(("a", "b b", "c"), dtypes, strict=True))
    seen = Facts(1, 0.0, {"df": f"DataFrame[{columns}], length 3"})
    assert rewritten(HEAD + FIRES["two columns"], "f", RULE, seen) is None


SEEN = Facts(1, 0.0, {"df": "DataFrame['a': float64, 'b': int64], length 3"})
BODY = """
def f(df, out: list[object], limit: float):
    count = 0
    for _, row in df.iterrows():
        if row["a"] > limit:
            count += 1
    return count
"""
TRAPS = {
    "column never seen": BODY.replace('row["a"]', 'row["z"]'),
    "row kept": BODY.replace("count += 1", "out.append(row)"),
    "row written to": BODY.replace("count += 1", 'row["a"] = 3.0'),
    "row read by position": BODY.replace('row["a"]', "row.iloc[0]"),
    "attribute that may be a method": BODY.replace('row["a"]', "row.a"),
    "row read afterwards": BODY.replace("return count", 'return row["a"]'),
    "row captured": BODY.replace("count += 1", 'out.append(lambda: row["a"])'),
    "frame written to": BODY.replace("count += 1", 'df.loc[0, "a"] = 3.0'),
    "frame written to under another name": BODY.replace("count = 0", "count = 0\n    other = df").replace(
        "count += 1", 'other["a"] = 3.0'
    ),
    "view written to": BODY.replace("count = 0", 'count = 0\n    view = df["a"].to_numpy()').replace(
        "count += 1", "view[:] = 3.0"
    ),
    "view added to": BODY.replace("count = 0", 'count = 0\n    view = df["a"].to_numpy()').replace(
        "count += 1", "view += 3.0"
    ),
    "frame rebound": BODY.replace("count += 1", "df = df[1:]"),
    "unknown code is called": BODY.replace("count += 1", "out.append(limit(count))"),
    "column set as an attribute": BODY.replace("count = 0", "count = 0\n    other = df").replace(
        "count += 1", "other.a = 3.0"
    ),
    "generator": BODY.replace("count += 1", "yield count"),
    "lazy generator": "def f(df):\n    return (row['a'] for _, row in df.iterrows())\n",
    "not a frame we know": BODY.replace("df.iterrows()", "out.iterrows()"),
    "another zip": BODY.replace("def f(", "zip = max\n\n\ndef f("),
    "row unused": BODY.replace('row["a"] > limit', "limit"),
    "three targets": BODY.replace("_, row in", "_, row, _ in"),
    "column of a variable name": BODY.replace('row["a"]', "row[limit]"),
    "stranger's loop": BODY.replace("count += 1", "for x in out[0]:\n                count += 1").replace(
        "list[object]", "object"
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE, SEEN) is not None
    assert rewritten(HEAD + TRAPS[trap], "f", RULE, SEEN) is None


def test_silent_without_facts() -> None:
    assert rewritten(HEAD + BODY, "f", RULE) is None
    for summary in ("DataFrame, length 3", "DataFrame['a': float64] | None", "DataFrame['a'float64]"):
        assert rewritten(HEAD + BODY, "f", RULE, Facts(1, 0.0, {"df": summary})) is None


def test_underscore_that_means_something_else_stays() -> None:
    source = HEAD + BODY.replace("return count", "return count, _")
    df = frame(("float64", "int64", "int64"), 3)
    assert assert_equivalent(source, "f", RULE, [(df, [], 0.0)], facts(df))
    after = rewritten(source, "f", RULE, facts(df))
    assert after is not None and "for _, row_a in zip(df.index, df" in after


def test_frame_of_its_own_may_meet_unknown_code() -> None:
    source = (
        HEAD
        + """
def f(path, use):
    df = pd.read_csv(path)
    return [use(row["a"]) for _, row in df.iterrows()]
"""
    )
    seen = Facts(1, 0.0, {}, locals={"df": "DataFrame['a': float64, 'b': int64], length 3"})
    after = rewritten(source, "f", RULE, seen)
    assert after is not None and '[use(row_a) for row_a in df["a"].to_numpy()]' in after
    for spoilt in ("df['b'] = 3", "use(df)", "df.columns = use", "df = use"):
        assert rewritten(source.replace("    return", f"    {spoilt}\n    return"), "f", RULE, seen) is None


def test_duplicate_labels_and_any_index() -> None:
    df = pd.DataFrame({"a": np.array([1.0, 2.0, 3.0]), "b": np.array([4, 5, 6])}, index=["x", "x", "y"])
    source = HEAD + BODY.replace("_, row", "at, row").replace("count += 1", "out.append(at)")
    assert assert_equivalent(source, "f", RULE, [(df, [], 1.0)], facts(df))


def test_labels_are_written_as_they_are() -> None:
    df = pd.DataFrame({"a\\b": [1.5, 2.5], 'c"d': [1, 2]})
    source = (
        HEAD
        + """
def f(df):
    return [(row["a\\\\b"], row['c"d']) for _, row in df.iterrows()]
"""
    )
    assert assert_equivalent(source, "f", RULE, [(df,)], facts(df))
