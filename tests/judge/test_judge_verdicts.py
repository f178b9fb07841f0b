"""From measurements to a verdict and its sentence; and which workloads a change has made slower."""

import pytest

from hasten.agent.judge import wording
from hasten.agent.judge.base import Calibration, Outcomes, Refusal, Traits
from hasten.agent.judge.guards import is_slower
from hasten.agent.judge.modes import DUET
from hasten.agent.types import Measurement, Sample, Verdict, Workload

MAIN, OTHER = Workload("main", ("x",)), Workload("other", ("x",))
UNSEEN = Workload("unseen", ("x",), holdout=True)


def measured(name: str, decision: str, speedup: float = 1.0, scatter: float = 0.01) -> Measurement:
    before = [speedup * (1 + scatter * (-1) ** i * (i + 1) / 8) for i in range(8)]
    raw = tuple((Sample(b, b, 1), Sample(1.0, 1.0, 1)) for b in before)
    return Measurement(
        name, decision, speedup, speedup - 0.05, speedup + 0.05, 8, "cpu", "duet", 0.004, 1.0, speedup, 1.0,  # type: ignore[arg-type]
        raw=raw,
    )  # fmt: skip


def verdict(*found: Measurement, final: bool = False) -> Verdict:
    workloads = (MAIN, OTHER, UNSEEN) if final else (MAIN, OTHER)
    return wording.decided(found, workloads, {"tests": "ok"}, final=final)


def test_a_suite_is_summed_up_by_weight() -> None:
    heavy, light = Workload("main", ("x",), weight=3.0), Workload("other", ("x",))
    found = [
        measured("main", "faster", 2.0),
        measured("other", "same", 1.0),
        measured("unseen", "faster", 9.0),
    ]
    assert wording.suite_speedup(found, [heavy, light]) == pytest.approx(2.0**0.75)
    assert wording.suite_speedup(found[:1], [heavy, light]) == 0.0
    verdict = wording.decided(found, (heavy, light, UNSEEN), {}, final=True)
    assert verdict.suite == pytest.approx(2.0**0.75), "held-out workloads are no part of it"


def traits(*, noise: float | None, startup_s: float = 0.01, repeats: int = 1) -> Traits:
    seen = None if noise is None else Calibration(noise, 1.01 + 0.54 * noise, 0.1, False, 20)
    return Traits(DUET, 0.1, 1, startup_s=startup_s, repeats=repeats, calibration=seen)


def test_what_should_be_known_beforehand() -> None:
    assert wording.remarks("main", traits(noise=0.02), 1.03) == []
    [noisy] = wording.remarks("main", traits(noise=0.10), 1.03)
    assert "identical runs of main differ by 10.0%" in noisy
    assert "below 1.06x will mostly end inconclusive" in noisy
    [unknown] = wording.remarks("main", traits(noise=None), 1.03)
    assert "takes too long" in unknown
    [diluted] = wording.remarks("main", traits(noise=0.0, startup_s=0.04), 1.03)
    assert "40% of main is the start of the interpreter" in diluted
    [short] = wording.remarks("main", traits(noise=0.0, repeats=5), 1.03)
    assert "5 runs make one sample" in short


@pytest.mark.parametrize(
    ("found", "decision", "reason"),
    [
        ([("main", "faster", 1.5)], "accepted", "1.50x faster on main (at least 1.45x)."),
        (
            [("main", "faster", 1.5), ("other", "faster", 1.2)],
            "accepted",
            "1.50x faster on main (at least 1.45x), 1.20x faster on other (at least 1.15x).",
        ),
        ([("main", "faster", 1.5), ("other", "inconclusive", 1.0)], "accepted", "1.50x faster on main"),
        ([("main", "same", 1.0)], "rejected", "No faster on main: 1.00x after 8 pairs."),
        ([("main", "slower", 0.5)], "rejected", "It makes main slower: it takes 2.00x as long."),
        (
            [("main", "inconclusive", 1.04)],
            "inconclusive",
            "8 pairs on main cannot tell: 1.04x, between 0.99x",
        ),
        ([("main", "same", 1.0), ("other", "inconclusive", 1.04)], "inconclusive", "No faster on main"),
    ],
)
def test_decisions(found: list[tuple[str, str, float]], decision: str, reason: str) -> None:
    said = verdict(*(measured(*each) for each in found))
    assert (said.decision, said.gate) == (decision, "speed")
    assert said.reason.startswith(reason)
    assert said.gates["tests"] == "ok"


@pytest.mark.parametrize(("unseen", "accepted"), [("faster", True), ("inconclusive", True), ("same", False)])
def test_the_gain_has_to_show_on_a_held_out_workload(unseen: str, accepted: bool) -> None:
    """Cheat 1: answers known by heart."""
    said = verdict(measured("main", "faster", 5.0), measured("unseen", unseen, 1.0), final=True)
    assert said.gate == "confirm"
    assert said.accepted is accepted
    assert ("held-out" in said.reason) is not accepted


def test_a_held_out_gain_alone_is_none() -> None:
    assert not verdict(measured("main", "same"), measured("unseen", "faster", 2.0), final=True).accepted


def test_slower_workloads_are_seen_and_noise_is_not() -> None:
    """Cheat 15: the narrow fast path."""
    assert is_slower(measured("other", "slower", 0.7), 0.025)
    assert is_slower(measured("other", "same", 0.97), 0.025)
    assert not is_slower(measured("other", "same", 1.0), 0.025)
    assert not is_slower(measured("other", "faster", 1.4), 0.025)


def test_refusals_keep_what_was_found() -> None:
    refusal = Refusal("speed", "it needs more memory", "text", measured("main", "faster", 2.0))
    said = wording.refused(refusal, {"tests": "ok"}, final=True)
    assert (said.decision, said.gate, said.reason) == ("rejected", "confirm", "It needs more memory.")
    assert len(said.measurements) == 1
    assert said.gates == {"tests": "ok", "speed": "It needs more memory."}


def test_words_for_tests() -> None:
    outcomes = Outcomes({"a": "passed", "b": "failed"})
    assert wording.tests(outcomes, frozenset()) == "2 tests as before"
    assert wording.tests(outcomes, frozenset({"b"})) == "1 test as before (1 not counted)"
    assert wording.tests(Outcomes({"command": "passed"}, False), frozenset()) == "the test command succeeds"


VARIED = Workload("main-holdout", ("x",), holdout=True, varies="main")


@pytest.mark.parametrize(
    ("seen", "decision", "reason"),
    [
        (("faster", 4.0), "accepted", "4.00x faster on main"),
        (("faster", 2.2), "accepted", "4.00x faster on main"),
        (("faster", 1.5), "rejected", "at most 1.55x on the held-out main-holdout: most of the gain"),
        (("same", 1.0), "rejected", "1.00x on the held-out main-holdout: the gain does not carry over"),
        (("inconclusive", 2.5), "inconclusive", "on the held-out main-holdout cannot tell"),
    ],
)
@pytest.mark.parametrize("final", [True, False], ids=["confirm", "verify"])
def test_a_gain_carries_over_in_proportion(
    seen: tuple[str, float], decision: str, reason: str, final: bool
) -> None:
    found = [measured("main", "faster", 4.0), measured("main-holdout", *seen)]
    said = wording.decided(found, (MAIN, VARIED), {}, final=final)
    assert (said.decision, said.gate) == (decision, "confirm" if final else "speed")
    assert reason in said.reason


def test_nothing_rests_on_a_held_out_gain_alone() -> None:
    found = [measured("main", "same"), measured("main-holdout", "faster", 3.0)]
    assert wording.decided(found, (MAIN, VARIED), {}, final=True).decision == "rejected"


def test_a_sibling_vouches_for_its_own_workload_only() -> None:
    """Another workload gained, this one did not: its variation has nothing to bear out."""
    found = [measured("main", "same"), measured("other", "faster", 3.0), measured("main-holdout", "same")]
    assert wording.decided(found, (MAIN, OTHER, VARIED), {}, final=True).decision == "accepted"
