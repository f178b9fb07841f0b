"""What the machine did meanwhile: read, put into words, and survived by the measurement."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from judge_simulation import AFTER, BEFORE, Program, Simulated, make_bench

from hasten.agent.judge import speed
from hasten.agent.judge.base import Refusal
from hasten.agent.judge.conditions import (
    CORES,
    Snapshot,
    between,
    drift,
    load_doubled,
    observe,
    processor_time,
    remarks,
    throttle_events,
)
from hasten.agent.judge.modes import DUET, Mode
from hasten.agent.types import Conditions, Measurement
from hasten.sandbox.base import Command, Execution

IN_TURN = Mode("interleaved", "cpu+blocked", True, "")
QUIET = Conditions(load=0.4, steal=0.001, drift=1.02)

STAT = """\
cpu  1363669 27 169434 924367 3091 0 1607 5399 0 0
cpu0 631443 16 84937 512917 896 0 158 2884 0 0
cpu1 732225 10 84496 411449 2195 0 1448 2514 0 0
cpu10 1 0 0 0 0 0 0 1 0 0
intr 7505671 0 0 0 14 0
ctxt 13329316
procs_running 2
"""


@pytest.mark.parametrize(
    ("core", "expected"),
    [(None, (2467594, 5399)), (0, (1233251, 2884)), (1, (1234337, 2514)), (10, (2, 1)), (7, None)],
)
def test_jiffies_of_a_core_and_of_all(core: int | None, expected: tuple[int, int] | None) -> None:
    assert processor_time(STAT, core) == expected


def test_guest_time_is_not_counted_twice() -> None:
    assert processor_time("cpu0 100 0 0 100 0 0 0 50 90 10\n", 0) == (250, 50)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "cpu0\n", "cpu0 1 2 3 4\n", "cpu0 1 2 3 4 5 6 7 x\n", "cpux 1\n"]
)
def test_texts_that_are_no_stat(text: str) -> None:
    """The last but two is a Linux before 2.6.11, which did not know of stolen time."""
    assert processor_time(text, 0) is None


def test_throttling_of_cores_adds_up_and_that_of_the_package_does_not() -> None:
    at = "/sys/devices/system/cpu/cpu{}/thermal_throttle/{}_throttle_count"
    counters = {at.format(core, "package"): "7" for core in range(4)}
    counters |= {at.format(core, "core"): str(core) for core in range(4)}
    assert throttle_events(counters) == 7 + 0 + 1 + 2 + 3
    assert throttle_events({at.format(0, "core"): "0"}) == 0
    assert throttle_events({}) is None


def test_what_happened_between_two_snapshots() -> None:
    start = Snapshot(total=1000, steal=10, load=0.5, asleep_s=100.0, throttled=3)
    end = Snapshot(total=1400, steal=38, load=2.5, asleep_s=141.0, throttled=15)
    befores = [1.0] * 4 + [1.2] * 4 + [1.4] * 4
    assert between(start, end, befores) == Conditions(2.5, 0.07, 41.0, 12, 1.4)


def test_a_machine_that_does_not_tell() -> None:
    assert between(Snapshot(), Snapshot(), []) == Conditions()
    one_sided = between(Snapshot(), Snapshot(5, 1, 1.0, 3.0, 4), [])
    assert one_sided == Conditions(load=1.0)


def test_counters_that_stand_still_or_fall() -> None:
    start = Snapshot(total=1000, steal=10, asleep_s=5.0, throttled=9)
    assert between(start, start, []).steal is None, "no jiffy went by"
    fell = between(start, Snapshot(total=2000, steal=4, asleep_s=4.999, throttled=0), [])
    assert (fell.steal, fell.suspended_s, fell.throttled) == (0.0, 0.0, 0)


def test_drift_is_of_the_thirds_and_ignores_single_outliers() -> None:
    assert drift([1.0] * 8) is None
    assert drift([2.0, 2.0, 2.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0]) == 0.5
    assert drift([1.0, 50.0, 1.0, *[1.0] * 5, 1.0, 80.0, 1.0]) == 1.0
    assert drift([0.0] * 9) is None


def test_a_quiet_machine_is_not_worth_a_word() -> None:
    assert remarks(QUIET, cores=2) == ()
    assert remarks(Conditions(), cores=2) == ()
    assert remarks(replace(QUIET, load=2.0), cores=1) == (), "a pair is two runnable threads by itself"


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (replace(QUIET, steal=0.07), "the hypervisor took 7% of the processor away"),
        (replace(QUIET, suspended_s=41.2), "the machine was suspended for 41 s"),
        (replace(QUIET, throttled=12), "cores were throttled 12 times"),
        (replace(QUIET, throttled=1), "cores were throttled once"),
        (replace(QUIET, drift=1.4), "the machine became 1.4x slower meanwhile"),
        (replace(QUIET, drift=0.5), "the machine became 2.0x faster meanwhile"),
        (replace(QUIET, load=5.27), "the load was 5.3 on 2 cores"),
    ],
)
def test_what_is_out_of_the_ordinary_is_said(conditions: Conditions, said: str) -> None:
    assert remarks(conditions, cores=2) == (said,)


def test_everything_at_once() -> None:
    found = remarks(Conditions(9.0, 0.5, 3600.0, 2, 3.0), cores=1)
    assert len(found) == 5
    assert found[-1] == "the load was 9.0 on 1 core"


@pytest.mark.parametrize(
    ("then", "now", "doubled"),
    [
        (1.0, 2.0, True),
        (3.0, 6.5, True),
        (3.0, 5.9, False),
        (0.1, 0.9, False),
        (0.1, 1.2, True),
        (0.0, 0.5, False),
        (4.0, 1.0, False),
        (None, 9.0, False),
        (1.0, None, False),
    ],
)
def test_when_a_calibration_is_out_of_date(then: float | None, now: float | None, doubled: bool) -> None:
    assert load_doubled(then, now) is doubled


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/stat and CLOCK_BOOTTIME")
def test_this_machine_tells() -> None:
    core = max(os.sched_getaffinity(0))
    start = observe(core)
    together = observe(None)
    assert start.total is not None
    assert together.total is not None
    assert start.total > 0
    assert together.total >= start.total
    assert start.asleep_s is not None
    assert start.load is not None
    assert observe(100_000).total is None
    found = between(start, observe(core), [0.1] * 9)
    assert found.suspended_s == 0.0
    assert found.drift == 1.0
    assert found.steal is None or 0.0 <= found.steal <= 1.0
    assert CORES >= 1


Weather = Callable[[int, random.Random], float]
"""Factor on what one program takes, by the number of executions so far."""


@dataclass
class Restless(Simulated):
    """A machine that changes while it is measured."""

    weather: Weather = lambda _ran, _rng: 1.0
    suspended_at: int | None = None
    """Which execution sees an hour go by on the wall clock."""
    executed: int = 0

    def run(self, commands: Sequence[Command]) -> list[Execution]:
        return [self._disturbed(execution) for execution in super().run(commands)]

    def _disturbed(self, execution: Execution) -> Execution:
        self.executed += 1
        factor = self.weather(self.executed, self.rng)
        asleep = 3600.0 if self.executed == self.suspended_at else 0.0
        return replace(
            execution,
            cpu_s=execution.cpu_s * factor,
            main_cpu_s=execution.cpu_s * factor,
            wall_s=execution.wall_s * factor + asleep,
            blocked_s=(execution.blocked_s or 0.0) + asleep,
        )


def drifting(way: int) -> Weather:
    """Twice as slow (``way`` 1) or fast (-1) after the executions of eight pairs, and on from there."""
    return lambda ran, _rng: 2 ** (way * ran / 16)


def heavy_process(ran: int, rng: random.Random) -> float:
    """Starts after some five pairs, takes what it gets and makes everything uneven."""
    return 1.0 if ran < 10 else 1.6 * rng.lognormvariate(0, 0.10)


def stolen(_ran: int, rng: random.Random) -> float:
    """One pair in ten has a program in it that takes ten times as long."""
    return 10.0 if rng.random() < 0.05 else 1.0


def quiet(_ran: int, _rng: random.Random) -> float:
    return 1.0


def under(weather: str, mode: Mode, gain: float, seed: int) -> Measurement | Refusal:
    """Programs of a known ratio measured on a machine as ``weather`` says."""
    before = Program()
    after = replace(before, cpu_s=before.cpu_s / gain)
    weathers = {"drift": drifting(1 if seed % 2 else -1), "heavy process": heavy_process, "stolen": stolen}
    rng = random.Random(seed)
    sandbox = Restless(
        {"before": before, "after": after},
        shared=0.10 if mode == DUET else 0.05,
        own=0.03,
        rng=rng,
        weather=weathers.get(weather, quiet),
        suspended_at=rng.randrange(3, 20) if weather == "suspended" else None,
    )
    bench = replace(make_bench(before, after=after, mode=mode, seed=seed), sandbox=sandbox)
    return speed.measure(bench, BEFORE, AFTER)


def faster(found: Measurement | Refusal) -> bool:
    return isinstance(found, Measurement) and found.decision == "faster"


WEATHERS = ("drift", "heavy process", "stolen", "suspended")


@pytest.mark.e2e
@pytest.mark.parametrize("mode", [DUET, IN_TURN], ids=["duet", "in turn"])
@pytest.mark.parametrize("weather", WEATHERS)
def test_identical_programs_are_not_accepted(weather: str, mode: Mode) -> None:
    """None of 60, but for the level of .01 that the rule has: 28 of 12 000 were accepted over other seeds (by
    scenario, 0 to 6 of 1200). Three of 60 would be one in fifty at .01 and one in seven hundred at .003."""
    accepted = [seed for seed in range(60) if faster(under(weather, mode, 1.0, seed))]
    assert len(accepted) <= 2, accepted


@pytest.mark.parametrize("mode", [DUET, IN_TURN], ids=["duet", "in turn"])
@pytest.mark.parametrize("weather", WEATHERS)
def test_a_real_gain_still_is_accepted(weather: str, mode: Mode) -> None:
    lost = {seed: found for seed in range(20) if not faster(found := under(weather, mode, 1.3, seed))}
    assert not lost


def test_a_drift_is_put_on_record() -> None:
    found = under("drift", IN_TURN, 1.0, 1)
    assert isinstance(found, Measurement)
    assert found.conditions.drift is not None
    assert found.conditions.drift > 1.5
    assert "slower meanwhile" in found.note
