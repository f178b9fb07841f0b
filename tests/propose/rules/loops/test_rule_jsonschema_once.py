"""Validation against a constant schema."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES

RULE = "jsonschema-once"
SOURCE = """
import jsonschema

ROW = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 2}, "n": {"$ref": "#/$defs/n"}},
    "$defs": {"n": {"type": "integer", "minimum": 0}},
    "required": ["name"],
}

def f(rows: list[object]):
    out = []
    try:
        for row in rows:
            # Every one of them.
            jsonschema.validate(row, ROW)
            out.append(row)
    except jsonschema.ValidationError as error:
        out.append((error.message, list(error.path), error.validator))
    return out
"""
WRONG = SOURCE.replace('"required": ["name"]', '"required": 3').replace(
    "except jsonschema.ValidationError", "except jsonschema.SchemaError"
)
rows = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"name": st.sampled_from(["ab", "a", 3])},
            optional={"n": st.sampled_from([1, -1, 2.0, "x", None])},
        ),
        st.sampled_from([{}, [], None, 3]),
    ),
    max_size=3,
)


@CASES
@given(found=rows)
def test_same_errors(found: list[object]) -> None:
    assert assert_equivalent(SOURCE, "f", RULE, [(found,), (found,)])


def test_wrong_schema_is_reported_by_the_first_call() -> None:
    assert assert_equivalent(WRONG, "f", RULE, [([],), ([{"name": "ab"}],), ([3],)])


def test_comment_stays() -> None:
    after = rewritten(SOURCE, "f", RULE)
    assert after is not None
    assert "            # Every one of them.\n" in after
    assert "@cache\ndef _row_validator()" in after


CALL = "jsonschema.validate(row, ROW)"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CALL, "jsonschema.validate(row, ROW, cls=None)"),
        (CALL, "jsonschema.validate(row, dict(ROW))"),
        (CALL, "jsonschema.validate(g(row), ROW)"),
        (CALL, "x = jsonschema.validate(row, ROW)"),
        (CALL, "jsonschema.validate(row, ROW); out.append(1)"),
        (CALL, CALL + "; ROW.clear()"),
        ("return out", "return ROW"),
        ("#/$defs/n", "other.json"),
        ("ROW", "row_schema"),
        ('"type": "object"', '"type": input()'),
        ("import jsonschema\n", "import fastjsonschema as jsonschema\n"),
        ("def f(rows: list[object]):", "def f(rows: list[object], jsonschema):"),
        ("def f(", "ROW['x'] = 1\ndef f("),
        ("def f(", "ROW = {}\ndef f("),
    ],
)
def test_silent(old: str, new: str) -> None:
    assert old in SOURCE
    assert rewritten(SOURCE.replace(old, new), "f", RULE) is None
