"""Timestamps in ISO formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import MyStr, anything

RULE = "strptime-iso"
FORMATS = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%fZ",
]
SOURCE = """
from datetime import datetime

def f(texts: list[str]):
    out = []
    for text in texts:
        try:
            out.append(datetime.strptime(text, "FORMAT"))
        except (ValueError, TypeError) as error:
            out.append((type(error).__name__, str(error)))
    return out
"""


@st.composite
def written(draw: st.DrawFn, layout: str) -> object:
    """A moment written in the format, mostly right, with every deviation strptime forgives or refuses."""
    ranges = {"%Y": (0, 9999, 4), "%m": (0, 13, 2), "%d": (0, 32, 2), "%H": (0, 24, 2), "%M": (0, 60, 2)}
    ranges |= {"%S": (0, 62, 2), "%f": (0, 999_999, 6)}
    text = layout
    for part, (low, high, width) in ranges.items():
        digits = draw(st.sampled_from([width, width, width, width, 1, width - 1]))
        text = text.replace(part, str(draw(st.integers(low, high))).zfill(digits))
    changes = ["", "", "", " ", "\n", "Z", "+00:00", "x"]
    text = draw(st.sampled_from(["", "", "", " "])) + text + draw(st.sampled_from(changes))
    odd = draw(st.sampled_from([str, str, str, str, MyStr, _arabic, _bytes, _other_gap]))
    return odd(text)


def _arabic(text: str) -> str:
    return text.translate({ord("1"): "\u0661"})


def _bytes(text: str) -> bytes:
    return text.encode()


def _other_gap(text: str) -> str:
    return text.replace("T", "t").replace(" ", "  ")


@pytest.mark.parametrize("layout", FORMATS)
@CASES
@given(data=st.data())
def test_same_moments_and_messages(layout: str, data: st.DataObject) -> None:
    found = data.draw(st.lists(written(layout), min_size=2, max_size=5))
    assert assert_equivalent(SOURCE.replace("FORMAT", layout), "f", RULE, [(found,)])


@CASES
@given(value=anything)
def test_values_that_are_no_text(value: object) -> None:
    assert assert_equivalent(SOURCE.replace("FORMAT", FORMATS[2]), "f", RULE, [([value],)])


def test_every_day_of_every_month() -> None:
    found = [f"{y}-{m:02}-{d:02}" for y in (1900, 2000, 2023, 2024) for m in range(14) for d in range(33)]
    assert assert_equivalent(SOURCE.replace("FORMAT", FORMATS[0]), "f", RULE, [(found,)])


def test_through_the_module_and_a_constant() -> None:
    source = """
import datetime
STAMP = "%Y-%m-%d"

def f(text: str):
    return datetime.datetime.strptime(text, STAMP).date(), datetime.datetime.strptime(text.strip(), STAMP)
"""
    assert assert_equivalent(source, "f", RULE, [("2024-02-29",), ("2023-02-29",), (" 2024-1-1 ",), ("",)])
    after = rewritten(source, "f", RULE)
    assert after is not None
    assert "import re\n" in after
    assert after.count("def _f_datetime") == 1 and after.count("_f_datetime(text.strip())") == 1


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndef f(s, l):\n    return datetime.strptime(s, l)\n",
        "from datetime import datetime\ndef f(s):\n    return datetime.strptime(s, '%d.%m.%Y')\n",
        "from datetime import datetime\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%dT%H:%M:%S%z')\n",
        "from datetime import datetime\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%d %H')\n",
        "from datetime import datetime\ndef f(s):\n    return datetime.strptime(*s)\n",
        "from datetime import date as datetime\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%d')\n",
        "class datetime: ...\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%d')\n",
        "def f(s, datetime):\n    return datetime.strptime(s, '%Y-%m-%d')\n",
        "import time\ndef f(s):\n    return time.strptime(s, '%Y-%m-%d')\n",
        "re = 1\nfrom datetime import datetime\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%d')\n",
        "from datetime import datetime\ntype = 1\ndef f(s):\n    return datetime.strptime(s, '%Y-%m-%d')\n",
        "def f(s):\n    return datetime.strptime(s, '%Y-%m-%d')\nfrom datetime import datetime\n",
    ],
)
def test_silent(source: str) -> None:
    assert rewritten(source, "f", RULE) is None


@pytest.mark.parametrize("layout", FORMATS)
def test_lines_are_short(layout: str) -> None:
    after = rewritten(SOURCE.replace("FORMAT", layout), "f", RULE)
    assert after is not None and max(map(len, after.splitlines())) < 89
