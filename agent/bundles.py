"""Several rewrites of one definition: tried together, and each has to add something.

All rules that fire in a definition are judged as one candidate first: one measurement instead of several, and
what one uncovers another uses. But a bundle that is faster may hold a rewrite that does nothing for it. So
before the measurement one race tells what each adds: the bundle runs next to itself without one rule at a
time. A rule stays where the bundle is faster with it than without it beyond chance (at .05, round by round);
the rest is judged on fresh samples. What a noisy race leaves out wrongly is no loss: the rules look at the
kept text again, and the judge then measures it by itself. A race costs nine executions of each program;
measuring each rule after the others were kept would cost most for those that do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hasten.agent.decide import REPAIRABLE, rules_of
from hasten.agent.events import Event, Judged, Proposed
from hasten.agent.judge.base import Baseline
from hasten.agent.judge.screening import WORTH_CONFIRMING, speedup
from hasten.agent.judge.statistics import bounds, hodges_lehmann
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.run import Run
from hasten.agent.types import Candidate, Edit, Verdict
from hasten.agent.workspace import Workspace

Rewriter = Callable[[Collection[str]], Candidate | None]
"""What the rules named make of a definition together."""
Rounds = Sequence[float]
"""Log-ratios of the program as it was to another one, round by round; none where that misbehaves."""
Race = Callable[[Sequence[Sequence[Edit]]], Sequence[Rounds]]
CHANCE = 0.05


def weigh(step: str, run: Run, bundle: Candidate, rewritten: Rewriter, raced: Race) -> Iterator[Event]:
    """Race a bundle against itself without each of its rules, and propose what is left of it.

    Nothing but the step's end when all rules are needed or the bundle misbehaves (its verdict then says how).
    """
    rules = rules_of(bundle)
    lesser = {rule: found for rule in rules if (found := rewritten([r for r in rules if r != rule]))}
    taken = raced([bundle.edits, *(found.edits for found in lesser.values())])
    idle = useless(taken[0], dict(zip(lesser, taken[1:], strict=True)))
    rest = [r for r in rules if r not in idle]
    lean = rewritten(rest) if idle and rest else None
    if not rest:
        yield Proposed(step)
        yield Judged(bundle.id, _verdict("No gain showed in a race against the program as it was."))
    elif lean is None or set(rules_of(lean)) != set(rest):  # a rule that adds nothing may uncover another
        yield Proposed(step)
    else:
        alone = {rules_of(c): c.id for c in pending(run) if c.target == bundle.target}
        known = alone.get(rules_of(lean))
        yield Proposed(step, () if known else (replace(lean, parent=bundle.id),))
        said = f"Without {' and '.join(idle)} it is as fast; {known or lean.id} is the rest of it."
        yield Judged(bundle.id, _verdict(said))
        yield from (
            Judged(name, _verdict("It added nothing to the other rewrites in a race."))
            for rule, name in ((rule, alone.get((rule,))) for rule in idle)
            if name
        )


def race(
    space: Workspace,
    before: Path,
    read: Callable[[str], str | None],
    baseline: Baseline,
    workload: str,
    edits: Sequence[Sequence[Edit]],
) -> Sequence[Rounds]:
    """What several edits of a tree are worth next to each other. Nothing of it stays."""
    try:
        texts = [apply_edits(read, each) for each in edits]
    except EditRefused:
        return [()] * len(edits)
    trees = [space.trees.derive(before, each) for each in texts]
    try:
        for tree, changed in zip(trees, texts, strict=True):
            space.judge.compile(tree, list(changed))
        return space.judge.side_by_side(before, trees, baseline, workload)
    finally:
        for tree in trees:
            space.trees.remove(tree)


def useless(whole: Rounds, without: Mapping[str, Rounds]) -> tuple[str, ...]:
    """The rules a bundle does not need, from a race of it with itself without one rule each.

    Where each could be left out alone, they stand in for one another: then only the one that adds least, or
    all of them if there is no gain to share. None when the bundle misbehaves.
    """
    if not whole:
        return ()
    added = {
        rule: [w - o for w, o in zip(whole, rounds, strict=True)]
        for rule, rounds in without.items()
        if rounds
    }
    idle = tuple(rule for rule, d in added.items() if _low(d) <= 0)
    if len(idle) < len(without) or speedup(whole) <= WORTH_CONFIRMING:
        return idle
    return (min(idle, key=lambda rule: hodges_lehmann(added[rule])),)


def _low(d: Rounds) -> float:
    """Lower confidence bound; at the level that so few rounds can reach, where there are fewer than five."""
    return bounds(d, max(CHANCE, 0.5 ** len(d)))[0]


def pending(run: Run) -> list[Candidate]:
    """The candidates that wait for a verdict."""
    return [run.candidates[name] for name in run.pending]


def alone(rules: Collection[Sequence[str]]) -> frozenset[str]:
    """The rules of the candidates that one rule made by itself."""
    return frozenset(names[0] for names in rules if len(names) == 1)


def misbehaved(run: Run, target: str) -> frozenset[str]:
    """Rules whose rewrite of a target, alone, changed what the program does: not to be tried on it again."""
    return alone(
        [
            rules_of(run.candidates[name])
            for name, verdict in run.verdicts.items()
            if run.candidates[name].target == target
            and verdict.decision == "rejected"
            and verdict.gate in REPAIRABLE
        ]
    )


def _verdict(reason: str) -> Verdict:
    return Verdict("rejected", "speed", reason)
