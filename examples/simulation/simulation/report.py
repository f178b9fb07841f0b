"""``python -m simulation.report --jobs 36000 --slots 40``: the night's figures on standard output."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from simulation.capacity import busy_share, splits
from simulation.cluster import round_robin, waits
from simulation.jobs import KINDS, Job, night

TICK_S = 5


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile; 0 when there are no values."""
    if not values:
        return 0
    ranked = sorted(values)
    rank = -(-percent * len(ranked) // 100)
    return ranked[max(rank, 1) - 1]


def clock(ticks: int) -> str:
    """Ticks as hours, minutes and seconds."""
    seconds = ticks * TICK_S
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def render(jobs: Sequence[Job], slots: int) -> Iterator[str]:
    """The lines of the report on a night."""
    done = round_robin(jobs, slots)
    span = max(done, default=-1) + 1
    work = sum(job.work for job in jobs)
    by_kind: list[list[int]] = [[] for _ in KINDS]
    for job, wait in zip(jobs, waits(jobs, done), strict=True):
        by_kind[job.kind].append(wait)

    yield f"jobs      {len(jobs):>8}   on {slots} slots, turns of {TICK_S} s"
    yield f"all done  {clock(span):>8}   ({busy_share(work, slots, span):.1f}% busy)"
    yield f"splits    {splits(slots, slots):>8}   ways to share out the slots"
    yield ""
    yield f"{'kind':<10}{'jobs':>8}{'wait p50':>10}{'p90':>10}{'p99':>10}"
    for kind, times in zip(KINDS, by_kind, strict=True):
        quantiles = "".join(f"{clock(percentile(times, percent)):>10}" for percent in (50, 90, 99))
        yield f"{kind:<10}{len(times):>8}{quantiles}"


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--jobs", type=positive, default=1000, help="how many jobs the night brings")
    parser.add_argument("--slots", type=positive, default=8, help="how many run at a time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    for line in render(night(options.jobs, options.seed), options.slots):
        print(line)


if __name__ == "__main__":
    main()
