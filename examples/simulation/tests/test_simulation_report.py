from __future__ import annotations

import pytest

from simulation.capacity import busy_share, splits
from simulation.jobs import Job, night
from simulation.report import clock, main, percentile, render


@pytest.mark.parametrize(
    ("slots", "largest", "ways"),
    [
        (0, 0, 1),
        (0, 5, 1),
        (1, 1, 1),
        (3, 3, 3),
        (5, 5, 7),
        (5, 2, 3),
        (5, 0, 0),
        (10, 10, 42),
        (4, 9, 5),
        (20, 20, 627),
    ],
)
def test_splits(slots: int, largest: int, ways: int) -> None:
    assert splits(slots, largest) == ways


def test_less_than_no_slots_cannot_be_split() -> None:
    assert splits(-1, 3) == 0


def test_busy_share() -> None:
    assert busy_share(30, 4, 10) == 75.0
    assert busy_share(0, 4, 0) == 0.0


def test_a_night_is_the_same_every_time() -> None:
    assert night(5, seed=3) == night(5, seed=3)
    assert night(400, seed=3) != night(400, seed=4)
    assert night(300, seed=3) == night(400, seed=3)[:300]
    assert night(0) == []


def test_a_night_comes_in_order_of_arrival_and_with_work() -> None:
    jobs = night(3000)
    arrivals = [job.arrival for job in jobs]
    assert arrivals == sorted(arrivals)
    assert all(job.work >= 1 for job in jobs)
    assert {job.kind for job in jobs} == {0, 1, 2}


def test_percentile() -> None:
    assert percentile([], 50) == 0
    assert [percentile([30, 10, 20], percent) for percent in (0, 33, 34, 100)] == [10, 10, 20, 30]


def test_clock() -> None:
    assert [clock(ticks) for ticks in (0, 11, 12, 720)] == ["0:00:00", "0:00:55", "0:01:00", "1:00:00"]


def test_the_report_of_three_jobs() -> None:
    assert list(render([Job(0, 0, 2), Job(2, 0, 1), Job(0, 0, 3)], 1)) == [
        "jobs             3   on 1 slots, turns of 5 s",
        "all done   0:00:30   (100.0% busy)",
        "splits           1   ways to share out the slots",
        "",
        "kind          jobs  wait p50       p90       p99",
        "invoice          2   0:00:10   0:00:15   0:00:15",
        "export           0   0:00:00   0:00:00   0:00:00",
        "training         1   0:00:05   0:00:05   0:00:05",
    ]


def test_an_empty_night() -> None:
    assert list(render([], 3))[1] == "all done   0:00:00   (0.0% busy)"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--jobs", "40", "--slots", "4", "--seed", "2"])
    assert capsys.readouterr().out.splitlines() == list(render(night(40, 2), 4))
    with pytest.raises(SystemExit):
        main(["--slots", "0"])
