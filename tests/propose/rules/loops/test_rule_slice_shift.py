"""Loops that cut the first element off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import Make, assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import anything

RULE = "slice-shift"
FIRES = {
    "two lines": """
def f(xs: list[object], n: int):
    out = []
    while xs:
        # the next one
        x = xs[0]
        xs = xs[1:]
        if x is None:
            continue
        out.append(x)
        if len(out) > n:
            break
    else:
        out.append("end")
    return out
""",
    "one line": """
def f(xs: list[object], n: int):
    out = []
    while len(xs) > 0:
        x, xs = xs[0], xs[1:]
        out.append([x])
    return out
""",
    "starred": """
def f(xs: list[object], n: int):
    out = []
    while len(xs):
        x, *xs = xs
        out.append(x)
    return out, x
""",
    "at the end": """
def f(xs: list[object], n: int):
    out = []
    while xs:
        x = xs[0]
        if len(out) == n:
            break
        out.append(x)
        xs = xs[1:]
    return out
""",
    "the body changes the argument": """
def f(xs: list[object], n: int):
    given = xs
    out = []
    while xs:
        x = xs[0]
        xs = xs[1:]
        given.append(n)
        out.append(x)
    return out, given
""",
    "text": """
def f(xs: list[object], n: int):
    out, text = [], "abc" * n
    text = "abc" * n
    while text:
        c = text[0]
        text = text[1:]
        out.append(c)
    return out
""".replace('out, text = [], "abc" * n', "out = []"),
    "bound anew in an outer loop": """
def f(xs: list[object], n: int):
    out = []
    for x in xs:
        rest = list(str(x))
        while rest != [] and False or rest:
            c = rest[0]
            rest = rest[1:]
            out.append(c)
    return out
""".replace("rest != [] and False or rest", "rest"),
    "generator": """
def f(xs: list[object], n: int):
    given = xs
    while xs:
        x, *xs = xs
        yield x
        given.clear()
""",
}


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(xs=st.lists(anything, max_size=4), n=st.integers(0, 3))
def test_same_behaviour(case: str, xs: list[object], n: int) -> None:
    assert assert_equivalent(
        FIRES[case], "f", RULE, [(xs, n)], meddle=lambda arguments, turn: arguments[0].append(turn)
    )


@CASES
@given(xs=st.lists(st.integers(0, 2), max_size=4))
def test_receiver_holds_the_list(xs: list[int]) -> None:
    source = """
class C:
    def f(self):
        xs = list(self.xs)
        while xs:
            x = xs[0]
            xs = xs[1:]
            self.visit(x)

    def visit(self, x):
        self.xs.append(x)
"""

    def make(space: dict[str, type]) -> object:
        made = space["C"]()
        made.xs = list(xs)
        return made

    assert assert_equivalent(source, "C.f", RULE, [(Make(make),)])


SILENT = {
    "read in the body": "x = xs[0]; xs = xs[1:]; out.append(len(xs))",
    "read after the loop": "x = xs[0]; xs = xs[1:]; out.append(x)\n    out.append(xs)",
    "grows": "x = xs[0]; xs = xs[1:]; xs.append(x)",
    "the second goes": "x = xs[0]; xs = xs[2:]; out.append(x)",
    "the last one is taken": "x = xs[-1]; xs = xs[1:]; out.append(x)",
    "something comes between": "x = xs[0]; g(x); xs = xs[1:]; out.append(x)",
    "at the end, with unknown code before": "x = xs[0]; g(x); xs = xs[1:]",
    "at the end, with a way past it": "x = xs[0]\n        if x:\n            continue\n        xs = xs[1:]",
    "into itself": "xs = xs[0]; xs = xs[1:]; out.append(xs)",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    body = SILENT[case].replace("; ", "\n        ")
    source = f"def f(xs: list[int]):\n    out = []\n    while xs:\n        {body}\n    return out\n"
    assert rewritten(source, "f", RULE) is None


OTHERS = {
    "unknown kind": "def f(xs):\n    while xs:\n        x = xs[0]\n        xs = xs[1:]\n        print(x)\n",
    "cut short by the outer loop": """
def f(xs: list[int], ys: list[int]):
    for y in ys:
        while xs:
            x = xs[0]
            xs = xs[1:]
            if x == y:
                break
""",
    "read before it is bound again": """
def f(ys: list[list[int]]):
    rest: list[int] = []
    for y in ys:
        print(rest)
        rest = list(y)
        while rest:
            x = rest[0]
            rest = rest[1:]
            if x:
                break
""",
    "seen by a nested function": """
def f(xs: list[int]):
    def left():
        return len(xs)
    while xs:
        x = xs[0]
        xs = xs[1:]
        print(left())
""",
    "seen by a handler": """
def f(xs: list[int]):
    try:
        while xs:
            x = xs[0]
            xs = xs[1:]
            g(x)
    except ValueError:
        return xs
""",
    "another test": """
def f(xs: list[int]):
    while len(xs) > 1:
        x = xs[0]
        xs = xs[1:]
        g(x)
""",
    "own len": """
def len(x): return 0
def f(xs: list[int]):
    while len(xs):
        x = xs[0]
        xs = xs[1:]
        g(x)
""",
}


@pytest.mark.parametrize("case", OTHERS)
def test_silent_around(case: str) -> None:
    assert rewritten(OTHERS[case], "f", RULE) is None


def test_comment_stays() -> None:
    after = rewritten(FIRES["two lines"], "f", RULE)
    assert after is not None
    assert "for x in xs" in after and "# the next one" in after
    assert "xs[:]" not in after


def test_copy_where_the_body_may_change_the_list() -> None:
    after = rewritten(FIRES["the body changes the argument"], "f", RULE)
    assert after is not None and "for x in xs[:]:" in after
