"""Text gathered in an attribute."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import Make, assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES

RULE = "attribute-text"
CLASS = """
class C:
    def __init__(self) -> None:
        self.text = "<"
        self.n = 0

    def f(self, rows: list[str], n: int):
"""
FIRES = {
    "conditions, an inner loop, a local": """
        count = 0
        for i, row in enumerate(rows):
            if not row:
                continue
            elif i > n:
                break
            for c in row:
                self.text += c * 1 if False else c
                count += 1
            mark = row.upper()
            # a comment
            self.text += mark + "|"
        return count
""".replace("c * 1 if False else c", "c"),
    "two attributes, one at a time": """
        for row in rows:
            self.text += row
        for i in range(n):
            self.text += "."
        return self
""",
    "a list beside it": """
        seen = []
        for row in rows:
            self.text += f"{row},"
            seen.append(row)
        return seen
""",
    "read before and after": """
        before = self.text
        for row in rows:
            self.text += row
        return before, self.text
""",
}


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(rows=st.lists(st.sampled_from(["", "a", "b c", "é"]), max_size=4), n=st.integers(-1, 3))
def test_same_behaviour(case: str, rows: list[str], n: int) -> None:
    source = CLASS + FIRES[case].removeprefix("\n")
    receiver = Make(lambda space: space["C"]())
    assert assert_equivalent(source, "C.f", RULE, [(receiver, rows, n)])


def test_argument_of_an_annotated_class() -> None:
    source = """
from dataclasses import dataclass

@dataclass
class Page:
    text: str

def f(page: Page, rows: tuple[str, ...]):
    for row in rows:
        page.text += row
"""
    made = Make(lambda space: space["Page"]("a"))
    assert assert_equivalent(source, "f", RULE, [(made, ("b", "c")), (made, ())])


SILENT = {
    "read in the loop": "self.text += row; print(self.text)",
    "read under another name": "self.text += row; print(rows.text)",
    "a method could read it": "self.text += row; self.g()",
    "anybody could read it": "self.text += row; g()",
    "formatting could read it": "self.text += f'{other}'",
    "conversion could read it": "self.text += str(other)",
    "may raise half-way": "self.text += row[0]",
    "may raise on a number": "self.text += f'{n}'",
    "not text": "self.text += other",
    "another operation": "self.n += 1",
    "returned from": "self.text += row\n            return 1",
    "paused": "self.text += row\n            yield row",
    "bound": "self.text += row\n            self.text = ''",
    "another object that may be the same": "self.text += row; other.text += row",
    "an object of any kind": "other.text += row",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    body = SILENT[case].replace("; ", "\n            ")
    source = CLASS.replace("n: int", "n: int, other") + f"        for row in rows:\n            {body}\n"
    assert rewritten(source, "C.f", RULE) is None


GOOD = CLASS + "        for row in rows:\n            self.text += row\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class C:", "class C(Base):"),
        ("class C:", "class C(metaclass=Meta):"),
        ("class C:", "@register\nclass C:"),
        ("class C:", "@dataclass(frozen=True)\nclass C:"),
        ("        self.text = ", "        pass\n\n    text = "),
        ("        self.text = ", "        pass\n\n    text: str = "),
        ("            self.text += row", "            self.text += row\n            print(self)"),
        ("            self.text += row", "            self.text += row\n            assert row"),
        ("            self.text += row", "            self.text += row\n            n = other.text"),
        (
            "            self.text += row",
            "            self.text += row\n        else:\n            print(self.text)",
        ),
        ("class C:", "class C:\n    def __setattr__(self, name, value): g(name)\n"),
        ("class C:", "class B:\n    def __getattr__(self, name): g(name)\n\nclass C(B):"),
        ("class C:", "class C:\n    text = property(g, g)\n"),
        ("class C:", "class C:\n    @property\n    def text(self): return g()\n"),
        ('self.text = "<"', "self.text = g()"),
        ('self.text = "<"', "if g():\n            self.text = ''"),
        ('self.text = "<"', "self.text: MyText = ''"),
        ("    def f(", "    def g(self):\n        self.text = 3\n\n    def f("),
        ("    def f(", "    def g(self):\n        del self.text\n\n    def f("),
        ("    def f(", "    def g(self):\n        for self.text in 'ab': pass\n\n    def f("),
        ("    def f(", "    @staticmethod\n    def f("),
        ("        for row", "        self = rows\n        for row"),
        ("        for row", "        g = lambda: self.text\n        for row"),
        ("rows: list[str]", "rows"),
        ("rows: list[str]", "rows: Iterable[str]"),
    ],
)
def test_silent_around(old: str, new: str) -> None:
    assert old in GOOD
    assert rewritten(GOOD, "C.f", RULE) is not None
    assert rewritten(GOOD.replace(old, new), "C.f", RULE) is None


@pytest.mark.parametrize(
    "field",
    ["text: str = field(init=False)", "text: ClassVar[str] = ''", "text: InitVar[str]", "text: bytes"],
)
def test_fields_that_instances_do_not_hold(field: str) -> None:
    source = f"""
from dataclasses import dataclass

@dataclass
class Page:
    {field}

def f(page: Page, rows: list[str]):
    for row in rows:
        page.text += row
"""
    assert rewritten(source, "f", RULE) is None
    assert rewritten(source.replace(field, "text: str = 'a'"), "f", RULE) is not None
    assert rewritten(source.replace(field, "text: str").replace("@dataclass", ""), "f", RULE) is None


def test_in_a_handler() -> None:
    body = """
        try:
            for row in rows:
                self.text += row
        finally:
            print(self.n)
"""
    made = Make(lambda space: _prepared(space["C"]))
    assert assert_equivalent(CLASS + body.removeprefix("\n"), "C.f", RULE, [(made, ["a"], 1)])


def _prepared(class_: Any) -> object:
    made = class_()
    made.text = "x"
    return made
