"""When to look at the pairs and what to say then: the stopping rule, chosen before the first pair. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from math import ceil, log, log2

from hasten.agent.judge import counts, eprocess, statistics
from hasten.agent.judge.statistics import LARGE_EFFECT_PAIRS, MIN_EFFECT, NULL_MARGIN, Step
from hasten.agent.types import Rule

SLOW_S = 10.0
"""Executions longer than this may be decided by four pairs, all above 1.2x."""
STANDARD = Rule()
WIDE = Rule(
    sizes=(8, 12, 18, 27, 40, 60, 90, 135),
    levels=(0.0040, 0.0013, 0.0010, 0.0009, 0.0008, 0.0007, 0.0007, 0.0006),
)
"""For machines whose noise floor is above the minimum effect: more pairs, the same total level. The first
look is that of the standard rule, as large effects are as cheap there."""
OPEN_ENDED = Rule("e-process", sizes=(400,), levels=(0.01,))
"""For budgets without an end in sight: looks after every pair; 400 are where the patience of anyone ends."""
COUNTED = Rule("count", sizes=(3,), levels=(0.0,))


def rule_for(
    *,
    share: float = 1.0,
    noise: float | None = None,
    min_effect: float = MIN_EFFECT,
    null_margin: float = NULL_MARGIN,
    large: bool = False,
    open_ended: bool = False,
    counted: bool = False,
) -> Rule:
    """The stopping rule of one workload.

    ``share`` is the part of the total level (.01) that this workload may spend when several could each win
    the acceptance; ``noise`` the spread of identical programs, where it was measured; ``large`` admits the
    early look at executions that take very long; ``counted`` is for instructions, which hardly vary.
    """
    if counted:
        return replace(COUNTED, min_effect=min_effect, null_margin=null_margin)
    noisy = noise is not None and noise > log(min_effect)
    rule = OPEN_ENDED if open_ended else WIDE if noisy else STANDARD
    levels = tuple(level * share for level in rule.levels)
    sizes = rule.sizes if open_ended else reachable(rule.sizes, levels)
    return replace(
        rule,
        sizes=sizes,
        levels=levels,
        min_effect=min_effect,
        null_margin=null_margin,
        large=large and not open_ended,
    )


def reachable(sizes: Sequence[int], levels: Sequence[float]) -> tuple[int, ...]:
    """``sizes``, enlarged where even pairs that all agree (p = 2**-n) could not reach the level of a look."""
    fewest = [max(n, ceil(log2(1 / level))) for n, level in zip(sizes, levels, strict=True)]
    return tuple(accumulate(fewest, lambda before, n: max(before + 1, n)))


def look(d: Sequence[float], rule: Rule) -> Step | None:
    """What the data say now; None when no look is due at this number of pairs."""
    n = len(d)
    if rule.large and n == LARGE_EFFECT_PAIRS:
        step = statistics.decide_large(d, rule)
        return step if step.decision else None
    if rule.test == "e-process":
        return eprocess.decide(d, rule)
    if n not in rule.sizes:
        return None
    return counts.decide(d, rule) if rule.test == "count" else statistics.decide(d, rule)


def conclude(d: Sequence[float], rule: Rule) -> Step | None:
    """The first look at ``d``, from its start, that decides; None when none does."""
    if rule.test == "e-process" and not rule.large:
        return eprocess.conclude(d, rule)
    steps = (look(d[:n], rule) for n in range(1, len(d) + 1))
    return next((step for step in steps if step is not None and step.decision), None)


def early(d: Sequence[float], rule: Rule) -> Step:
    """The figures when measuring had to stop between two looks: no decision, so inconclusive."""
    if rule.test == "e-process":
        return replace(eprocess.decide(d, rule), decision="inconclusive")
    return statistics.stop(d, null_margin=rule.null_margin)
