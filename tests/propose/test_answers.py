from __future__ import annotations

import pytest

from hasten.agent.propose.answers import AnswerRefused, NothingToGain, parse_answer
from hasten.agent.propose.edits import apply_edits

SOURCE = """\
import os


def load(path):
    return open(path).read().split()


class Report:
    def __init__(self, rows):
        self.rows = rows

    def totals(self):
        out = {}
        for row in self.rows:
            out[row] = self.rows.count(row)
        return out

    def names(self):
        return [row for row in self.rows]
"""
EDITABLE = ("r.py::Report.totals", "r.py::load")
KNOWN = (
    *EDITABLE,
    "r.py::Report",
    "r.py::Report.names",
    "r.py::Report.__init__",
)
TOTALS = "def totals(self):\n    return Counter(self.rows)"
METHOD = "    def totals(self):\n        return Counter(self.rows)"
LOAD = "def load(path):\n    return _read(path)"
ELIDED = "def load(path):\n    # ... rest unchanged"
HELPERS = "_SEP = 1\n\n\ndef _read(path):\n    return []"
IMPORT = "from collections import Counter"


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}\n```\n"


def applied(answer: str) -> str:
    edits = parse_answer(answer, EDITABLE, KNOWN).edits
    return apply_edits({"r.py": SOURCE}.get, edits)["r.py"]


WANTED = SOURCE.replace("import os\n", f"import os\n{IMPORT}\n").replace(
    """\
        out = {}
        for row in self.rows:
            out[row] = self.rows.count(row)
        return out
""",
    "        return Counter(self.rows)\n",
)
IMPORTS = f"### r.py::imports\n{fenced(IMPORT)}"


@pytest.mark.parametrize(
    "answer",
    [
        f"### r.py::Report.totals\n{fenced(TOTALS)}\n{IMPORTS}",
        f"### `r.py::Report.totals`\n\n{fenced(METHOD)}\n{IMPORTS}",
        f"**r.py::Report.totals()**:\n{fenced(TOTALS)}\n**imports**\n{fenced(IMPORT)}",
        f"{fenced(TOTALS, 'python r.py::Report.totals')}{fenced(IMPORT, 'python r.py::imports')}",
        f"{fenced(TOTALS, 'r.py::Report.totals')}{IMPORTS}",
        fenced(f"# r.py::Report.totals\n{IMPORT}\n\n\n{TOTALS}"),
        fenced(f"{IMPORT}\n\n{TOTALS}"),
        fenced(f"{IMPORT}\n\nclass Report:\n    ...\n\n{METHOD}"),
        f"### shop/r.py::Report.totals\n{fenced(f'{IMPORT}{chr(10)}class Report:{chr(10)}{METHOD}')}",
        f"~~~~python r.py::Report.totals\n{IMPORT}\n{TOTALS}\n~~~~",
        f"<think>```python\nnonsense\n```</think>### r.py::Report.totals\n{fenced(TOTALS)}{IMPORTS}",
        f"### r.py::Report.totals\r\n```python\r\n{IMPORT}\r\n{TOTALS}\r\n```",
        f"Before:\n{fenced('x = slow()')}\nAfter:\n### r.py::Report.totals\n{fenced(TOTALS)}{IMPORTS}",
        f"### r.py::Report\n{fenced(f'class Report:{chr(10)}{METHOD}')}{IMPORTS}",
    ],
)
def test_ways_to_say_the_same(answer: str) -> None:
    assert applied(answer) == WANTED


def test_headline() -> None:
    answer = parse_answer(
        "**TITLE:** Count rows once.\n\nWHY: `count` scans all rows\nfor each row.\n\n"
        f"### r.py::Report.totals\n{fenced(TOTALS)}",
        EDITABLE,
    )
    assert answer.title == "Count rows once"
    assert answer.hypothesis == "`count` scans all rows for each row."


def test_a_missing_title_is_made_and_a_long_one_cut() -> None:
    block = f"### r.py::load\n{fenced('def load(path): return []')}"
    assert parse_answer(block, EDITABLE).title == "Speed up load"
    long = parse_answer("Title: " + "word " * 40 + "\n" + block, EDITABLE).title
    assert len(long) <= 72 and long.endswith("word…")


def test_several_definitions_and_helpers() -> None:
    answer = parse_answer(
        f"### r.py::Report.totals\n{fenced(TOTALS)}"
        f"### r.py::load\n{fenced(LOAD)}"
        f"### r.py::helpers\n{fenced(HELPERS)}",
        EDITABLE,
        KNOWN,
    )
    assert [edit.qualname for edit in answer.edits] == ["Report.totals", "load"]
    assert answer.edits[0].helpers == ("_SEP = 1", "def _read(path):\n    return []")
    assert answer.edits[1].helpers == ()


def test_search_and_replace_inside_a_definition() -> None:
    block = (
        "<<<<<<< SEARCH\n            out[row] = self.rows.count(row)\n=======\n"
        "            out[row] = out.get(row, 0) + 1\n>>>>>>> REPLACE"
    )
    answer = f"### r.py::Report.totals\n{fenced(block)}"
    assert applied(answer) == SOURCE.replace("self.rows.count(row)", "out.get(row, 0) + 1")
    assert parse_answer(answer, EDITABLE).edits[0].qualname == "Report.totals"


def test_a_docstring_may_hold_a_fence() -> None:
    code = 'def load(path):\n    """Load.\n\n```\nload(x)\n```\n    """\n    return []'
    assert parse_answer(f"### r.py::load\n{fenced(code)}", EDITABLE).edits[0].new == code + "\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("I would rather not.", "no fenced code block"),
        ("", "no fenced code block"),
        (f"### r.py::Report.totals\n```python\n{TOTALS}", "cut off"),
        ("<think>so many", "thinking"),
        (
            f"### r.py::Report.names\n{fenced('def names(self): return []')}",
            "`.*names` may not be changed",
        ),
        (f"### shop/other.py::f\n{fenced('def f(): ...')}", "`shop/other.py::f` may not be changed"),
        (f"### tests/test_report.py::test\n{fenced('def test(): ...')}", "may not be changed"),
        (f"### r.py::Report.totals\n{fenced('print(1)')}", "neither a definition"),
        (
            f"### r.py::load\n{fenced(ELIDED)}",
            "given whole",
        ),
        (fenced("x = 1"), "No block changes"),
        (IMPORTS, "No block changes"),
        (
            f"### r.py::load\n{fenced(f'def load(p): ...{chr(10)}def _new(self): ...')}",
            "new method",
        ),
        (fenced(f"class Report:\n{METHOD}\n    def extra(self): ..."), "`extra` of the class `Report`"),
        ('{"path": "r.py", "code": "def load(): ..."}', "no fenced code block"),
    ],
)
def test_garbage_is_refused_with_a_reason(answer: str, reason: str) -> None:
    with pytest.raises(AnswerRefused, match=reason):
        parse_answer(answer, EDITABLE, KNOWN)


def test_what_does_not_parse_is_left_for_the_edit_to_explain() -> None:
    edit = parse_answer(f"### r.py::load\n{fenced('def load(path:')}", EDITABLE).edits[0]
    with pytest.raises(ValueError, match="does not parse"):
        apply_edits({"r.py": SOURCE}.get, [edit])


def test_nothing_to_gain_is_an_answer() -> None:
    with pytest.raises(NothingToGain):
        parse_answer("NOTHING TO GAIN: the time is in the parser of the standard library.", EDITABLE)
