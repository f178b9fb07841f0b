from __future__ import annotations

from pathlib import Path

import pytest

from textindex.corpus import read_corpus
from textindex.report import main, render

TEXTS = "# one\noak elm\n# two\nelm elm ash\n"


def test_the_report() -> None:
    assert list(render(read_corpus(TEXTS), ["ash", "fir"])) == [
        "2 documents of 2.5 words",
        "",
        "ash",
        "    0.6407  two",
        "",
        "fir",
        "  nothing found",
    ]


def test_no_queries() -> None:
    assert list(render(read_corpus(""), [])) == ["0 documents of 0.0 words"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, queries = tmp_path / "texts.txt", tmp_path / "queries.txt"
    texts.write_text(TEXTS)
    queries.write_text("elm\n\n")
    assert main([str(texts), str(queries)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[3:]] == ["two", "one"]


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = tmp_path / "texts.txt"
    assert main([str(texts), str(texts)]) == 1
    texts.write_text("# one\n\n# one\n")
    assert main([str(texts), str(texts)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "textindex: one is in the collection already"
    assert main([]) == 2
