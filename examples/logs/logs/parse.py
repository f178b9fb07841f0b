"""Access log lines to requests.

The log format is ``time client "request" status bytes "referrer" "agent"``, which is nginx's
``$time_iso8601 $remote_addr "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

LINE = re.compile(r'(\S+) (\S+) "([A-Z]+) ([^ ?"]+)[^"]*" (\d{3}) (\d+) "([^"]*)" "([^"]*)"')


class Request(NamedTuple):
    """One line of the log."""

    time: int
    """Seconds since the epoch."""
    client: str
    method: str
    path: str
    """Without the query."""
    status: int
    size: int
    """Bytes of the body."""
    referrer: str
    """Empty when the browser sent none."""
    agent: str


def parse_line(line: str) -> Request | None:
    """The request of a line, or ``None`` when the line is not in the format (scanners send such things)."""
    match = LINE.match(line)
    if match is None:
        return None
    time, client, method, path, status, size, referrer, agent = match.groups()
    try:
        seconds = int(datetime.fromisoformat(time).timestamp())
    except ValueError:
        return None
    referrer = "" if referrer == "-" else referrer
    return Request(seconds, client, method, path, int(status), int(size), referrer, agent)


def family(agent: str) -> str:
    """``bot``, ``mobile``, ``desktop`` or ``other``, by what the user agent says of itself."""
    if re.search(r"bot|crawl|spider|slurp", agent, re.IGNORECASE):
        return "bot"
    if re.search(r"Mobile|Android|iPhone", agent):
        return "mobile"
    if re.search(r"Windows NT|Macintosh|X11", agent):
        return "desktop"
    return "other"


def parse(lines: Iterable[str]) -> tuple[list[Request], int]:
    """(requests, number of lines skipped); blank lines count as neither."""
    requests: list[Request] = []
    skipped = 0
    for line in lines:
        if not line.strip():
            continue
        request = parse_line(line)
        if request is None:
            skipped += 1
        else:
            requests.append(request)
    return requests, skipped
