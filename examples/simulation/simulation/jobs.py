"""Jobs, and a night's worth of them made up from a seed. Times are in ticks of one turn."""

from __future__ import annotations

from typing import NamedTuple

KINDS = ("invoice", "export", "training")
RELEASED_PER_TICK = 400
"""The day's batch is released all but at once."""


class Job(NamedTuple):
    kind: int
    """Index into ``KINDS``."""
    arrival: int
    work: int
    """Turns that it needs, at least 1."""


def night(count: int, seed: int = 1) -> list[Job]:
    """``count`` jobs in order of arrival, the same on every machine.

    Of 32 jobs 29 are invoices (1 to 8 turns), 2 are exports (8 to 23) and one is a training (16 to 79). The
    numbers come from a linear congruential generator, whose low bits are poor and not used.
    """
    jobs: list[Job] = []
    state = seed
    for index in range(count):
        state = (1103515245 * state + 12345) & 0x7FFFFFFF
        draw = state >> 12
        lot = draw & 31
        arrival = index // RELEASED_PER_TICK
        if lot < 29:
            jobs.append(Job(0, arrival, 1 + (draw >> 5) % 8))
        elif lot < 31:
            jobs.append(Job(1, arrival, 8 + (draw >> 5) % 16))
        else:
            jobs.append(Job(2, arrival, 16 + (draw >> 5) % 64))
    return jobs
