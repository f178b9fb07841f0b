from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from logs.report import main, read_lines, render

DESKTOP = "Mozilla/5.0 (X11; Linux x86_64)"


def line(second: int, client: str, path: str, agent: str = DESKTOP) -> str:
    return (
        f'2025-03-03T10:00:{second:02d}+00:00 {client} "GET {path} HTTP/1.1" 200 {second + 10} "-" "{agent}"'
    )


LOG = [
    line(0, "10.0.0.1", "/b"),
    line(1, "10.0.0.2", "/a"),
    line(2, "10.0.0.1", "/a"),
    line(3, "10.0.0.3", "/a", "Bot"),
]


def test_the_report_leaves_robots_out_of_the_pages() -> None:
    lines = list(render([*LOG, "rubbish"]))
    assert lines[0] == "requests          4   (1 lines skipped)"
    assert lines[2] == "visits            2   (50.0% one page only)"
    pages = lines.index("pages (2 different)")
    assert lines[pages + 1 : pages + 3] == ["        2  66.7%  /a", "        1  33.3%  /b"]
    clients = lines.index("clients (3 different)")
    assert lines[clients + 1 : clients + 3] == ["        2  50.0%  10.0.0.1", "        1  25.0%  10.0.0.2"]
    assert "status  200: 4" in lines
    assert "  10h     2" in lines


def test_an_empty_log() -> None:
    assert next(iter(render([]))) == "requests          0   (0 lines skipped)"


def test_a_compressed_log_reads_as_a_plain_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(LOG) + "\n"
    plain, packed = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_lines(plain) == read_lines(packed) == LOG
    assert main([str(packed)]) == 0
    assert capsys.readouterr().out.splitlines() == list(render(LOG))


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.log")]) == 1
    assert capsys.readouterr().err.startswith("logs: ")
    assert main([]) == 2
