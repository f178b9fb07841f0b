"""``pd.concat`` in a loop: fires on pieces proven alike, is silent on every trap, and changes nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten.agent.facts import Facts
from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import examples

RULE, ALIKE = "frame-concat", "frame-concat-alike"
HEAD = "import pandas as pd\n\n\n"
FIRES = {
    "rows of dicts": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame(columns=["x", "y", "s"])
    for x in xs:
        # one row
        df = pd.concat([df, pd.DataFrame([{"x": x, "y": 2, "s": "a"}])], ignore_index=True)
    return df
""",
    "in the loop of a branch, twice": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = None
    for x in xs:
        for i in range(n):
            if x > 1.0:
                new = pd.DataFrame({"x": [x, 1.5], "i": [i, 2]})
                df = pd.concat((df, new), ignore_index=True, sort=False)
            elif x < 0.0:
                break
            else:
                row = pd.DataFrame({"x": [x], "i": [i]})
                n += len(row)
                df = pd.concat([df, row], ignore_index=True, sort=False)
    else:
        n = 3
    return df if df is not None else n
""",
    "method, with its index, leaving early": """
class Book:
    rows = 0

    def f(self, xs: list[float], n: int) -> object:
        df = pd.DataFrame({"x": [0.5]})
        while n > 0:
            n -= 1
            if n > 7:
                return n
            df = pd.concat([df, pd.DataFrame({"x": [xs[n]]})])
        self.rows = len(df)
        return df


def f(xs, n):
    return Book().f(xs, n)
""",
}
NAMES = {"method, with its index, leaving early": "Book.f"}


@pytest.mark.parametrize("case", FIRES)
@examples(12)
@given(
    xs=st.lists(st.sampled_from([0.5, -1.0, 2.25, math.nan, math.inf, -0.0]), max_size=4),
    n=st.integers(-1, 9),
)
def test_same_frames(case: str, xs: list[float], n: int) -> None:
    source, name = HEAD + FIRES[case], NAMES.get(case, "f")
    after = rewritten(source, name, RULE)
    assert (
        after is not None and "if df_pieces:" in after and ("# one row" in source) == ("# one row" in after)
    )
    if name == "f":
        assert assert_equivalent(source, "f", RULE, [(xs, n)])
    else:
        space: list[dict[str, object]] = [{}, {}]
        endings = []
        for text, names in zip((source, after), space, strict=True):
            exec(text, names)
            function = names["f"]
            assert callable(function)
            try:
                endings.append(repr(function(xs, n)))
            except IndexError as error:
                endings.append(repr(error))
        assert endings[0] == endings[1]


FRAME = Facts(1, 0.0, {"df": "DataFrame['x': float64, 'unit price': object], length 3"})
OBSERVED = (
    HEAD
    + """
def f(df, xs: list[float]):
    for x in xs:
        df = pd.concat([df, pd.DataFrame([{COLUMNS}])], ignore_index=True)
    return df
"""
)


def test_observed_columns_of_the_frame_count() -> None:
    assert rewritten(OBSERVED.replace("{COLUMNS}", '{"x": x}'), "f", RULE, FRAME) is None
    facts = Facts(1, 0.0, {"df": "DataFrame['x': float64, 'y y': float64], length 3"})
    source = OBSERVED.replace("{COLUMNS}", '{"x": x, "y y": x + 1.0}')
    assert rewritten(source, "f", RULE, facts) is not None
    assert rewritten(source, "f", RULE) is None


BODY = """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame()
    for x in xs:
        df = pd.concat([df, pd.DataFrame({"x": [x]})], ignore_index=True)
    return df
"""
TRAPS = {
    "length asked in the loop": BODY.replace("for x in xs:", "for x in xs:\n        n += len(df)"),
    "read in the loop": BODY.replace('"x": [x]', '"x": [x + df.size]'),
    "shown by try": BODY.replace("    for", "    try:\n      for")
    .replace("        df = pd.c", "          df = pd.c")
    .replace("    return df", "    except KeyError:\n        pass\n    return df"),
    "unknown dtype": BODY.replace("list[float]", "list"),
    "integers and floats": BODY.replace(
        "    return df",
        """        if x > 2.0:
            df = pd.concat([df, pd.DataFrame({"x": [1]})], ignore_index=True)
    return df""",
    ),
    "other columns": BODY.replace(
        "    return df",
        """        if x > 2.0:
            df = pd.concat([df, pd.DataFrame({"y": [x]})], ignore_index=True)
    return df""",
    ),
    "column name changes": BODY.replace('{"x": [x]}', "{str(x): [x]}"),
    "prepended": BODY.replace('[df, pd.DataFrame({"x": [x]})]', '[pd.DataFrame({"x": [x]}), df]'),
    "along the other axis": BODY.replace("ignore_index=True", "axis=1"),
    "keys": BODY.replace("ignore_index=True", "keys=[1, 2]"),
    "piece is one buffer": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame()
    row = pd.DataFrame({"x": [0.0]})
    for x in xs:
        row["x"] = x
        df = pd.concat([df, row])
    return df
""",
    "piece changes afterwards": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame()
    for x in xs:
        row = pd.DataFrame({"x": [x]})
        df = pd.concat([df, row])
        row["x"] = 3.0
    return df
""",
    "piece is kept": """
def f(xs: list[float], kept: list[object]) -> pd.DataFrame:
    df = pd.DataFrame()
    for x in xs:
        row = pd.DataFrame({"x": [x]})
        kept.append(row)
        df = pd.concat([df, row])
    return df
""",
    "piece renames its columns": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame()
    for x in xs:
        row = pd.DataFrame({"x": [x]})
        row.columns = [str(x)]
        df = pd.concat([df, row])
    return df
""",
    "global": BODY.replace("    df = pd.DataFrame()", "    global df\n    df = pd.DataFrame()"),
    "captured": BODY.replace("    return df", "    return lambda: df"),
    "another pd": BODY.replace("    df = pd.DataFrame()", "    pd = n\n    df = pd.DataFrame()"),
    "unbound before": BODY.replace("    df = pd.DataFrame()\n", "    if n:\n        df = pd.DataFrame()\n"),
    "else jumps past": """
def f(xs: list[float], n: int) -> pd.DataFrame:
    df = pd.DataFrame()
    while n:
        n -= 1
        for x in xs:
            df = pd.concat([df, pd.DataFrame({"x": [x]})])
        else:
            continue
        print(df)
    return df
""",
    "suppressed": BODY.replace("    for", "    with n:\n     for").replace(
        "        df = pd.c", "         df = pd.c"
    ),
    "no loop": """
def f():
    df = pd.DataFrame()
    df = pd.concat([df, pd.DataFrame({"x": [1]})])
    return df
""",
    "async": BODY.replace("def f", "async def f").replace("for x", "async for x"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    assert rewritten(HEAD + BODY, "f", RULE) is not None
    assert rewritten(HEAD + TRAPS[trap], "f", RULE) is None


LOAD = (
    HEAD
    + """
def f(paths: list[str]) -> pd.DataFrame:
    df = pd.DataFrame()
    for path in paths:
        piece = load(path)
        piece["path"] = path
        df = pd.concat([df, piece])
    return df


def load(path):
    return pd.DataFrame({"a": [len(path)], "b": [path * 2]})
"""
)


def test_alike_is_on_the_users_word() -> None:
    assert rewritten(LOAD, "f", RULE) is None
    assert assert_equivalent(LOAD, "f", ALIKE, [([],), (["a"],), (["a", "bb", "c"],)])
    for trap in ("piece is one buffer", "piece is kept", "read in the loop", "shown by try"):
        assert rewritten(HEAD + TRAPS[trap], "f", ALIKE) is None
    assert rewritten(LOAD.replace("load(path)\n", "cache[path]\n", 1), "f", ALIKE) is None
