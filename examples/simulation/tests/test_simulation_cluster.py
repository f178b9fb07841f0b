from __future__ import annotations

import pytest

from simulation.cluster import round_robin, waits
from simulation.jobs import Job, night


def jobs(*pairs: tuple[int, int]) -> list[Job]:
    """Jobs from (arrival, work)."""
    return [Job(0, arrival, work) for arrival, work in pairs]


def test_one_slot_serves_in_turns() -> None:
    # Turns go to 0, 1, 2, 0, 2, 2.
    assert round_robin(jobs((0, 2), (0, 1), (0, 3)), 1) == [3, 1, 5]


def test_with_slots_for_all_nobody_waits() -> None:
    line = jobs((0, 2), (0, 1), (1, 3))
    done = round_robin(line, 3)
    assert done == [1, 0, 3]
    assert waits(line, done) == [0, 0, 0]


def test_arrivals_go_before_those_that_come_back() -> None:
    # The first job comes back in tick 1, in which the second arrives.
    assert round_robin(jobs((0, 2), (1, 1)), 1) == [2, 1]


def test_the_cluster_stands_idle_until_the_next_arrival() -> None:
    assert round_robin(jobs((2, 1), (7, 2)), 4) == [2, 8]


def test_those_who_come_back_keep_their_order() -> None:
    assert round_robin(jobs((0, 2), (0, 2), (0, 2), (0, 2)), 2) == [2, 2, 3, 3]


@pytest.mark.parametrize("slots", [1, 5])
def test_no_jobs(slots: int) -> None:
    assert round_robin([], slots) == []


def test_all_work_is_done_and_no_slot_is_used_twice() -> None:
    line = night(700, seed=5)
    done = round_robin(line, 9)
    assert all(wait >= 0 for wait in waits(line, done))
    assert max(done) + 1 >= sum(job.work for job in line) / 9
    assert max(done.count(tick) for tick in set(done)) <= 9


def test_equal_jobs_end_in_order_of_arrival() -> None:
    done = round_robin([Job(0, 0, 3)] * 50, 4)
    assert done == sorted(done)


def test_the_jobs_are_left_alone() -> None:
    line = jobs((0, 2), (0, 1))
    round_robin(line, 1)
    assert line == jobs((0, 2), (0, 1))
