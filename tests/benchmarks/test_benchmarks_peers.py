"""The peers' rules at their published thresholds."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.judge import peers, replay
from benchmarks.judge.classic import u_statistic
from benchmarks.judge.peers import PEERS, Peer
from benchmarks.judge.pool import Loops, Pool, Series

BY_NAME = {peer.name: peer for peer in PEERS}


def noisy(n: int, centre: float, spread: float = 0.01, seed: int = 1) -> list[float]:
    rng = Random(seed)
    return [centre * (1 + rng.gauss(0, spread)) for _ in range(n)]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_rule_sees_twice_the_speed_and_no_rule_sees_half(peer: Peer) -> None:
    slow, fast = noisy(20, 1.0), noisy(20, 0.5, seed=2)
    assert peer.decide(slow, fast)
    assert not peer.decide(fast, slow)


def test_codeflash_wants_more_than_5_percent_of_the_new_minimum() -> None:
    rule = BY_NAME["codeflash > 5%"].decide
    assert rule([1.06, 9.0], [1.0, 9.0])
    assert not rule([1.049, 1.2], [1.0, 0.99 + 0.02])
    in_ci = BY_NAME["codeflash > 10% (CI)"].decide
    assert not in_ci([1.09], [1.0])
    assert in_ci([1.11], [1.0])


def test_codeflash_stops_when_its_minimum_is_flat() -> None:
    flat = peers.codeflash_block([0.05] * 300)
    assert flat == 70  # 35% of the 200 loops that fit into 10 s.
    falling = [0.05 * 0.99**i for i in range(50)] + [0.05 * 0.99**50] * 400
    found = peers.codeflash_block(falling)
    assert found is not None
    assert found > 100
    assert peers.codeflash_block([0.05] * 20) is None


def test_codeflash_takes_at_most_ten_seconds() -> None:
    falling = [0.5 * 0.99**i for i in range(100)]
    assert peers.codeflash_block(falling) == 23  # 0.5 s * (1 - 0.99**23) / 0.01 is just above 10 s.


def test_swe_perf_trims_at_one_interquartile_range() -> None:
    assert peers.trimmed([1, 2, 3, 4, 5, 7, 20]) == [1, 2, 3, 4, 5, 7]


def test_swe_perf_delta_is_the_largest_significant_gain() -> None:
    before, after = noisy(20, 1.0), noisy(20, 0.8, seed=2)
    delta = peers.swe_perf_delta(before, after)
    assert 0.18 < delta < 0.21
    assert peers.swe_perf_delta(before, after, 0.05) == 0.05
    assert peers.swe_perf_delta(after, before) == 0.0


def test_swefficiency_has_no_threshold() -> None:
    assert peers.swefficiency([1.0001, 1.0], [1.0, 1.0])
    assert not peers.swefficiency([1.0, 1.0], [1.0, 1.0])
    assert not peers.swefficiency_filtered([1.02, 1.02], [0.98, 1.02])
    assert peers.swefficiency_filtered([1.2, 1.2], [0.99, 1.01])


def test_gso_rounds() -> None:
    assert peers.gso([1.16] * 5, [1.0] * 5)
    assert not peers.gso([1.14] * 5, [1.0] * 5)


def test_hyperfine_takes_ten_runs_or_three_seconds() -> None:
    assert peers.hyperfine_block([0.05] * 100) == 60
    assert peers.hyperfine_block([2.0] * 100) == 10
    assert peers.hyperfine_block([0.05] * 59) is None


def test_asv_wants_both_significance_and_a_factor() -> None:
    assert not peers.asv(noisy(10, 1.0), noisy(10, 0.93, seed=2))
    assert peers.asv(noisy(10, 1.0), noisy(10, 0.88, seed=2))
    overlapping = [1.0, 1.1, 1.2, 1.3, 0.8, 0.7, 1.0, 1.1, 1.2, 1.3]
    assert not peers.asv(overlapping, [x / 1.15 for x in overlapping])


def test_benchstat_at_its_critical_value() -> None:
    # 10 against 10: U = 77 is significant at .05 two-sided, 76 is not.
    b = [float(10 * i) for i in range(10)]
    a = [x + 5 for x in b]  # U = 55
    assert not peers.benchstat(a, b)
    at = [65.0] * 0 + [x + 27 for x in b[:7]] + [91.0, 92.0, 93.0]  # 3+4+5+6+7+8+9, then 3 x 10
    assert u_statistic(at, b) == (72, 0)
    assert not peers.benchstat(at, b)
    assert peers.benchstat([*at[2:], 94.0, 95.0], b)


def series_of(values: list[float]) -> Series:
    starts = [sum(values[:i]) for i in range(len(values))]
    return Series("p", tuple(starts), tuple(values), tuple(values))


def test_phased_windows_do_not_overlap_and_skip_warmups() -> None:
    series = series_of([float(i + 1) for i in range(46)])
    found = replay.window(BY_NAME["SWE-Perf δ > 0"], series, 0, 2.0)
    assert found is not None
    assert list(found.a) == [float(i) for i in range(4, 24)]
    assert list(found.b) == [i / 2 for i in range(27, 47)]
    assert found.runs == 46
    assert found.seconds == sum(range(1, 47))
    assert replay.window(BY_NAME["SWE-Perf δ > 0"], series, 1, 2.0) is None


def test_alternating_windows_go_a_b_b_a() -> None:
    series = series_of([float(i) for i in range(1, 41)])
    found = replay.window(BY_NAME["ABBA, 20 pairs, Wilcoxon"], series, 0, 1.0)
    assert found is not None
    assert found.a[:4] == [1.0, 4.0, 5.0, 8.0]
    assert found.b[:4] == [2.0, 3.0, 6.0, 7.0]


def test_rates_of_a_quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "WINDOWS", 20)
    series = series_of(noisy(1500, 0.05, 0.002))
    loops = Loops("p", (0.001,) * 6, (1000,) * 6, (5.0,) * 6)
    rows = {row.name: row for row in replay.rows(Pool("quiet", "", (series,), (loops,)))}
    assert set(rows) == {*BY_NAME, "codeflash > 5%, 1 ms calls in one process"}
    assert rows["asv"].accepted[1.0] == 0
    assert rows["asv"].accepted[1.30] == 1
    assert 0.2 < rows["SWE-fficiency mean > 1"].accepted[1.0] < 0.8
    assert all(row.accepted[1 / 1.05] <= row.accepted[1.0] <= row.accepted[1.30] for row in rows.values())


def test_a_series_too_short_for_a_rule_says_nothing() -> None:
    pool = Pool("quiet", "", (series_of([0.05] * 12),), ())
    assert {row.name for row in replay.rows(pool)} == {"GSO ≥ 1.2", "min of 5 > 1.05"}
