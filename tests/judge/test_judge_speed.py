"""The driver of the measurement on simulated programs, whose true speed is known."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from judge_simulation import AFTER, BEFORE, Program, Simulated, make_bench, plain_criteria

from hasten import PlatformError, WorkloadError
from hasten.agent.judge import speed
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.modes import DUET, Mode
from hasten.agent.judge.sampling import Bench
from hasten.agent.judge.screening import affordable_pairs, affordable_rounds, calibrate, calibrated, race
from hasten.agent.judge.sequential import COUNTED
from hasten.agent.types import Measurement, Rule
from hasten.sandbox.base import MIB, Command, Execution, Sandbox

WAITING = Mode("interleaved", "cpu+blocked", True, "")
PARALLEL = Mode("interleaved", "wall", False, "")
BASE = Program(cpu_s=0.05)
COUNTED_MODE = Mode("interleaved", "instructions", True, "")


def measured(bench: Bench, **options: float) -> Measurement:
    found = speed.measure(bench, BEFORE, AFTER, **options)
    assert isinstance(found, Measurement), found
    return found


def refused(bench: Bench) -> Refusal:
    found = speed.measure(bench, BEFORE, AFTER)
    assert isinstance(found, Refusal), found
    return found


def commands(bench: Bench) -> list[list[Command]]:
    assert isinstance(bench.sandbox, Simulated)
    return bench.sandbox.ran


@pytest.mark.parametrize(
    ("factor", "decision"), [(1.0, "same"), (1.1, "faster"), (2.0, "faster"), (0.9, "slower")]
)
def test_known_effects_are_told(factor: float, decision: str) -> None:
    found = measured(make_bench(BASE, after=replace(BASE, cpu_s=BASE.cpu_s / factor), own=0.005))
    assert found.decision == decision
    assert found.speedup == pytest.approx(factor, rel=0.02)
    assert found.low < found.speedup < found.high
    assert found.pairs in Rule().sizes
    assert len(found.samples) == found.pairs
    assert (found.metric, found.mode) == ("cpu", "duet")


def test_hardly_any_identical_program_is_kept() -> None:
    found = [speed.measure(make_bench(BASE, after=BASE, seed=s), BEFORE, AFTER) for s in range(60)]
    assert not [f for f in found if not isinstance(f, Measurement) or f.decision == "faster"]


def test_real_gains_survive_the_guards() -> None:
    """A gain of 1.08x at realistic noise: the veto by solo runs must not cost more than a few percent."""
    gain = replace(BASE, cpu_s=BASE.cpu_s / 1.08)
    found = [speed.measure(make_bench(BASE, after=gain, seed=s), BEFORE, AFTER) for s in range(60)]
    kept = [f for f in found if isinstance(f, Measurement) and f.decision == "faster"]
    assert len(kept) >= 57


def test_pairs_share_core_and_hash_seed_but_not_order() -> None:
    bench = make_bench(BASE, after=BASE, own=0.05)
    found = measured(bench)
    pairs = [run for run in commands(bench) if len(run) == 2]
    assert len(pairs) == found.pairs + 1, "one discarded warm-up"
    seeds = [{c.env["PYTHONHASHSEED"] for c in run} for run in pairs]
    assert all(len(seed) == 1 for seed in seeds)
    assert len(set.union(*seeds)) == len(pairs)
    assert all(run[0].cpu == run[1].cpu for run in pairs)
    first = [run[0].tree.name for run in pairs]
    assert {"before", "after"} == set(first)


def test_the_same_seed_gives_the_same_measurement() -> None:
    one, two = (measured(make_bench(BASE, after=BASE, seed=9)) for _ in range(2))
    assert one.raw == two.raw
    assert (one.decision, one.speedup, one.low) == (two.decision, two.speedup, two.low)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (replace(BASE, stdout=b"43\n"), "standard output differs in line 1"),
        (replace(BASE, exit_code=3), "exited with status 3"),
        (replace(BASE, exit_code=139), "was ended by SIGSEGV"),
        (replace(BASE, leftover=1, cpu_s=0.01), "leaves 1 processes running"),
    ],
)
@pytest.mark.parametrize("mode", [DUET, WAITING, PARALLEL])
def test_misbehaviour_in_a_sample_is_refused(program: Program, reason: str, mode: Mode) -> None:
    found = refused(make_bench(BASE, after=program, mode=mode))
    assert found.gate == "output"
    assert reason in found.reason


def test_work_that_turns_into_waiting_is_no_gain() -> None:
    found = refused(make_bench(BASE, after=replace(BASE, cpu_s=0.02, waits_s=0.08)))
    assert found.gate == "speed"
    assert re.search(r"takes [12]\.\d\dx as long when run alone", found.reason)
    assert found.measurement is not None
    assert found.measurement.decision == "faster"


def test_work_done_where_nobody_counts_is_no_gain() -> None:
    found = refused(make_bench(BASE, after=replace(BASE, cpu_s=0.01, hidden_s=0.04)))
    assert "where it is not counted" in found.reason


def test_memory_bought_for_speed_is_refused() -> None:
    found = refused(make_bench(BASE, after=replace(BASE, cpu_s=0.01, rss=200 * MIB)))
    assert "200 MiB of memory instead of 40 MiB" in found.reason
    assert measured(make_bench(BASE, after=replace(BASE, cpu_s=0.01, rss=60 * MIB))).decision == "faster"


def test_more_cores_bought_for_speed_are_refused() -> None:
    before = Program(cpu_s=0.4, cores=1.9)
    found = refused(make_bench(before, after=Program(cpu_s=0.6, cores=4.0), mode=PARALLEL))
    assert re.search(r"takes 1\.[45]\dx the processor time", found.reason)


def test_programs_that_wait_are_timed_in_turn() -> None:
    before = Program(cpu_s=0.02, waits_s=0.2)
    bench = make_bench(before, after=replace(before, waits_s=0.1), mode=WAITING)
    found = measured(bench)
    assert found.decision == "faster"
    assert found.speedup == pytest.approx(0.22 / 0.12, rel=0.03)
    assert all(len(run) == 1 for run in commands(bench))
    assert found.wall_ratio > 1.5


def test_programs_that_cannot_run_together_take_turns() -> None:
    server = replace(BASE, collides=True)
    found = measured(make_bench(server, after=replace(server, cpu_s=0.02)))
    assert found.mode == "interleaved"
    assert found.decision == "faster"
    assert "took turns" in found.note


def test_a_baseline_that_breaks_is_the_users_problem() -> None:
    bench = make_bench(BASE, after=BASE)
    assert isinstance(bench.sandbox, Simulated)
    bench.sandbox.programs["before"] = replace(BASE, stdout=b"other\n")
    with pytest.raises(WorkloadError, match="Without any change, the workload main does not do the same"):
        speed.measure(bench, BEFORE, AFTER)


def test_slow_programs_need_four_pairs_for_large_effects() -> None:
    slow = Program(cpu_s=30.0)
    found = measured(make_bench(slow, after=replace(slow, cpu_s=15.0), rule=Rule(large=True)))
    assert (found.decision, found.pairs) == ("faster", 4)
    assert "large-effect, n=4" in found.note
    assert measured(make_bench(slow, after=replace(slow, cpu_s=27.0), rule=Rule(large=True))).pairs >= 8


def test_short_programs_are_run_several_times_a_sample() -> None:
    short = Program(cpu_s=0.004)
    bench = replace(make_bench(short, after=replace(short, cpu_s=0.003), own=0.1), repeats=6, startup_s=0.002)
    found = measured(bench)
    pairs = [run for run in commands(bench) if len(run) == 2]
    assert len(pairs) == 6 * (found.pairs + 1)
    assert {"before", "after"} == {run[0].tree.name for run in pairs[:12]}, "a new coin for each run"
    assert found.before_s == pytest.approx(0.004, rel=0.3), "figures are of one execution"
    assert sum(a for a, _ in found.samples) / found.pairs == pytest.approx(0.024, rel=0.3)
    assert found.startup_share == pytest.approx(0.5, rel=0.3)
    assert "6 runs make one sample" in found.note
    assert "is the start of the interpreter" in found.note


def test_one_wrong_run_of_several_spoils_the_sample() -> None:
    bench = replace(make_bench(BASE, after=BASE), repeats=4)
    sandbox = bench.sandbox
    assert isinstance(sandbox, Simulated)
    plain = sandbox.run

    def sometimes(given: list[Command]) -> list[Execution]:
        found = plain(given)
        late = len(sandbox.ran) > 10
        return [
            replace(e, stdout=b"43") if late and c.tree == AFTER else e
            for c, e in zip(given, found, strict=True)
        ]

    sandbox.run = sometimes  # type: ignore[method-assign,assignment]
    assert "standard output differs" in refused(bench).reason


def counting(bench: Bench, instructions: dict[str, int | str]) -> Bench:
    """A bench that compares instructions instead of time."""

    def count(sandbox: Sandbox, command: Command) -> tuple[Execution, int | str]:
        return sandbox.run([command])[0], instructions[command.tree.name]

    return replace(bench, counter=count, mode=COUNTED_MODE, rule=COUNTED)


def test_instructions_decide_at_three_pairs_and_time_has_a_veto() -> None:
    gain = replace(BASE, cpu_s=BASE.cpu_s / 1.3)
    found = measured(counting(make_bench(BASE, after=gain), {"before": 1300, "after": 1000}))
    assert (found.decision, found.pairs, found.metric) == ("faster", 3, "instructions")
    assert found.speedup == pytest.approx(1.3)
    assert len(found.solo) == 8
    same = counting(make_bench(BASE, after=BASE), {"before": 1000, "after": 999})
    assert measured(same).decision == "same"
    slow = replace(BASE, cpu_s=BASE.cpu_s * 1.5)
    misled = refused(counting(make_bench(BASE, after=slow), {"before": 1300, "after": 1000}))
    assert "as long when run alone" in misled.reason


def test_instructions_that_cannot_be_counted_are_no_gain() -> None:
    bench = counting(make_bench(BASE, after=BASE), {"before": 1000, "after": "a child was killed"})
    assert "cannot be counted: a child was killed" in refused(bench).reason


def test_everything_measured_is_kept() -> None:
    found = measured(make_bench(BASE, after=replace(BASE, cpu_s=0.02)))
    assert len(found.raw) == found.pairs
    assert {s.launched for pair in found.raw for s in pair} == {0, 1}
    assert all(a.launched != b.launched for a, b in found.raw)
    assert len({s.output for pair in found.raw for s in pair}) == 1
    assert len(found.solo) == 4
    assert found.rule == Rule()
    assert found.spent == pytest.approx(0.004)
    assert found.p <= found.alpha


def test_a_program_faster_than_itself_stops_everything() -> None:
    uneven = make_bench(BASE, after=replace(BASE, cpu_s=0.03))
    with pytest.raises(PlatformError, match="faster than itself, twice in a row"):
        calibrated(uneven, BEFORE, AFTER, 5.0, 0.05)
    even = calibrated(make_bench(BASE, after=BASE), BEFORE, AFTER, 5.0, 0.05)
    assert even is not None
    assert not even.accepted


def test_calibration_keeps_to_its_budget() -> None:
    assert affordable_pairs(0.1, 5.0) == 20
    assert affordable_pairs(0.5, 5.0) == 10
    assert affordable_pairs(1.0, 5.0) == 8, "the fewest that tell anything"
    assert affordable_pairs(10.0, 5.0) == 0
    assert affordable_pairs(0.1, 0.0) == 0
    assert calibrated(make_bench(BASE, after=BASE), BEFORE, AFTER, 5.0, 30.0) is None


def test_measuring_ends_when_time_is_up() -> None:
    found = measured(make_bench(BASE, after=replace(BASE, cpu_s=0.02)), max_seconds=0.0)
    assert (found.decision, found.pairs) == ("inconclusive", 4)
    assert "ran out" in found.note


def test_progress_tells_every_pair() -> None:
    told: list[dict[str, object]] = []
    bench = make_bench(
        BASE,
        after=replace(BASE, cpu_s=0.02),
        progress=lambda kind, facts: told.append(dict(facts)) if kind == "pair" else None,
    )
    found = measured(bench)
    assert [t["n"] for t in told] == list(range(1, found.pairs + 1))
    assert told[-1]["speedup"] == pytest.approx(found.speedup)


def test_a_race_finds_the_winner_and_the_broken() -> None:
    bench = make_bench(
        BASE,
        a=BASE,
        b=replace(BASE, cpu_s=0.04),
        c=replace(BASE, stdout=b"wrong\n"),
        d=replace(BASE, cpu_s=0.06),
    )
    ratios = race(bench, BEFORE, [Path(name) for name in "abcd"])
    assert ratios[1] == pytest.approx(1.25, rel=0.05)
    assert ratios[2] == 0.0
    assert sorted(ratios, reverse=True) == [ratios[1], ratios[0], ratios[3], ratios[2]]
    sizes = [len(run) for run in commands(bench)]
    assert sizes == [5] + [4] * 8, "the broken one runs once"


def test_races_of_slow_programs_are_shorter() -> None:
    assert affordable_rounds(0.1, 300) == 8
    assert affordable_rounds(50, 300) == 5
    assert affordable_rounds(500, 300) == 3
    assert affordable_rounds(500, None) == 8


def test_calibration_measures_the_noise() -> None:
    found = calibrate(make_bench(BASE, after=BASE, own=0.03), BEFORE, AFTER, pairs=80)
    assert found.noise == pytest.approx(0.03 * 2**0.5, rel=0.35)
    assert found.mde == pytest.approx(1.01 + 0.54 * found.noise)
    assert not found.accepted
    with pytest.raises(WorkloadError):
        calibrate(make_bench(replace(BASE, exit_code=1), after=BASE), BEFORE, AFTER)


def test_minimum_effect_comes_from_the_criteria() -> None:
    gain = replace(BASE, cpu_s=BASE.cpu_s / 1.1)
    bench = make_bench(BASE, after=gain, own=0.005, criteria=plain_criteria(min_effect=1.3))
    assert measured(bench).decision == "same"
