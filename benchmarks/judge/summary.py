"""What the live decisions add up to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.judge.classic import percentile, share_bound, share_interval
from benchmarks.judge.live import GAINS
from benchmarks.judge.results import Line
from hasten.agent.judge.screening import RACE_ROUNDS, RACE_SIZE

RACE_RUNS = (1 + RACE_ROUNDS) * (1 + RACE_SIZE)
"""Executions of a race, the discarded first round included."""
KEPT = "faster"


@dataclass(frozen=True)
class Count:
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Exact, 95%, two-sided."""
        return share_interval(self.hits, self.of)

    @property
    def bound(self) -> float:
        """Exact, 95%, from above."""
        return share_bound(self.hits, self.of)


@dataclass(frozen=True)
class Gain:
    """Decisions about candidates of one real speedup: a race against five nulls, then confirmation."""

    effect: float
    truth: float
    """Measured separately, mean over the programs."""
    kept: Count
    pairs: tuple[float, float]
    """Mean and 90th percentile, of the confirmations that kept it."""
    seconds: tuple[float, float]
    """Mean and 90th percentile of race and confirmations together."""
    runs: float
    within_10s: Count


@dataclass(frozen=True)
class Live:
    """Everything decided under one condition."""

    label: str
    machine: str
    batches: int
    confirmations: int
    """Of null candidates, in the batches without a real gain."""
    nulls: Count
    """Null candidates that were kept, of those that raced."""
    null_seconds: float
    """Mean of a batch of six."""
    bystanders: Count
    """Null candidates that were kept instead of the real gain they raced with."""
    slower: Count
    slower_seconds: float
    gains: tuple[Gain, ...]
    bounds: Count
    """Kept gains whose lower bound lies above the true speedup."""
    loads: tuple[float, float]
    """Lowest and highest load average at the end of a decision."""


def kept(line: Line, effect: float | None = None) -> bool:
    """Whether a decision ended in keeping a candidate (of that effect)."""
    return any(c["decision"] == KEPT and effect in (None, c["effect"]) for c in line["confirmed"])


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and 90th percentile; zeros for none."""
    return (fmean(values), percentile(values, 0.9)) if values else (0.0, 0.0)


def truths(lines: Sequence[Line]) -> dict[tuple[str, float], float]:
    """True speedup by program and nominal effect; the mean where it was measured more than once."""
    found: dict[tuple[str, float], list[float]] = {}
    for line in lines:
        if line["kind"] == "truth":
            found.setdefault((line["program"], line["effect"]), []).append(line["speedup"])
    return {key: fmean(values) for key, values in found.items()}


def summarise(label: str, lines: Sequence[Line]) -> Live:
    """Fold the lines of one file of results."""
    known = truths(lines)
    nulls = [line for line in lines if line["kind"] == "null"]
    slower = [line for line in lines if line["kind"] == "slower"]
    gains = [line for line in lines if line["kind"] == "gain"]
    decided = [*nulls, *slower, *gains]
    loads = [line["load"] for line in decided] or [0.0]
    return Live(
        label=label,
        machine=next((line["machine"] for line in lines if line["kind"] == "setup"), ""),
        batches=len(nulls),
        confirmations=sum(len(line["confirmed"]) for line in nulls),
        nulls=Count(sum(map(kept, nulls)), RACE_SIZE * len(nulls)),
        null_seconds=spread([line["seconds"] for line in nulls])[0],
        bystanders=Count(sum(kept(line, 1.0) for line in gains), (RACE_SIZE - 1) * len(gains)),
        slower=Count(sum(map(kept, slower)), len(slower)),
        slower_seconds=spread([line["seconds"] for line in slower])[0],
        gains=tuple(found for effect in GAINS if (found := gain(effect, gains, known))),
        bounds=bounds(gains, known),
        loads=(min(loads), max(loads)),
    )


def gain(effect: float, lines: Sequence[Line], known: dict[tuple[str, float], float]) -> Gain | None:
    """The decisions about one real speedup; ``None`` when there are none."""
    mine = [line for line in lines if line["effect"] == effect]
    if not mine:
        return None
    confirmations = [c for line in mine for c in line["confirmed"]]
    accepted = [c for c in confirmations if c["effect"] == effect and c["decision"] == KEPT]
    true = [value for (_, e), value in known.items() if e == effect]
    return Gain(
        effect=effect,
        truth=fmean(true) if true else effect,
        kept=Count(len(accepted), len(mine)),
        pairs=spread([c["pairs"] for c in accepted]),
        seconds=spread([line["seconds"] for line in mine]),
        runs=RACE_RUNS + 2 * sum(c["pairs"] for c in confirmations) / len(mine),
        within_10s=Count(sum(line["seconds"] <= 10 for line in mine), len(mine)),
    )


def bounds(gains: Sequence[Line], known: dict[tuple[str, float], float]) -> Count:
    """How often the lower bound of a kept gain lies above its true speedup."""
    kept_gains = [
        (c["low"], known[line["program"], line["effect"]])
        for line in gains
        for c in line["confirmed"]
        if c["decision"] == KEPT
        and c["effect"] == line["effect"]
        and (line["program"], line["effect"]) in known
    ]
    return Count(sum(low > true for low, true in kept_gains), len(kept_gains))
