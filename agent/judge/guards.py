"""What a gain must not cost: wall time, CPU time, memory. Pure decisions on measured pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log
from statistics import median

from hasten.agent.judge import statistics
from hasten.agent.judge.base import Criteria
from hasten.agent.types import Measurement, Pair, Sample
from hasten.sandbox.base import MIB

GUARD_LEVEL = 0.05
"""Chance of refusing a harmless change because some other workload looks slower; shared by all of them."""
VETO_PAIRS = 8
FEW_VETO_PAIRS = 4
CLEAR_GAIN = 2.0
"""From this speedup on four solo pairs are enough: all four have to be slower to veto it."""
SLOWER_LEVEL = 0.05
HIDDEN_LEVEL = 0.01
"""Stricter, as small honest gains drown in the noise of solo runs: at .05, 2 of 40 real gains of 1.05x were
refused on a machine with four times more to do than cores."""
TRADED_LEVEL = 0.10
"""Loose, as it refuses nothing by itself: where processor time seems to grow, the wall clock has to agree."""
MEMORY_SLACK = 16 * MIB
"""Growth below this is allocator noise and small tables, not memory bought for speed."""


def ratio(pairs: Sequence[Pair], value: Callable[[Sample], float]) -> float:
    """Hodges-Lehmann estimate of before/after of ``value``."""
    return exp(statistics.hodges_lehmann(_logs(pairs, value)))


def _logs(pairs: Sequence[Pair], value: Callable[[Sample], float]) -> list[float]:
    return statistics.log_ratios((value(a), value(b)) for a, b in pairs)


def elapsed(sample: Sample) -> float:
    """Wall seconds without the wait for a core, where the kernel tells; plain wall seconds elsewhere."""
    if sample.blocked_s is None:
        return sample.wall_s
    return sample.cpu_s + sample.blocked_s


def veto_pairs(speedup: float) -> int:
    """How many solo pairs a side-by-side gain is checked with."""
    return FEW_VETO_PAIRS if speedup > CLEAR_GAIN else VETO_PAIRS


def wall_veto(solo: Sequence[Pair], speedup: float, criteria: Criteria) -> str | None:
    """Why a gain in CPU time is no gain for the person who waits; None when it is.

    ``solo`` are pairs run one after the other on one core. Refused when the change is slower there (p at
    most .05, or all of four), when it is slower by more than the allowed growth and not by sheer chance
    (p at most .25), and when the time passed shrinks by less than half (in logarithms) of what the CPU time
    promises (p at most .01, or all of four): then work went to a process that nobody accounts for.
    """
    d = _logs(solo, elapsed)
    centre, p = statistics.hodges_lehmann(d), statistics.slower_p(d)
    few = 0.5 ** len(solo) if len(solo) < VETO_PAIRS else 0.0
    if p <= max(few, SLOWER_LEVEL) or (centre < -log(criteria.max_wall_growth) and p <= 0.25):
        return f"it uses less processor time but takes {exp(-centre):.2f}x as long when run alone"
    cpu_before = median(a.cpu_s for a, _ in solo)
    idle = max(0.0, median(elapsed(a) - a.cpu_s for a, _ in solo))
    promised = log((cpu_before + idle) / (cpu_before / speedup + idle))
    if statistics.signed_rank_p(promised / 2 - x for x in d) <= max(few, HIDDEN_LEVEL):
        return _uncounted(speedup, exp(centre))
    return hidden_veto(solo, speedup)


def _uncounted(speedup: float, passed: float) -> str:
    return (
        f"its processor time falls {speedup:.2f}x but the time that passes only {passed:.2f}x: "
        "the work is done where it is not counted"
    )


def hidden_veto(pairs: Sequence[Pair], speedup: float) -> str | None:
    """Why less processor time and waiting is no gain; None when it is. ``pairs`` ran in turn on one core.

    The kernel charges a child to nobody when its parent ignores SIGCHLD, and a parent that waits for it
    spinning at idle priority waits for the core, as on a busy machine. But the wait for a core cannot grow
    while the program needs less of it: it is expected to shrink as the processor time does, and a wall time
    that falls by less than half (in logarithms) of what then remains is refused (p at most .01, or all of
    four).
    """
    short = [_expected(a, b) / 2 - log(max(a.wall_s, 1e-7) / max(b.wall_s, 1e-7)) for a, b in pairs]
    few = 0.5 ** len(pairs) if len(pairs) < VETO_PAIRS else 0.0
    if statistics.signed_rank_p(short) > max(few, HIDDEN_LEVEL):
        return None
    return _uncounted(speedup, ratio(pairs, lambda s: s.wall_s))


def finish_veto(pairs: Sequence[Pair], speedup: float) -> str | None:
    """Whether the side that needs less processor time also ends sooner, where both share one core; refused as
    in ``hidden_veto`` when it does not, which the noise of the machine hides less here: both sides have it.

    With equal shares the other side still has s - 1 of its s parts to do while it has the core for itself:
    wall times differ by (1 + s) / 2, more where others take a share too.
    """
    promised = [log((1 + max(1.0, a.cpu_s / max(b.cpu_s, 1e-7))) / 2) for a, b in pairs]
    walls = _logs(pairs, lambda s: s.wall_s)
    short = [each / 2 - wall for each, wall in zip(promised, walls, strict=True)]
    few = 0.5 ** len(pairs) if len(pairs) < VETO_PAIRS else 0.0
    if statistics.signed_rank_p(short) > max(few, HIDDEN_LEVEL):
        return None
    return _uncounted(speedup, ratio(pairs, lambda s: s.wall_s))


def _expected(before: Sample, after: Sample) -> float:
    """Logarithm of the gain in wall time that the gain in all else lets expect; at least 0."""
    queued = max(0.0, before.wall_s - elapsed(before))
    left = elapsed(after) + queued * min(1.0, after.cpu_s / max(before.cpu_s, 1e-7))
    return max(0.0, log(max(before.wall_s, 1e-7) / max(left, 1e-7)))


def veto(measurement: Measurement, criteria: Criteria) -> str | None:
    """Why a gain is not accepted for what it costs; None when it is, and for everything that is no gain."""
    if measurement.decision != "faster":
        return None
    reason = resource_veto(measurement.raw, criteria)
    if reason is None and measurement.solo:
        # Fewer instructions promise nothing about time; they must only not take longer.
        promised = 1.0 if measurement.metric == "instructions" else measurement.speedup
        reason = wall_veto(measurement.solo, promised, criteria)
    if reason is None and measurement.mode == "duet":
        reason = finish_veto(measurement.raw, measurement.speedup)
    if reason is None and measurement.metric == "cpu+blocked":
        reason = trade_veto(measurement.raw) or hidden_veto(measurement.raw, measurement.speedup)
    if reason is None:
        return None
    return f"{measurement.speedup:.2f}x faster on {measurement.workload}, but {reason}"


def trade_veto(pairs: Sequence[Pair]) -> str | None:
    """Why less waiting is no gain; None when it is.

    On a busy machine a program that waits in a loop instead of sleeping shares its core: of 20 ms it is
    charged 10, and seems to have gained the rest (1.12x at load 11, in each of three decisions). So where
    processor time seems to grow (p at most .10), the wall clock has to show a gain (p at most .01, or all of
    four): there the wait for a core counts.
    """
    cpu, wall = _logs(pairs, lambda s: s.cpu_s), _logs(pairs, lambda s: s.wall_s)
    few = 0.5 ** len(pairs) if len(pairs) < VETO_PAIRS else 0.0
    if statistics.slower_p(cpu) > max(few, TRADED_LEVEL):
        return None
    if statistics.signed_rank_p(wall) <= max(few, HIDDEN_LEVEL):
        return None
    grown = exp(-statistics.hodges_lehmann(cpu))
    return f"it waits less only by computing more ({grown:.2f}x), and the time that passes shows no gain"


def resource_veto(pairs: Sequence[Pair], criteria: Criteria) -> str | None:
    """Why a gain costs too much processor time or memory; None when it does not."""
    cpu = exp(-statistics.hodges_lehmann(_logs(pairs, lambda s: s.cpu_s)))
    counted = any(s.instructions for pair in pairs for s in pair)  # time below a counter tells nothing
    if cpu > criteria.max_cpu_growth and not counted:
        return f"it takes {cpu:.2f}x the processor time (at most {criteria.max_cpu_growth:.2f}x is allowed)"
    before, after = (median(pair[side].peak_rss_bytes for pair in pairs) for side in (0, 1))
    if after > before * criteria.max_rss_growth + MEMORY_SLACK:
        return (
            f"it needs {after / MIB:.0f} MiB of memory instead of {before / MIB:.0f} MiB "
            f"(at most {criteria.max_rss_growth:.2f}x is allowed)"
        )
    return None


def memory_ratio(pairs: Sequence[Pair]) -> float:
    """Before/after of the median peak memory; 0 when it was not measured."""
    before, after = (median(pair[side].peak_rss_bytes for pair in pairs) for side in (0, 1))
    return before / after if after else 0.0


def is_slower(measurement: Measurement, level: float) -> bool:
    """Whether a workload that the change need not help is made slower by it (signed-rank p at ``level``)."""
    return (
        measurement.decision == "slower"
        or statistics.slower_p(statistics.log_ratios(measurement.samples)) <= level
    )
