from __future__ import annotations

import pytest

from logs.parse import Request, family, parse, parse_line

LINE = (
    '2025-03-03T10:00:05+00:00 10.0.0.7 "GET /walks/fern-2 HTTP/1.1" 200 5123 '
    '"https://ref.example/" "Browser/1 (X11)"'
)


def test_a_line() -> None:
    assert parse_line(LINE) == Request(
        1740996005, "10.0.0.7", "GET", "/walks/fern-2", 200, 5123, "https://ref.example/", "Browser/1 (X11)"
    )


def test_the_query_is_cut_off_and_no_referrer_is_empty() -> None:
    request = parse_line('2025-03-03T12:00:05+02:00 ::1 "POST /search?q=oak&p=2 HTTP/2" 404 0 "-" ""')
    assert request is not None
    assert (request.path, request.referrer, request.agent) == ("/search", "", "")
    assert request.time == 1740996005


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no log line",
        '2025-03-03T10:00:05+00:00 10.0.0.7 "\\x16\\x03\\x01" 400 157 "-" "-"',
        'yesterday 10.0.0.7 "GET / HTTP/1.1" 200 5 "-" "-"',
        '2025-03-03T10:00:05+00:00 10.0.0.7 "GET / HTTP/1.1" OK 5 "-" "-"',
    ],
)
def test_what_is_not_in_the_format_is_none(line: str) -> None:
    assert parse_line(line) is None


def test_skipped_lines_are_counted_blank_ones_are_not() -> None:
    requests, skipped = parse([LINE, "", "rubbish", "   ", LINE])
    assert [request.client for request in requests] == ["10.0.0.7", "10.0.0.7"]
    assert skipped == 1
    assert parse([]) == ([], 0)


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("ExampleBot/2.1 (X11)", "bot"),
        ("Mozilla/5.0 (Linux; Android 14) Mobile Safari", "mobile"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64)", "desktop"),
        ("mobile in lower case", "other"),
        ("", "other"),
    ],
)
def test_families(agent: str, kind: str) -> None:
    assert family(agent) == kind
