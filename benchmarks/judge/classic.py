"""Textbook tests and intervals, in plain Python. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, groupby
from math import comb, erfc, exp, inf, lgamma, log, log1p, sqrt
from statistics import fmean, variance


def percentile(values: Sequence[float], share: float) -> float:
    """Quantile with linear interpolation between order statistics (numpy's default)."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


@cache
def rank_sum_tails(m: int, n: int) -> tuple[float, ...]:
    """P(U >= u) for u = 0..mn under the null hypothesis, samples of ``m`` and ``n`` without ties.

    The numbers of orderings are the coefficients of the Gaussian binomial (Mann and Whitney, 1947).
    """
    counts = [1] + [0] * (m * n)
    for k in range(1, m + 1):
        for u in range(m * n, n + k - 1, -1):
            counts[u] -= counts[u - n - k]
        for u in range(k, m * n + 1):
            counts[u] += counts[u - k]
    total = comb(m + n, m)
    return tuple(count / total for count in list(accumulate(reversed(counts)))[::-1])


def u_statistic(a: Sequence[float], b: Sequence[float]) -> tuple[int, int]:
    """Pairs with a > b, and pairs with a = b."""
    return sum(x > y for x in a for y in b), sum(x == y for x in a for y in b)


def rank_sum_exact(a: Sequence[float], b: Sequence[float]) -> float:
    """Exact one-sided p of the Mann-Whitney test that ``a`` is larger; ties count against it."""
    return rank_sum_tails(len(a), len(b))[u_statistic(a, b)[0]]


def rank_sum_normal(a: Sequence[float], b: Sequence[float]) -> float:
    """One-sided p that ``a`` is larger: normal approximation, corrected for ties and continuity."""
    m, n = len(a), len(b)
    larger, tied = u_statistic(a, b)
    sizes = [len(list(group)) for _, group in groupby(sorted([*a, *b]))]
    ties = sum(size**3 - size for size in sizes) / ((m + n) * (m + n - 1))
    spread = sqrt(m * n / 12 * (m + n + 1 - ties))
    if spread == 0:
        return 1.0
    return normal_tail((larger + tied / 2 - m * n / 2 - 0.5) / spread)


def normal_tail(z: float) -> float:
    """P(Z > z) of the standard normal distribution."""
    return 0.5 * erfc(z / sqrt(2))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front / _fraction(lambda k: _beta_term(a, b, x, k))


def _beta_term(a: float, b: float, x: float, k: int) -> float:
    m = k // 2
    if k % 2 == 0:
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _fraction(term: Callable[[int], float]) -> float:
    """1 + t1/(1 + t2/(1 + ...)), forwards (Lentz's method, no denominator allowed to vanish)."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for k in range(1, 500):
        d = 1 / ((1 + term(k) * d) or tiny)
        c = (1 + term(k) / c) or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


def student_p(t: float, df: float) -> float:
    """Two-sided p of Student's t with ``df`` degrees of freedom."""
    return incomplete_beta(df / 2, 0.5, df / (df + t * t))


def welch(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """Welch's t (above 0 where ``a`` is larger) and its degrees of freedom."""
    va, vb = variance(a) / len(a), variance(b) / len(b)
    if va + vb == 0:
        return (fmean(a) - fmean(b)) * inf if fmean(a) != fmean(b) else 0.0, len(a) + len(b) - 2
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return (fmean(a) - fmean(b)) / sqrt(va + vb), df


def pooled_t(a: Sequence[float], b: Sequence[float]) -> tuple[float, int]:
    """Student's t of two samples of equal variance, and its degrees of freedom."""
    df = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * variance(a) + (len(b) - 1) * variance(b)) / df
    error = sqrt(pooled * (1 / len(a) + 1 / len(b)))
    if error == 0:
        return (fmean(a) - fmean(b)) * inf if fmean(a) != fmean(b) else 0.0, df
    return (fmean(a) - fmean(b)) / error, df


def share_interval(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) two-sided interval of a share: ``hits`` of ``of``."""
    if of == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else _solve(lambda p: incomplete_beta(hits, of - hits + 1, p), tail)
    high = 1.0 if hits == of else _solve(lambda p: incomplete_beta(hits + 1, of - hits, p), 1 - tail)
    return low, high


def share_bound(hits: int, of: int, level: float = 0.95) -> float:
    """Exact one-sided upper bound of a share."""
    return share_interval(hits, of, 2 * level - 1)[1]


def _solve(rising: Callable[[float], float], target: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2
