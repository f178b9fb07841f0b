"""Requests to visits: what one client did without a long pause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from logs.parse import Request

PAUSE_S = 30 * 60
"""A client silent for longer starts a new visit."""


@dataclass
class Visit:
    client: str
    start: int
    end: int
    landing: str
    """First page."""
    leaving: str
    """Last page."""
    pages: int = 1

    @property
    def seconds(self) -> int:
        return self.end - self.start


def visits(requests: Iterable[Request], pause_s: int = PAUSE_S) -> list[Visit]:
    """Visits in the order in which they began; ``requests`` must be in order of time."""
    found: list[Visit] = []
    latest: dict[str, Visit] = {}
    for request in requests:
        visit = latest.get(request.client)
        if visit is None or request.time - visit.end > pause_s:
            visit = Visit(request.client, request.time, request.time, request.path, request.path)
            latest[request.client] = visit
            found.append(visit)
        else:
            visit.end = request.time
            visit.leaving = request.path
            visit.pages += 1
    return found


def newcomers_by_hour(sightings: Iterable[tuple[str, int]]) -> dict[int, int]:
    """Hour of the day (UTC) -> clients seen for the first time in it; sightings are (client, time)."""
    seen: list[str] = []
    newcomers: dict[int, int] = dict.fromkeys(range(24), 0)
    for client, time in sightings:
        if client not in seen:
            seen.append(client)
            newcomers[time // 3600 % 24] += 1
    return newcomers
