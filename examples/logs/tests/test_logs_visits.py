from __future__ import annotations

from logs.parse import Request
from logs.visits import Visit, newcomers_by_hour, visits


def request(time: int, client: str, path: str = "/") -> Request:
    return Request(time, client, "GET", path, 200, 100, "", "Browser/1")


def test_a_pause_begins_a_new_visit() -> None:
    requests = [request(0, "a", "/in"), request(100, "a", "/on"), request(201, "a", "/back")]
    assert visits(requests, pause_s=100) == [
        Visit("a", 0, 100, "/in", "/on", 2),
        Visit("a", 201, 201, "/back", "/back", 1),
    ]


def test_the_pause_itself_still_belongs_to_the_visit() -> None:
    assert [visit.seconds for visit in visits([request(0, "a"), request(100, "a")], pause_s=100)] == [100]


def test_clients_are_told_apart_and_visits_come_by_start() -> None:
    requests = [request(0, "b"), request(1, "a"), request(2, "b"), request(3, "c")]
    assert [(visit.client, visit.pages) for visit in visits(requests)] == [("b", 2), ("a", 1), ("c", 1)]


def test_a_newcomer_counts_in_the_hour_of_the_first_request() -> None:
    hour = 3600
    sightings = [("a", hour), ("b", hour + 1), ("a", 2 * hour), ("c", 26 * hour)]
    newcomers = newcomers_by_hour(sightings)
    assert list(newcomers) == list(range(24))
    assert {hour: count for hour, count in newcomers.items() if count} == {1: 2, 2: 1}


def test_nobody_came() -> None:
    assert visits([]) == []
    assert sum(newcomers_by_hour([]).values()) == 0
