"""The textbook tests against published tables and against counting every case."""

from __future__ import annotations

from itertools import combinations
from math import comb
from random import Random

import pytest

from benchmarks.judge import classic


@pytest.mark.parametrize(
    ("m", "n", "critical"),
    [(5, 5, 2), (8, 8, 13), (10, 10, 23), (20, 20, 127), (8, 10, 17)],
)
def test_two_sided_5_percent_critical_values_of_mann_whitney(m: int, n: int, critical: int) -> None:
    tails = classic.rank_sum_tails(m, n)
    assert 2 * tails[m * n - critical] <= 0.05 < 2 * tails[m * n - critical - 1]


def test_rank_sum_tails_count_every_ordering() -> None:
    m, n = 4, 3
    seen = [0] * (m * n + 1)
    for places in combinations(range(m + n), m):
        a, b = set(places), set(range(m + n)) - set(places)
        seen[sum(x > y for x in a for y in b)] += 1
    expected = [sum(seen[u:]) / comb(m + n, m) for u in range(m * n + 1)]
    assert classic.rank_sum_tails(m, n) == pytest.approx(expected)


def test_normal_approximation_is_close_to_the_exact_test() -> None:
    rng = Random(3)
    for _ in range(50):
        a = [rng.gauss(0.3, 1) for _ in range(20)]
        b = [rng.gauss(0, 1) for _ in range(20)]
        assert classic.rank_sum_normal(a, b) == pytest.approx(classic.rank_sum_exact(a, b), abs=0.005)


def test_normal_approximation_by_hand() -> None:
    # U = 24 of 25, mean 12.5, variance 25 * 11 / 12, continuity 0.5: z = 11 / 4.7871.
    a, b = [2.0, 7.0, 8.0, 9.0, 10.0], [1.0, 3.0 - 1.5, 1.2, 1.3, 5.0]
    assert classic.u_statistic(a, b) == (24, 0)
    assert classic.rank_sum_normal(a, b) == pytest.approx(classic.normal_tail(11 / (25 * 11 / 12) ** 0.5))


def test_ties_narrow_the_spread_and_identical_samples_prove_nothing() -> None:
    assert classic.rank_sum_normal([1.0] * 5, [1.0] * 5) == 1.0
    assert classic.rank_sum_normal([2.0, 2.0, 2.0, 3.0], [1.0, 1.0, 2.0, 2.0]) < 0.15
    assert classic.rank_sum_exact([1.0] * 5, [1.0] * 5) == 1.0


@pytest.mark.parametrize(
    ("df", "critical"),
    [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (38, 2.024), (100, 1.984)],
)
def test_two_sided_5_percent_critical_values_of_student(df: float, critical: float) -> None:
    assert classic.student_p(critical, df) == pytest.approx(0.05, abs=0.0002)
    assert classic.student_p(-critical, df) == classic.student_p(critical, df)


@pytest.mark.parametrize(("df", "critical"), [(3, 5.841), (12, 3.055), (60, 2.660)])
def test_two_sided_1_percent_critical_values_of_student(df: float, critical: float) -> None:
    assert classic.student_p(critical, df) == pytest.approx(0.01, abs=0.0001)


def test_incomplete_beta_of_whole_numbers_is_a_binomial_tail() -> None:
    for a, b, x in [(3, 5, 0.2), (7, 2, 0.9), (1, 1, 0.37), (10, 10, 0.5)]:
        n = a + b - 1
        tail = sum(comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
        assert classic.incomplete_beta(a, b, x) == pytest.approx(tail, rel=1e-10)


def test_welch_by_hand() -> None:
    # Means 3 and 6, variances 2.5 and 10, five values each: t = -3 / sqrt(2.5), df = 6.25 / 1.0625.
    t, df = classic.welch([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert t == pytest.approx(-3 / 2.5**0.5)
    assert df == pytest.approx(100 / 17)


def test_pooled_t_by_hand() -> None:
    t, df = classic.pooled_t([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert (t, df) == (pytest.approx(-3 / 2.5**0.5), 8)
    assert classic.pooled_t([1.0, 1.0], [1.0, 1.0]) == (0.0, 2)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 20, 0.0866, 0.4910), (10, 10, 0.6915, 1.0)],
)
def test_clopper_pearson(hits: int, of: int, low: float, high: float) -> None:
    assert classic.share_interval(hits, of) == pytest.approx((low, high), abs=0.0001)


def test_rule_of_three() -> None:
    assert classic.share_bound(0, 3000) == pytest.approx(3 / 3000, rel=0.01)
    assert classic.share_bound(0, 2087) == pytest.approx(0.0014, abs=0.0001)


def test_percentile_interpolates() -> None:
    assert classic.percentile([4, 1, 3, 2], 0.25) == 1.75
    assert classic.percentile([5], 0.9) == 5
