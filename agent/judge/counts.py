"""Deciding from instruction counts: three pairs under three hash seeds, all of which have to agree. Pure.

There is no sampling test here, as there is hardly anything random to test: the count of one program under one
hash seed repeats to a thousandth of a percent. What varies is the hash seed, shared within a pair. So every
pair must agree on its own, and pairs that disagree with each other prove that the counts of this program are
not repeatable (it draws numbers, it looks at the clock, it has threads): then nothing is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from hasten.agent.judge.statistics import Step, StepDecision, hodges_lehmann
from hasten.agent.types import Rule

AGREEMENT = 0.25
"""How far the pairs of a gain may lie apart, as a part of the smallest of the (logarithmic) gains."""


def decide(d: Sequence[float], rule: Rule) -> Step:
    """What log-ratios of instruction counts say, one for each hash seed.

    Faster: every one reaches ``min_effect`` and they agree. Slower: every one is below 1/``null_margin``.
    Same: every one lies between the two. Anything else is inconclusive, and there is no going on.

    The bounds are the smallest and the largest ratio seen. ``p`` is 0 when every pair is above the null
    margin and 1 otherwise: a statement about these counts, not the chance of an error.
    """
    gain, margin = log(rule.min_effect), log(rule.null_margin)
    decision: StepDecision = "inconclusive"
    if min(d) >= gain and max(d) - min(d) <= AGREEMENT * min(d):
        decision = "faster"
    elif max(d) < -margin:
        decision = "slower"
    elif -margin <= min(d) and max(d) < gain:
        decision = "same"
    p = 0.0 if min(d) > margin else 1.0
    alpha = rule.levels[0] if rule.levels else 0.0
    return Step(decision, exp(hodges_lehmann(d)), exp(min(d)), exp(max(d)), p, alpha, len(d))
