"""When the peers say "faster": their rules, from the constants they publish. Pure.

Each rule sees the wall seconds of fresh processes before (``a``) and after (``b``) the change, taken the way
its tool takes them, and says whether it would call the change faster. The functions are ours; files and
constants are the sources' (``owner/repository:path``). Tools made for calls of microseconds inside one
process are judged here on whole programs, which is what hasten judges; codeflash in its own regime as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import log
from random import Random
from statistics import fmean, median, stdev
from typing import Literal

from benchmarks.judge.classic import (
    percentile,
    pooled_t,
    rank_sum_exact,
    rank_sum_normal,
    student_p,
    welch,
)
from hasten.agent.judge.statistics import signed_rank_p

Times = Sequence[float]
Block = Callable[[Times], int | None]
"""How many of the times at hand one side takes; ``None`` when there are too few."""


@dataclass(frozen=True)
class Peer:
    """A rule and the design of its samples: all before then all after, or in turn as A B B A A B B A."""

    name: str
    source: str
    design: Literal["phased", "ABBA"]
    block: Block
    decide: Callable[[Times, Times], bool]
    warmups: int = 0
    """Executions thrown away at the start of each side."""


def fixed(runs: int) -> Block:
    return lambda times: runs if len(times) >= runs else None


def codeflash_block(times: Times) -> int | None:
    """Up to 10 s, stopped when the running minimum has stayed within 0.25% for 35% of the loops that fit in.

    ``codeflash-ai/codeflash:codeflash/code_utils/config_consts.py`` (TOTAL_LOOPING_TIME 10.0,
    STABILITY_WINDOW_SIZE 0.35, STABILITY_CENTER_TOLERANCE and STABILITY_SPREAD_TOLERANCE 0.0025), applied to
    the best time so far in ``codeflash/verification/pytest_plugin.py``.
    """
    spent, least, lows = 0.0, times[0] if times else 0.0, []
    for n, seconds in enumerate(times, 1):
        spent += seconds
        least = min(least, seconds)
        lows.append(least)
        window = max(1, round(0.35 * 10 * n / spent))
        flat = n >= window and lows[-window] <= least * 1.0025
        if spent >= 10 or flat:
            return n
    return None


def codeflash(a: Times, b: Times, *, floor: float) -> bool:
    """(before - after) / after above the noise floor, of the minimum on each side.

    ``codeflash/result/critic.py``; MIN_IMPROVEMENT_THRESHOLD 0.05, doubled in CI, trebled below 10 us.
    """
    return (min(a) - min(b)) / min(b) > floor


def trimmed(times: Times) -> list[float]:
    """Without what lies outside the quartiles by more than 1 interquartile range."""
    low, high = percentile(times, 0.25), percentile(times, 0.75)
    return [x for x in times if low - (high - low) <= x <= high + (high - low)]


def swe_perf_delta(a: Times, b: Times, most: float = 1.0) -> float:
    """Largest x, in steps of .001 up to ``most``, for which a(1 - x) is still larger: one-sided p < .1.

    Mann-Whitney: ``SWE-Perf/SWE-Perf:evaluation/utils.py``; its p as scipy has it for more than 8 values.
    """
    before, after = trimmed(a), trimmed(b)
    found = 0.0
    for step in range(round(most * 1000) + 1):
        x = step / 1000
        if rank_sum_normal([t * (1 - x) for t in before], after) >= 0.1:
            break
        found = x
    return found


def swe_perf(a: Times, b: Times, *, least: float) -> bool:
    """A significant improvement above 0, or of at least ``least``.

    20 runs after 3 warm-ups, base before patch: ``SWE-Perf/SWE-Perf:evaluation/test_spec.py``.
    """
    wanted = max(least, 0.001)
    return swe_perf_delta(a, b, wanted) >= wanted


def swefficiency(a: Times, b: Times) -> bool:
    """Mean over mean, no threshold: ``swefficiency/swefficiency:swefficiency/harness/run_validation.py``."""
    return fmean(a) / fmean(b) > 1


def swefficiency_filtered(a: Times, b: Times) -> bool:
    """Dropped where after > before - 2 sigma(after).

    ``swefficiency/swefficiency:analysis/adhoc/old_hf_dataset/instances_to_keep_speedup.py``, its only filter.
    """
    return fmean(b) <= fmean(a) - 2 * stdev(b)


def gso(a: Times, b: Times) -> bool:
    """Speedup, rounded to one digit, of at least 1.2 over 5 iterations each.

    ``gso-bench/gso:src/gso/harness/grading/metrics.py`` and ``evalscript.py``, MIN_PROB_SPEEDUP in
    ``src/gso/constants.py`` (some versions of these files: 1.1, not rounded). The second half of the rule,
    0.95 of an expert's speedup, needs an expert.
    """
    return fmean(a) > fmean(b) and round(fmean(a) / fmean(b), 1) >= 1.2


def hyperfine_block(times: Times) -> int | None:
    """At least 10 runs and 3 s, counted from the first run: ``sharkdp/hyperfine:src/options.rs``."""
    count = max(10, int(3.0 / times[0])) if times else 0
    return count if 0 < count <= len(times) else None


def mean_above(a: Times, b: Times, *, ratio: float) -> bool:
    """Ratio of means, as in ``sharkdp/hyperfine:src/benchmark/relative_speed.rs``, read with a margin."""
    return fmean(a) / fmean(b) > ratio


def hyperfine_welch(a: Times, b: Times) -> bool:
    """Welch's t-test at .05, two-sided: ``sharkdp/hyperfine:scripts/welch_ttest.py``."""
    t, df = welch(a, b)
    return t > 0 and student_p(t, df) < 0.05


def pyperf(a: Times, b: Times) -> bool:
    """Student's t at 95%, two-sided: ``psf/pyperf:pyperf/_utils.py``; 20 processes: ``_runner.py``."""
    t, df = pooled_t(a, b)
    return t > 0 and student_p(t, df) <= 0.05


def benchstat(a: Times, b: Times) -> bool:
    """Exact Mann-Whitney at .05, two-sided, 10 runs each.

    ``golang/perf:benchmath/sample.go`` (CompareAlpha 0.05), ``:cmd/benchstat/main.go`` ("at least 10 times").
    """
    return 2 * rank_sum_exact(a, b) <= 0.05


def asv(a: Times, b: Times) -> bool:
    """Exact Mann-Whitney p < .002, two-sided, and medians apart by more than a factor of 1.1.

    ``airspeed-velocity/asv:asv/_stats.py`` and ``:asv/commands/common_args.py``.
    """
    return 2 * rank_sum_exact(a, b) < 0.002 and median(b) < median(a) / 1.1


def best_of(a: Times, b: Times) -> bool:
    """Least of five against least of five, with a margin of 5%: what a careful person does by hand."""
    return min(a) / min(b) > 1.05


def ratio_of_medians(a: Times, b: Times) -> bool:
    """Lower end of a 95% bootstrap interval (400 resamples of pairs) of the ratio of medians above 1."""
    rng, n = Random(0), len(a)
    ratios = []
    for _ in range(400):
        drawn = rng.choices(range(n), k=n)
        ratios.append(median(a[i] for i in drawn) / median(b[i] for i in drawn))
    return percentile(ratios, 0.025) > 1


def wilcoxon(a: Times, b: Times) -> bool:
    """Wilcoxon's signed-rank test on pairs, one-sided p < .01."""
    return signed_rank_p(log(x / y) for x, y in zip(a, b, strict=True)) < 0.01


PEERS = (
    Peer("codeflash > 5%", "codeflash", "phased", codeflash_block, partial(codeflash, floor=0.05)),
    Peer("codeflash > 10% (CI)", "codeflash", "phased", codeflash_block, partial(codeflash, floor=0.10)),
    Peer("SWE-Perf δ > 0", "SWE-Perf", "phased", fixed(20), partial(swe_perf, least=0.0), 3),
    Peer("SWE-Perf δ ≥ 5%", "SWE-Perf", "phased", fixed(20), partial(swe_perf, least=0.05), 3),
    Peer("SWE-fficiency mean > 1", "swefficiency", "phased", fixed(20), swefficiency),
    Peer("SWE-fficiency, 2σ filter", "swefficiency", "phased", fixed(20), swefficiency_filtered),
    Peer("GSO ≥ 1.2", "gso", "phased", fixed(5), gso),
    Peer("hyperfine mean > 1.05", "hyperfine", "phased", hyperfine_block, partial(mean_above, ratio=1.05)),
    Peer("hyperfine Welch", "hyperfine", "phased", hyperfine_block, hyperfine_welch),
    Peer("pyperf-style t, 20 v 20", "pyperf", "phased", fixed(20), pyperf),
    Peer("benchstat 10 v 10", "benchstat", "phased", fixed(10), benchstat),
    Peer("asv", "asv", "phased", fixed(10), asv),
    Peer("min of 5 > 1.05", "folklore", "phased", fixed(5), best_of),
    Peer("ABBA, 20 pairs, CI of medians", "textbook", "ABBA", fixed(20), ratio_of_medians),
    Peer("ABBA, 20 pairs, Wilcoxon", "textbook", "ABBA", fixed(20), wilcoxon),
)
