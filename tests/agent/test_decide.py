"""The search as a pure function: given a run, what comes next?"""

from __future__ import annotations

from dataclasses import replace

from hasten.agent import decide as d
from hasten.agent.events import Answered, Confirmed, Delivered, Judged, Localized, Prepared, Proposed, Started
from hasten.agent.run import Run
from hasten.agent.settings import Settings
from hasten.agent.types import Candidate, Definition, Edit, Target, Verdict

ACCEPTED = Verdict("accepted", "speed", "faster")
REFUSED = Verdict("rejected", "tests", "a test fails", detail="AssertionError")
SLOW = Verdict("rejected", "speed", "not faster")
STRATEGIES = ("algorithm", "hoist")


def target(key: str) -> Target:
    path, _, qualname = key.partition("::")
    return Target(Definition(path, qualname, 1, 5), "main", 0.5, 0.9, (key,))


def candidate(name: str, key: str = "a.py::f", prompt: str = "") -> Candidate:
    origin = "rules:x" if name.startswith("r") else "model:x"
    return Candidate(
        name, (Edit("a.py", "def f(): ...", qualname="f"),), key, origin, "x", prompt_hash=prompt
    )


def begun(*events: object, **settings: object) -> Run:
    run = Run(Started("20260101-000000-abcd", "/repo", Settings.model_validate(settings), "digest"))
    for event in (Prepared("process", "3.12", 3), *events):
        run = run.after(event)  # type: ignore[arg-type]
    return run


def localized(generation: int = 0, *keys: str, mark: str = "1") -> Localized:
    keys = keys or ("a.py::f", "a.py::g")
    return Localized(generation, tuple(map(target, keys)), dict.fromkeys(keys, mark), "py-spy", 300)


def test_a_run_begins_with_the_baseline_and_a_profile() -> None:
    run = Run(Started("20260101-000000-abcd", "/repo", Settings(), "digest"))
    assert d.decide(run) == d.Prepare()
    assert d.decide(run.after(Prepared("process", "3.12", 3))) == d.Localize()


def test_rules_go_over_every_target_before_a_model_is_asked() -> None:
    run = begun(localized())
    steps = []
    while isinstance(action := d.decide(run, STRATEGIES), d.ProposeByRules | d.ProposeByModel):
        steps.append(action)
        run = run.after(Proposed(action.step))
    kinds = [type(step) for step in steps]
    assert kinds == [d.ProposeByRules] * 2 + [d.ProposeByModel] * 4
    assert action == d.Deliver()


def test_without_a_model_only_rules_propose() -> None:
    run = begun(localized())
    seen = []
    while action := d.decide(run):
        seen.append(type(action))
        run = run.after(Proposed(action.step) if isinstance(action, d.ProposeByRules) else Delivered())
    assert seen == [d.ProposeByRules, d.ProposeByRules, d.Deliver]


def test_a_bundle_of_rules_is_weighed_and_judged_before_its_parts() -> None:
    bundle = replace(candidate("r1"), origin="rules:x,y")
    found = Proposed("rules a.py::f 1", (bundle, candidate("r2"), candidate("r3")))
    run = begun(localized(), found)
    assert d.decide(run) == d.Weigh("weigh r1", "r1")
    run = run.after(Proposed("weigh r1"))
    assert d.decide(run) == d.Judge(("r1",))
    assert d.decide(run.after(Judged("r1", SLOW))) == d.Judge(("r2", "r3"))


def test_a_kept_rewrite_lets_the_rules_look_at_the_new_text() -> None:
    run = begun(localized(0, "a.py::f"), Proposed("rules a.py::f 1", (candidate("r1"),)))
    run = run.after(Judged("r1", ACCEPTED)).after(localized(1, "a.py::f", mark="2"))
    action = d.decide(run)
    assert isinstance(action, d.ProposeByRules) and action.step == "rules a.py::f 2"


def test_an_accepted_candidate_ends_its_batch_and_brings_a_new_profile() -> None:
    run = begun(localized(), Proposed("rules a.py::f 1", (candidate("r1"), candidate("r2"))))
    run = run.after(Judged("r1", ACCEPTED))
    assert run.pending == () and run.stack == ("r1",)
    assert d.decide(run) == d.Localize()


def test_a_rule_is_not_tried_twice_on_the_same_text() -> None:
    run = begun(
        localized(), Proposed("rules a.py::f 1"), Proposed("rules a.py::g 1", (candidate("r1", "a.py::g"),))
    )
    run = run.after(Judged("r1", ACCEPTED)).after(
        Localized(1, (target("a.py::f"), target("a.py::g")), {"a.py::f": "1", "a.py::g": "2"}, "py-spy", 300)
    )
    action = d.decide(run)
    assert isinstance(action, d.ProposeByRules) and action.target.key == "a.py::g"


def test_all_strategies_for_a_target_are_judged_as_one_batch() -> None:
    run = begun(localized(0, "a.py::f"), Proposed("rules a.py::f 1"))
    first = d.decide(run, STRATEGIES)
    assert isinstance(first, d.ProposeByModel) and first.strategy == "algorithm"
    run = run.after(Proposed(first.step, (candidate("m1"),)))
    second = d.decide(run, STRATEGIES)
    assert isinstance(second, d.ProposeByModel) and second.strategy == "hoist"
    run = run.after(Proposed(second.step, (candidate("m2"),)))
    assert d.decide(run, STRATEGIES) == d.Judge(("m1", "m2"))


def test_a_failed_answer_gets_one_repair_and_no_second() -> None:
    step = d.model_step("a.py::f", "algorithm")
    run = begun(
        localized(0, "a.py::f"),
        Proposed("rules a.py::f 1"),
        Answered(step, "hash", "text", 0.01, 100),
        Proposed(step, (candidate("m1", prompt="hash"),)),
        Judged("m1", REFUSED),
    )
    action = d.decide(run, ("algorithm",))
    assert action == d.Repair(f"repair {step}", of=step)
    run = run.after(Answered(f"repair {step}", "hash2", "text", 0.01, 100))
    run = run.after(Proposed(f"repair {step}", (candidate("m2", prompt="hash2"),)))
    run = run.after(Judged("m2", REFUSED))
    assert d.decide(run, ("algorithm",)) == d.Deliver()


def test_an_unreadable_answer_gets_a_repair_too() -> None:
    step = d.model_step("a.py::f", "algorithm")
    run = begun(
        localized(0, "a.py::f"),
        Proposed("rules a.py::f 1"),
        Answered(step, "hash", "garbage", 0.01, 100),
        Proposed(step, refusal="no code block"),
    )
    assert d.decide(run, ("algorithm",)) == d.Repair(f"repair {step}", of=step)


def test_a_candidate_that_is_merely_not_faster_is_not_repaired() -> None:
    step = d.model_step("a.py::f", "algorithm")
    run = begun(
        localized(0, "a.py::f"),
        Proposed("rules a.py::f 1"),
        Answered(step, "hash", "text", 0.01, 100),
        Proposed(step, (candidate("m1", prompt="hash"),)),
        Judged("m1", SLOW),
    )
    assert d.decide(run, ("algorithm",)) == d.Deliver()


def test_time_for_the_confirmation_is_kept_back() -> None:
    run = begun(
        localized(), Proposed("x", (candidate("r1"),)), Judged("r1", ACCEPTED), budget={"minutes": 10}
    )
    assert d.decide(replace(run, worked_s=300)) == d.Localize()
    assert d.decide(replace(run, worked_s=430)) == d.Confirm()


def test_the_number_of_candidates_is_bounded() -> None:
    run = begun(localized(), Proposed("x", (candidate("r1"),)), Judged("r1", SLOW), budget={"candidates": 1})
    assert d.decide(run) == d.Deliver()


def test_no_model_is_asked_when_the_money_is_spent() -> None:
    step = d.model_step("a.py::f", "algorithm")
    run = begun(
        localized(0, "a.py::f"),
        Proposed("rules a.py::f 1"),
        Answered(step, "hash", "text", 1.0, 100),
        Proposed(step),
        budget={"usd": 1.0},
    )
    assert d.decide(run, STRATEGIES) == d.Deliver()


def test_a_cached_answer_costs_nothing() -> None:
    assert begun(Answered("s", "hash", "text", 1.0, 0, cached=True)).usd == 0


def test_a_failed_confirmation_drops_the_last_edit_and_confirms_the_shorter_stack() -> None:
    run = begun(
        localized(),
        Proposed("x", (candidate("r1"),)),
        Judged("r1", ACCEPTED),
        localized(1),
        Proposed("y", (candidate("r2"),)),
        Judged("r2", ACCEPTED),
        localized(2, "a.py::h"),
        Proposed("rules a.py::h 1"),
    )
    assert d.decide(run) == d.Confirm()
    run = run.after(Confirmed(("r1", "r2"), SLOW))
    assert run.stack == ("r1",) and run.dropped == ("r2",)
    assert d.decide(run) == d.Confirm()
    run = run.after(Confirmed(("r1",), SLOW))
    assert run.stack == () and d.decide(run) == d.Deliver()


def test_a_confirmed_stack_is_delivered_once() -> None:
    run = begun(localized(), Proposed("x", (candidate("r1"),)), Judged("r1", ACCEPTED))
    run = run.after(Confirmed(("r1",), ACCEPTED))
    assert d.decide(run) == d.Deliver()
    assert d.decide(run.after(Delivered())) is None
