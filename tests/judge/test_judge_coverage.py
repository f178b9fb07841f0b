"""The stated levels hold under the rule that decides when to stop: a small ``benchmarks.judge.coverage``."""

from random import Random

import pytest

from benchmarks.judge import coverage
from benchmarks.judge.coverage import EFFECTS, NULLS, RULES, Job, Results, Tally
from benchmarks.judge.noise import ASYMMETRIC, SYMMETRIC
from hasten.agent.judge import sequential


def simulated(rule: str, scenarios: list[str], runs: int) -> Results:
    jobs = [Job(rule, scenario, effect, runs) for scenario in scenarios for effect in EFFECTS]
    return {(job.rule, job.scenario, job.effect): tally for job, tally in map(coverage.simulate, jobs)}


@pytest.mark.e2e
@pytest.mark.parametrize(("rule", "runs"), [("looks", 30), ("looks, noisy machine", 4), ("e-process", 2)])
def test_errors_stay_within_the_stated_level(rule: str, runs: int) -> None:
    results = simulated(rule, list(SYMMETRIC), runs)
    nulls = coverage.pooled(results, rule, list(SYMMETRIC), NULLS)
    every = coverage.pooled(results, rule, list(SYMMETRIC), EFFECTS)
    assert RULES[rule].level == pytest.approx(0.01)
    assert every.runs == runs * len(SYMMETRIC) * len(EFFECTS)
    for wrong, of in (
        (nulls.accepted, nulls.runs),
        (every.too_high, every.runs),
        (every.too_low, every.runs),
    ):
        assert wrong <= 2 + 2 * 0.01 * of, (
            "binomial bound at .01: at most one such test in 500 fails by chance"
        )
    assert all(results[rule, s, 2.0].accepted == runs for s in SYMMETRIC), "2x is always found"


def test_a_broken_bound_would_be_noticed() -> None:
    """No rubber stamp: where only the longer side is disturbed, the bounds do end up too high."""
    results = simulated("looks", ["only the longer one disturbed"], 40)
    broken = coverage.pooled(results, "looks", ["only the longer one disturbed"], [1.05])
    assert broken.too_high > 0.05 * broken.runs


def test_a_walk_by_blocks_decides_as_looking_after_every_pair_does() -> None:
    rule = RULES["e-process"]
    for seed in range(4):
        step = coverage.decide(SYMMETRIC["normal, sd .03"](Random(seed), 1.05), rule)
        pairs = SYMMETRIC["normal, sd .03"](Random(seed), 1.05)
        assert step == sequential.conclude([next(pairs) for _ in range(step.pairs)], rule)


def test_counts_and_rates() -> None:
    a, b = Tally(10, 1, 2, 0, 1, 0.04, 80), Tally(5, 0, 0, 1, 0, 0.02, 40)
    assert a + b == Tally(15, 1, 2, 1, 1, 0.06, 120)
    assert coverage.upper(0, 2704) == pytest.approx(0.001, rel=0.01)
    assert coverage.upper(50, 100) == pytest.approx(0.581, abs=0.001)


def test_the_plan_has_the_decisions_that_were_asked_for() -> None:
    jobs = coverage.plan(100_000, ["looks", "e-process"])
    decisions = {
        rule: sum(j.runs for j in jobs if j.rule == rule and j.scenario in SYMMETRIC) for rule in RULES
    }
    assert 100_000 <= decisions["looks"] < 101_000
    assert 25_000 <= decisions["e-process"] < 26_000
    assert {j.scenario for j in jobs} == {*SYMMETRIC, *ASYMMETRIC}
    assert len({(j.rule, j.scenario, j.effect, j.part) for j in jobs}) == len(jobs), "every part has a seed"


def test_the_table_is_markdown() -> None:
    rows = coverage.table(simulated("looks", [*SYMMETRIC, *ASYMMETRIC], 1), "looks").splitlines()
    table = [line for line in rows if line.startswith("|")]
    assert len(table) == 2 + len(SYMMETRIC) + 1 + len(ASYMMETRIC)
    assert len({line.count("|") for line in table}) == 1
