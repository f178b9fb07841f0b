"""Several rewrites in one definition: judged together, without those that add nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log
from random import Random

import pytest

from hasten.agent import bundles
from hasten.agent import decide as d
from hasten.agent.events import Event, Judged, Localized, Prepared, Proposed, Started
from hasten.agent.run import Run
from hasten.agent.settings import Settings
from hasten.agent.types import Candidate, Definition, Edit, Target, Verdict

KEY = "a.py::f"
ACCEPTED = Verdict("accepted", "speed", "faster")


def candidate(name: str, *rules: str) -> Candidate:
    edit = Edit("a.py", f"def f(): {'+'.join(rules)}", qualname="f")
    return Candidate(name, (edit,), KEY, f"rules:{','.join(rules)}", "x")


def proposed(*rules: str, alone: Sequence[str] | None = None) -> Run:
    """A run in which ``rules`` fired together, and those of ``alone`` (all) alone too."""
    run = Run(Started("20260101-000000-abcd", "/repo", Settings(), "digest"))
    target = Target(Definition("a.py", "f", 1, 5), "main", 0.5, 0.9, (KEY,))
    singles = [candidate(f"r{i}", rule) for i, rule in enumerate(rules if alone is None else alone, 2)]
    for event in (
        Prepared("process", "3.12", 3),
        Localized(0, (target,), {KEY: "1"}, "py-spy", 300),
        Proposed(f"rules {KEY} 1", (candidate("r1", *rules), *singles)),
    ):
        run = run.after(event)
    return run


def weighed(run: Run, speedups: dict[str, float], needs: dict[str, str] | None = None) -> Run:
    """The run after the bundle was weighed; ``speedups`` by the rules of a program (``a+b``).

    ``needs``: rule -> the rule without which it does not fire.
    """
    action = d.decide(run)
    assert isinstance(action, d.Weigh)

    def rewritten(rules: Collection[str]) -> Candidate | None:
        fired = [r for r in rules if (needs or {}).get(r, r) in rules]
        return candidate("r9", *fired) if fired else None

    def race(edits: Sequence[Sequence[Edit]]) -> list[list[float]]:
        raced = [speedups[each[0].new.removeprefix("def f(): ")] for each in edits]
        return [noisy(speedup, number) for number, speedup in enumerate(raced)]

    bundle = run.candidates[action.bundle]
    return after(run, *bundles.weigh(action.step, run, bundle, rewritten, race))


def noisy(speedup: float, number: int, rounds: int = 8) -> list[float]:
    """Log-ratios of some rounds with a spread of two per cent; none for 0, which misbehaves."""
    rng = Random(number)
    return [log(speedup) + rng.gauss(0, 0.02) for _ in range(rounds)] if speedup else []


def after(run: Run, *events: Event) -> Run:
    for event in events:
        run = run.after(event)
    return run


def test_a_bundle_that_needs_all_its_rules_is_judged_as_it_is() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 4.0, "a": 2.0, "b": 2.0})
    assert d.decide(run) == d.Judge(("r1",))


def test_rules_that_add_nothing_are_left_out_before_anything_is_judged() -> None:
    run = weighed(proposed("a", "b", "c"), {"a+b+c": 4.0, "b+c": 2.0, "a+c": 3.99, "a+b": 2.0})
    assert d.decide(run) == d.Judge(("r9",))
    assert d.rules_of(run.candidates["r9"]) == ("a", "c")
    assert run.candidates["r9"].parent == "r1"
    assert {"r1", "r3"} <= set(run.verdicts) and not any(v.accepted for v in run.verdicts.values())
    assert "Without b" in run.verdicts["r1"].reason


def test_when_what_is_left_is_refused_too_each_rule_races_alone() -> None:
    run = weighed(proposed("a", "b", "c"), {"a+b+c": 4.0, "b+c": 2.0, "a+c": 3.99, "a+b": 2.0})
    run = run.after(Judged("r9", Verdict("rejected", "tests", "a test fails")))
    assert d.decide(run) == d.Judge(("r2", "r4"))


def test_a_single_rule_that_is_left_is_the_candidate_there_is() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 4.0, "b": 1.0, "a": 4.0})
    assert d.decide(run) == d.Judge(("r2",))
    assert "r9" not in run.candidates


def test_a_rule_that_slows_the_bundle_down_is_left_out() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 1.0, "b": 0.5, "a": 2.0})
    assert d.decide(run) == d.Judge(("r2",))


def test_rules_that_stand_in_for_one_another_do_not_all_go() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 4.0, "b": 4.0, "a": 4.01})
    assert d.decide(run) == d.Judge(("r2",))


def test_a_bundle_without_any_gain_is_not_judged() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 1.001, "b": 1.0, "a": 1.0})
    assert run.verdicts["r1"].gate == "speed"
    assert d.decide(run) == d.Judge(("r2", "r3"))


def test_a_bundle_that_misbehaves_is_judged_and_then_its_parts() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 0.0, "b": 2.0, "a": 0.0})
    assert d.decide(run) == d.Judge(("r1",))
    run = run.after(Judged("r1", Verdict("rejected", "output", "other output")))
    assert d.decide(run) == d.Judge(("r2", "r3"))


def test_a_rule_that_uncovers_another_stays() -> None:
    run = proposed("a", "b", alone=["a"])
    run = weighed(run, {"a+b": 4.0, "a": 1.0, "b": 4.0}, needs={"b": "a"})
    assert d.decide(run) == d.Judge(("r1",))


def test_a_kept_bundle_ends_its_batch() -> None:
    run = weighed(proposed("a", "b"), {"a+b": 4.0, "a": 2.0, "b": 2.0}).after(Judged("r1", ACCEPTED))
    assert run.stack == ("r1",) and run.pending == ()
    assert d.decide(run) == d.Localize()


@pytest.mark.parametrize(
    ("gate", "again"), [("tests", False), ("output", False), ("compile", False), ("speed", True)]
)
def test_a_rule_that_changed_behaviour_is_not_tried_on_the_target_again(gate: str, again: bool) -> None:
    run = proposed("a", "b").after(Judged("r2", Verdict("rejected", gate, "no")))  # type: ignore[arg-type]
    assert bundles.misbehaved(run, KEY) == (frozenset() if again else {"a"})
    assert bundles.misbehaved(run, "a.py::g") == frozenset()


def test_a_bundle_that_changed_behaviour_speaks_of_none_of_its_rules() -> None:
    run = proposed("a", "b").after(Judged("r1", Verdict("rejected", "tests", "no")))
    assert bundles.misbehaved(run, KEY) == frozenset()


@pytest.mark.parametrize("rounds", [3, 4, 5, 8])
def test_a_rule_stays_when_every_round_says_so(rounds: int) -> None:
    whole = [0.5 + 0.01 * i for i in range(rounds)]
    without = [d - 0.04 - 0.005 * i for i, d in enumerate(whole)]
    assert bundles.useless(whole, {"a": without, "b": [0.0] * rounds}) == ()
    without[0] = whole[0] + 0.2
    assert bundles.useless(whole, {"a": without, "b": [0.0] * rounds}) == ("a",)


def test_few_rules_that_do_nothing_stay() -> None:
    """At .05, with the noise of a busy machine."""
    kept = sum(
        bundles.useless(noisy(2.0, 3 * i), {"a": noisy(2.0, 3 * i + 1), "b": noisy(1.5, 3 * i + 2)}) == ()
        for i in range(400)
    )
    assert kept <= 32
