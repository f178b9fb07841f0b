"""Do the stated error rates hold? Simulated decisions under the real stopping rules; pure Python.

    python -m benchmarks.judge.coverage --runs 100000 --json coverage.json

Every run draws pairs of a program and a change of known speedup until hasten's judge stops, and compares
what it says with the truth: gains accepted where there are none (1.01x or less), lower bounds above the true
ratio, upper bounds below it. ``--runs`` decisions are made by the standard rule under symmetric noise, which
the test assumes; the scenarios that break the assumption come on top; the other rules get a quarter of it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from random import Random

from benchmarks.judge.noise import ASYMMETRIC, SCENARIOS, SYMMETRIC
from hasten.agent.judge import eprocess, sequential
from hasten.agent.judge.statistics import LARGE_EFFECT_PAIRS, NULL_MARGIN, Step
from hasten.agent.types import Rule

EFFECTS = (0.95, 1.0, 1.01, 1.05, 1.3, 2.0)
RULES = {
    "looks": sequential.STANDARD,
    "looks, noisy machine": sequential.WIDE,
    "e-process": sequential.OPEN_ENDED,
    "looks, slow workload": sequential.rule_for(large=True),
}


@dataclass
class Tally:
    """Counts over decisions; they add up."""

    runs: int = 0
    accepted: int = 0
    too_high: int = 0
    """Lower bound above the true ratio; below, the upper bound below it."""
    too_low: int = 0
    accepted_too_high: int = 0
    claimed: float = 0.0
    """Sum of the levels of the looks that decided."""
    pairs: int = 0

    def count(self, step: Step, effect: float) -> None:
        accepted, high = step.decision == "faster", step.low > effect * (1 + 1e-9)
        self.runs += 1
        self.accepted += accepted
        self.too_high += high
        self.too_low += step.high < effect * (1 - 1e-9)
        self.accepted_too_high += accepted and high
        self.claimed += step.alpha
        self.pairs += step.pairs

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def decide(pairs: Iterator[float], rule: Rule) -> Step:
    """Take pairs until the rule stops."""
    d: list[float] = []
    # The e-process looks after every pair; walking a block at once finds the same first decision.
    blocks = (8, 16, 30, 60, 120, 240, *rule.sizes)
    look = eprocess.conclude if rule.test == "e-process" else sequential.look
    first = (LARGE_EFFECT_PAIRS,) if rule.large else ()
    for size in blocks if rule.test == "e-process" else (*first, *rule.sizes):
        d += islice(pairs, size - len(d))
        said = look(d, rule)
        if said is not None and said.decision is not None:
            return said
    raise AssertionError("a rule decides at its cap")


@dataclass(frozen=True)
class Job:
    rule: str
    scenario: str
    effect: float
    runs: int
    part: int = 0


def simulate(job: Job) -> tuple[Job, Tally]:
    """Decisions of one rule in one scenario; reproducible, whichever process does it."""
    rng = Random(f"{job.rule}|{job.scenario}|{job.effect}|{job.part}")
    rule, tally = RULES[job.rule], Tally()
    for _ in range(job.runs):
        tally.count(decide(SCENARIOS[job.scenario](rng, job.effect), rule), job.effect)
    return job, tally


def plan(runs: int, rules: Sequence[str], chunk: int = 200) -> list[Job]:
    jobs = []
    for rule in rules:
        part = runs if rule == "looks" else runs / 4
        each = math.ceil(part / len(SYMMETRIC) / len(EFFECTS))
        sizes = [min(chunk, each - start) for start in range(0, each, chunk)]
        cells = [(s, e) for s in SCENARIOS for e in EFFECTS]
        jobs += [Job(rule, s, e, size, i) for s, e in cells for i, size in enumerate(sizes)]
    return jobs


Results = dict[tuple[str, str, float], Tally]


def run(jobs: Sequence[Job], processes: int) -> Results:
    results: Results = {}
    with Pool(processes) as pool:
        for done, (job, tally) in enumerate(pool.imap_unordered(simulate, jobs), 1):
            key = (job.rule, job.scenario, job.effect)
            results[key] = results.get(key, Tally()) + tally
            if done % 50 == 0:
                print(f"\r{done} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    return results


def pooled(results: Results, rule: str, scenarios: Sequence[str], effects: Sequence[float]) -> Tally:
    wanted = (results.get((rule, s, e), Tally()) for s in scenarios for e in effects)
    return sum(wanted, Tally())


def upper(hits: int, runs: int) -> float:
    """95% upper bound of a rate (Wilson's score interval, one-sided)."""
    z, share = 1.645, hits / runs
    spread = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return (share + z * z / (2 * runs) + spread) / (1 + z * z / runs)


def percent(hits: float, runs: int) -> str:
    return f"{100 * hits / runs:.2f}" if runs else "–"


def rate(hits: int, runs: int) -> str:
    return f"{hits} of {runs} ({percent(hits, runs)}%, 95% bound {100 * upper(hits, runs):.2f}%)"


NULLS = tuple(e for e in EFFECTS if e <= NULL_MARGIN)
GAINS = tuple(e for e in EFFECTS if e > NULL_MARGIN)
HEAD = (
    "| scenario | decisions | accepted at "
    + " / ".join(f"{e:g}" for e in EFFECTS)
    + "x, % | bound above truth, % | of accepted gains, % | upper bound below truth, % | pairs, null / 1.05 |"
)


def row(results: Results, rule: str, name: str, scenarios: Sequence[str]) -> str:
    cells = [pooled(results, rule, scenarios, [e]) for e in EFFECTS]
    everything, gains = pooled(results, rule, scenarios, EFFECTS), pooled(results, rule, scenarios, GAINS)
    nulls, small = pooled(results, rule, scenarios, [1.0]), pooled(results, rule, scenarios, [1.05])
    return " | ".join(
        (
            f"| {name}",
            f"{everything.runs}",
            " / ".join(percent(c.accepted, c.runs) for c in cells),
            percent(everything.too_high, everything.runs),
            percent(gains.accepted_too_high, gains.accepted),
            percent(everything.too_low, everything.runs),
            f"{nulls.pairs / nulls.runs:.1f} / {small.pairs / small.runs:.1f} |",
        )
    )


def summary(results: Results, rule: str) -> str:
    """The headline in sentences: symmetric scenarios only."""
    nulls = pooled(results, rule, list(SYMMETRIC), NULLS)
    every = pooled(results, rule, list(SYMMETRIC), EFFECTS)
    cells = [(s, e, results[rule, s, e]) for s in SYMMETRIC for e in EFFECTS]
    name, effect, worst = max(cells, key=lambda cell: cell[2].too_high / cell[2].runs)
    return (
        f"Symmetric noise: accepted at a true ratio of 1.01x or less {rate(nulls.accepted, nulls.runs)}; "
        f"lower bound above the truth {rate(every.too_high, every.runs)}, at worst "
        f"{rate(worst.too_high, worst.runs)} at {effect:g}x, {name}; upper bound below the truth "
        f"{rate(every.too_low, every.runs)}. Stated: {100 * RULES[rule].level:g}% over all looks. "
        f"The levels of the looks that decided would promise {percent(every.claimed, every.runs)}%."
    )


def table(results: Results, rule: str) -> str:
    rows = [row(results, rule, name, [name]) for name in SYMMETRIC]
    rows.append(row(results, rule, "**all symmetric**", list(SYMMETRIC)))
    rows += [row(results, rule, f"{name} (not symmetric)", [name]) for name in ASYMMETRIC]
    head = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    return "\n".join([f"### {rule}", "", *head, *rows, "", summary(results, rule)])


def document(results: Results) -> dict[str, object]:
    """The figures for ``--json``."""
    cells = [
        {"rule": rule, "scenario": name, "symmetric": name in SYMMETRIC, "true": effect, **asdict(tally)}
        for (rule, name, effect), tally in sorted(results.items())
    ]
    return {"rules": {name: asdict(RULES[name]) for name in sorted({r for r, *_ in results})}, "cells": cells}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100_000, help="decisions of the standard rule")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(argv)
    started = time.monotonic()
    results = run(plan(options.runs, options.rules), options.processes)
    print(file=sys.stderr)
    print("\n\n".join(table(results, rule) for rule in options.rules))
    decisions = sum(tally.runs for tally in results.values())
    print(f"\n{decisions} decisions in {time.monotonic() - started:.0f} s.")
    if options.json:
        options.json.write_text(json.dumps(document(results), indent=1) + "\n")


if __name__ == "__main__":
    main()
