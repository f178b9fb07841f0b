"""Deciding again from samples: honest ones reproduce, forged ones are named."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from math import exp

import pytest
from judge_simulation import AFTER, BEFORE, Program, make_bench, plain_criteria
from pydantic import TypeAdapter

from hasten.agent.judge import speed, wording
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.replay import redecide, rejudge, replayed
from hasten.agent.judge.sequential import WIDE, rule_for
from hasten.agent.types import Measurement, Rule, Verdict, Workload
from hasten.sandbox.base import MIB

WORKLOADS = (Workload("main", ("program",)),)
WAITING = Mode("interleaved", "cpu+blocked", True, "")
CRITERIA = plain_criteria()
Forgery = Callable[[Measurement], Measurement]


def taken(
    factor: float,
    *,
    seed: int = 1,
    mode: Mode = speed.COLLISION,
    rule: Rule | None = None,
    max_seconds: float | None = None,
    own: float = 0.02,
    after: Program | None = None,
    noise: float | None = None,
) -> Measurement:
    """A measurement by the driver itself, on simulated programs; refused ones too."""
    before = Program(waits_s=0.02 if mode == WAITING else 0.0)
    after = after or replace(before, cpu_s=before.cpu_s / factor)
    bench = make_bench(before, after=after, seed=seed, own=own, rule=rule)
    bench = replace(bench, mode=bench.mode if mode == speed.COLLISION else mode, noise=noise)
    found = speed.measure(bench, BEFORE, AFTER, max_seconds=max_seconds)
    if isinstance(found, Refusal):
        assert found.measurement is not None, found
        return found.measurement
    return found


def accepted(*measurements: Measurement) -> Verdict:
    return wording.decided(measurements, WORKLOADS, {}, final=False)


@pytest.fixture(scope="module")
def gain() -> Measurement:
    """A gain found after several looks."""
    found = next(m for s in range(60) if (m := taken(1.06, seed=s, own=0.03)).pairs == 18)
    assert found.decision == "faster"
    return found


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.05, 1.3, 2.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("mode", [speed.COLLISION, WAITING], ids=["duet", "interleaved"])
def test_what_was_measured_is_reproduced(factor: float, seed: int, mode: Mode) -> None:
    measurement = taken(factor, seed=seed, mode=mode)
    found = redecide(measurement, CRITERIA)
    assert found.faults == ()
    assert found.measurement == measurement


@pytest.mark.parametrize(
    ("rule", "noise"),
    [
        (rule_for(share=0.25), None),
        (rule_for(noise=0.05), 0.05),
        (rule_for(open_ended=True), None),
        (rule_for(share=0.5, open_ended=True), 0.01),
    ],
    ids=["a share", "noisy", "open-ended", "a share of open-ended"],
)
def test_every_rule_is_reproduced(rule: Rule, noise: float | None) -> None:
    assert redecide(taken(1.12, rule=rule, noise=noise), CRITERIA).faults == ()


def test_measurements_that_ran_out_of_time_are_reproduced() -> None:
    measurement = taken(1.02, max_seconds=0.0)
    assert (measurement.decision, measurement.pairs) == ("inconclusive", 4)
    assert redecide(measurement, CRITERIA).faults == ()


def test_a_file_keeps_every_digit(gain: Measurement) -> None:
    adapter = TypeAdapter(Measurement)
    again = adapter.validate_python(json.loads(json.dumps(adapter.dump_python(gain, mode="json"))))
    assert again == gain
    assert redecide(again, CRITERIA).faults == ()


def drop(number: int) -> Forgery:
    return lambda m: replace(m, raw=m.raw[:number] + m.raw[number + 1 :])


FORGERIES: dict[str, tuple[Forgery, str]] = {
    "speedup": (lambda m: replace(m, speedup=m.speedup * 1.01), "the speedup"),
    "bound": (lambda m: replace(m, low=m.low * 1.001), "the lower bound"),
    "p": (lambda m: replace(m, p=m.p / 2), "p: the file says"),
    "pairs": (lambda m: replace(m, pairs=12), "the number of pairs"),
    "decision": (lambda m: replace(m, decision="same"), "the decision"),
    "memory": (lambda m: replace(m, rss_ratio=1.5), "peak memory"),
    "first pair dropped": (drop(0), "the decision"),
    "last pair dropped": (drop(17), "the number of pairs"),
    "all pairs dropped": (lambda m: replace(m, raw=()), "there are no samples"),
    "a pair added": (lambda m: replace(m, raw=(*m.raw, m.raw[0])), "1 more pair than the 18"),
    "the order reversed": (lambda m: replace(m, raw=m.raw[::-1]), "drift"),
    "a sample improved": (lambda m: replace(m, raw=improved(m)), "the speedup"),
    "sides exchanged": (lambda m: replace(m, raw=tuple((b, a) for a, b in m.raw)), "the decision"),
    "no runs alone": (lambda m: replace(m, solo=()), "8 solo pairs are due"),
    "a run alone left out": (lambda m: replace(m, solo=m.solo[1:]), "8 solo pairs are due"),
    "more level": (lambda m: replace(m, rule=replace(m.rule, levels=(0.01,) * 6)), "looks and levels"),
    "other looks": (lambda m: replace(m, rule=replace(m.rule, sizes=(18,), levels=(0.01,))), "looks and"),
    "a rule for noise": (lambda m: replace(m, rule=WIDE), "looks and levels"),
    "a smaller margin": (lambda m: replace(m, rule=replace(m.rule, null_margin=1.0)), "beyond 1x"),
    "a smaller effect": (lambda m: replace(m, rule=replace(m.rule, min_effect=1.011)), "asks for 1.011x"),
    "four pairs": (lambda m: replace(m, rule=replace(m.rule, large=True)), "much longer executions"),
    "another metric": (lambda m: replace(m, metric="wall"), "the median before"),
    "impossible times": (lambda m: replace(m, raw=((negative(m), m.raw[0][1]), *m.raw[1:])), "no program"),
}


def improved(m: Measurement) -> tuple:  # type: ignore[type-arg]
    (before, after), *rest = m.raw
    return ((before, replace(after, cpu_s=after.cpu_s / 3)), *rest)


def negative(m: Measurement) -> object:
    return replace(m.raw[0][0], cpu_s=float("nan"))


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_named(name: str, gain: Measurement) -> None:
    forge, told = FORGERIES[name]
    found = redecide(forge(gain), CRITERIA)
    assert [fault for fault in found.faults if told in fault and fault.startswith("main: ")], found.faults


def test_an_acceptance_is_reproduced(gain: Measurement) -> None:
    verdict = accepted(gain)
    found = rejudge(verdict, WORKLOADS, CRITERIA)
    assert found.sound and found.timed
    assert (found.decision, found.reason) == ("accepted", verdict.reason)


def test_a_refusal_is_reproduced() -> None:
    verdict = accepted(taken(1.0))
    found = rejudge(verdict, WORKLOADS, CRITERIA)
    assert found.sound
    assert found.decision == verdict.decision == "rejected"


def test_a_veto_is_found_again() -> None:
    measurement = taken(1.5, after=Program(cpu_s=0.05 / 1.5, rss=400 * MIB))
    refusal = wording.refused(Refusal("speed", "memory", measurement=measurement), {}, final=False)
    assert rejudge(refusal, WORKLOADS, CRITERIA).sound
    found = rejudge(accepted(measurement), WORKLOADS, CRITERIA)
    assert found.decision == "rejected" and "MiB" in found.reason
    assert "the verdict: the file says accepted, its samples give rejected" in found.faults
    lenient = replace(CRITERIA, max_rss_growth=20.0)
    assert rejudge(accepted(measurement), WORKLOADS, lenient).sound


def test_a_workload_made_slower_is_found_again() -> None:
    both = (*WORKLOADS, Workload("side", ("program",)))
    half = rule_for(share=0.5)
    good = taken(1.5, rule=half)
    bad = replace(taken(0.8, rule=half), workload="side")
    found = rejudge(accepted(good, bad), both, CRITERIA)
    assert found.decision == "rejected" and "side slower" in found.reason


def test_a_workload_cannot_be_kept_quiet_about() -> None:
    both = (*WORKLOADS, Workload("side", ("program",)))
    found = rejudge(accepted(taken(1.5, rule=rule_for(share=0.5))), both, CRITERIA)
    assert [fault for fault in found.faults if "side counted too" in fault]


def test_levels_cannot_add_up_to_more_than_one_in_a_hundred() -> None:
    both = (*WORKLOADS, Workload("side", ("program",)))
    measurements = (taken(1.5), replace(taken(1.5), workload="side"))
    verdict = wording.decided(measurements, both, {}, final=False)
    found = rejudge(verdict, both, CRITERIA)
    assert [fault for fault in found.faults if "add up to 0.02" in fault]


def test_a_forged_speedup_of_all_workloads_is_named() -> None:
    both = (*WORKLOADS, Workload("side", ("program",)))
    half = rule_for(share=0.5)
    verdict = wording.decided(
        (taken(1.5, rule=half), replace(taken(1.5, rule=half, seed=2), workload="side")),
        both,
        {},
        final=False,
    )
    assert rejudge(verdict, both, CRITERIA).sound
    found = rejudge(replace(verdict, suite=2.0), both, CRITERIA)
    assert [fault for fault in found.faults if "all workloads: the file says 2" in fault]


def test_samples_say_nothing_about_a_failed_test() -> None:
    verdict = Verdict("rejected", "tests", "A test fails.")
    found = rejudge(verdict, WORKLOADS, CRITERIA)
    assert found.sound and not found.timed and found.decision == "rejected"
    forged = rejudge(replace(verdict, decision="accepted"), WORKLOADS, CRITERIA)
    assert [fault for fault in forged.faults if "cannot accept" in fault]


def test_an_acceptance_without_samples_is_none() -> None:
    found = rejudge(Verdict("accepted", "speed", "5x faster."), WORKLOADS, CRITERIA)
    assert found.decision == "rejected" and not found.sound


def test_other_outputs_are_seen_unless_a_tolerance_allows_them(gain: Measurement) -> None:
    before, after = gain.raw[3]
    raw = (*gain.raw[:3], (before, replace(after, output="other")), *gain.raw[4:])
    verdict = accepted(replace(gain, raw=raw))
    found = rejudge(verdict, WORKLOADS, CRITERIA)
    assert found.faults == ("main: 1 of 52 samples printed something else than the first",)
    assert rejudge(verdict, [replace(WORKLOADS[0], tolerance=0.01)], CRITERIA).sound


def test_replays_start_at_every_pair_and_stay_below_the_level() -> None:
    rng = random.Random(3)
    d = [rng.gauss(0, 0.03) for _ in range(400)]
    found = replayed(d, Rule())
    assert 300 < len(found) < 400
    assert {pairs for _, pairs in found} <= set(Rule().sizes)
    assert sum(decision == "faster" for decision, _ in found) <= 4
    assert all(decision == "faster" for decision, _ in replayed([x + exp(-1) for x in d], Rule()))
