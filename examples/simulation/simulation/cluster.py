"""Round robin: who waits longest is served next, but for one turn only."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.jobs import Job


def round_robin(jobs: Sequence[Job], slots: int) -> list[int]:
    """The tick at whose end each job is done, in the order of ``jobs``, which is that of arrival.

    In every tick each slot takes the job at the head of the line and works on it for one turn. Jobs that need
    more go to the end of the line, behind those that arrive in the next tick.
    """
    left = [job.work for job in jobs]
    done = [0] * len(jobs)
    waiting: list[int] = []
    unfinished: list[int] = []
    arrived = 0
    tick = 0
    while arrived < len(jobs) or waiting or unfinished:
        while arrived < len(jobs) and jobs[arrived].arrival <= tick:
            waiting.append(arrived)
            arrived += 1
        waiting.extend(unfinished)
        unfinished = []
        for _ in range(min(slots, len(waiting))):
            index = waiting.pop(0)
            left[index] -= 1
            if left[index]:
                unfinished.append(index)
            else:
                done[index] = tick
        tick += 1
    return done


def waits(jobs: Sequence[Job], done: Sequence[int]) -> list[int]:
    """Ticks between arrival and end in which no slot worked for the job, in the order of ``jobs``."""
    return [end + 1 - job.arrival - job.work for job, end in zip(jobs, done, strict=True)]
