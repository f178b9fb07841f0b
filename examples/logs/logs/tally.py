"""Counting and ranking."""

from __future__ import annotations

from collections.abc import Sequence


def tally(values: list[str]) -> dict[str, int]:
    """How often each value occurs, by value."""
    return {value: values.count(value) for value in sorted(set(values))}


def most_common(values: list[str], limit: int) -> list[tuple[str, int]]:
    """The most frequent values first; among equals, by value."""
    counts = tally(values)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


def share(part: int, whole: int) -> float:
    """``part`` in per cent of ``whole``; 0 of nothing is 0."""
    return 100.0 * part / whole if whole else 0.0


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile; 0 when there are no values."""
    if not values:
        return 0
    ranked = sorted(values)
    rank = -(-percent * len(ranked) // 100)
    return ranked[max(rank, 1) - 1]
