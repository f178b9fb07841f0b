"""What a number of slots allows for."""

from __future__ import annotations


def splits(slots: int, largest: int) -> int:
    """In how many ways ``slots`` can be shared out to tenants, none of whom gets more than ``largest``.

    Who gets which share does not matter: 3 slots can be split as 3, 2+1 and 1+1+1.
    """
    if slots == 0:
        return 1
    if slots < 0 or largest == 0:
        return 0
    return splits(slots - largest, largest) + splits(slots, largest - 1)


def busy_share(work: int, slots: int, ticks: int) -> float:
    """Share of the slots' time that went into work, in per cent; 0 of no time is 0."""
    return 100.0 * work / (slots * ticks) if ticks else 0.0
