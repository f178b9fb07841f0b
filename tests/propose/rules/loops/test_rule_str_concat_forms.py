"""Other ways of adding to a text than ``+=``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import texts

RULE = "str-concat"
FIRES = {
    "several at once": """
def f(xs: list[str], ys: list[int]):
    text = ">"
    for x in xs:
        text = text + x + ("," if x else ";") + x
        for y in ys:
            text += str(y)
    return text
""",
    "f-string": """
def f(xs: list[str], ys: list[int]):
    text = ""
    for x in xs:
        text = f"{text}{x!r:>3}, "
        if x == "b":
            return text
    return text, len(text)
""",
    "in front": """
def f(xs: list[str], ys: list[int]):
    text = "|"
    for x in xs:
        if x == "A":
            break
        text = x + "," + text
        if x == "b":
            return text
    else:
        return "all"
    return text
""",
    "digits from the last": """
def f(xs: list[str], ys: list[int]):
    n = len(xs) + 5
    text = ""
    while n:
        text = str(n % 2) + text
        n //= 2
    return text
""",
    "an exception half-way": """
def f(xs: list[str], ys: list[int]):
    text = ""
    for y in ys:
        text = text + str(1 // y) + "/"
    return text
""",
}


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(xs=st.lists(texts, max_size=4), ys=st.lists(st.integers(-1, 2), max_size=3))
def test_same_behaviour(case: str, xs: list[str], ys: list[int]) -> None:
    assert assert_equivalent(FIRES[case], "f", RULE, [(xs, ys)])


SILENT = {
    "both ends": "text = x + text\n        text += x",
    "in the middle": "text = x + text + x",
    "twice": "text = text + text",
    "read in the f-string": "text = f'{text}{len(text)}'",
    "formatted": "text = f'{text:>3}{x}'",
    "converted": "text = f'{text!r}{x}'",
    "not at the start of the f-string": "text = f'{x}{text}'",
    "alone in the f-string": "text = f'{text}'",
    "a number": "text = text + x + n",
    "another operator": "text = text * n + x",
    "read by a piece": "text = text + x + text",
    "parts of unknown kind": "text = text + x + unknown",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    source = f"""
def f(xs: list[str], n: int, unknown):
    text = ""
    for x in xs:
        {SILENT[case]}
    return text
"""
    assert rewritten(source, "f", RULE) is None


def test_own_reversed() -> None:
    source = FIRES["in front"]
    assert rewritten("def reversed(x): pass\n" + source, "f", RULE) is None


def test_no_f_string_without_a_value() -> None:
    source = r"""
def f(xs: list[str]):
    text = ""
    for x in xs:
        text = f"{text}{{x}}\t"
        text = rF'{text}\n{{'
    return text
"""
    after = rewritten(source, "f", RULE)
    assert after is not None and 'append("{x}\\t")' in after and "append(r'\\n{')" in after
    assert assert_equivalent(source, "f", RULE, [(["a", "b"],), ([],)])
