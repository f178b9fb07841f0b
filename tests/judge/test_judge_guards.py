"""What a gain must not cost, decided on made-up pairs."""

import random

import pytest
from judge_simulation import plain_criteria

from hasten.agent.judge.guards import resource_veto, trade_veto, veto_pairs, wall_veto
from hasten.agent.types import Pair, Sample
from hasten.sandbox.base import MIB


def pairs(
    before: float, after: float, *, waits: float = 0.0, hidden: float = 0.0, noise: float = 0.0, n: int = 8
) -> list[Pair]:
    """Solo pairs by CPU seconds; both wait, and the second one leaves ``hidden`` seconds to nobody."""
    rng = random.Random(1)

    def executed(cpu: float, blocked: float) -> Sample:
        cpu *= rng.lognormvariate(0, noise)
        return Sample(cpu + blocked, cpu, 40 * MIB, blocked)

    return [(executed(before, waits), executed(after, waits + hidden)) for _ in range(n)]


@pytest.mark.parametrize("speedup", [1.05, 1.5, 2.5, 50.0])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_honest_gains_pass(speedup: float, noise: float) -> None:
    n = veto_pairs(speedup)
    solo = pairs(0.1, 0.1 / speedup, waits=0.004, noise=noise, n=n)
    assert wall_veto(solo, speedup, plain_criteria()) is None


@pytest.mark.parametrize("speedup", [1.3, 1.9, 2.5, 50.0])
def test_hidden_work_does_not_pass(speedup: float) -> None:
    after = 0.1 / speedup
    solo = pairs(0.1, after, hidden=0.1 - after, noise=0.03, n=veto_pairs(speedup))
    assert "not counted" in (wall_veto(solo, speedup, plain_criteria()) or "")


def test_slower_on_the_wall_does_not_pass() -> None:
    solo = pairs(0.1, 0.05, hidden=0.07, noise=0.03)
    assert "as long when run alone" in (wall_veto(solo, 2.0, plain_criteria()) or "")


def test_few_pairs_are_enough_for_clear_gains() -> None:
    assert veto_pairs(1.9) == 8
    assert veto_pairs(2.1) == 4


def waiting_pairs(sleep: float, cpu: float, charged: float, *, n: int = 8) -> list[Pair]:
    """60 ms of computing and 12 ms of sleep become ``cpu`` and ``sleep``; the machine is so busy that what is
    charged is ``charged`` of the time that passes."""
    rng = random.Random(2)

    def executed(cpu_s: float, blocked_s: float) -> Sample:
        cpu_s *= rng.lognormvariate(0, 0.02)
        wall_s = cpu_s / charged * rng.lognormvariate(0, 0.2 if charged < 1 else 0.02) + blocked_s
        return Sample(wall_s, cpu_s, 40 * MIB, blocked_s)

    return [(executed(0.060, 0.012), executed(cpu, sleep)) for _ in range(n)]


@pytest.mark.parametrize("n", [4, 8, 27])
def test_busy_waiting_is_no_gain_on_a_busy_machine(n: int) -> None:
    spinning = waiting_pairs(0.0, 0.060 + 0.012 / 3, charged=1 / 3, n=n)
    assert "shows no gain" in (trade_veto(spinning) or "")


@pytest.mark.parametrize(("cpu", "charged"), [(0.063, 1.0), (0.060, 1 / 3), (0.040, 1 / 3)])
def test_less_waiting_is_a_gain(cpu: float, charged: float) -> None:
    """On an idle machine even at the price of some computing, on a busy one for nothing."""
    assert trade_veto(waiting_pairs(0.0, cpu, charged)) is None


@pytest.mark.parametrize(("before", "after", "fine"), [(40, 56, True), (40, 70, False), (1000, 1240, True)])
def test_memory_may_grow_a_little(before: int, after: int, fine: bool) -> None:
    def executed(mib: int) -> Sample:
        return Sample(0.1, 0.1, mib * MIB)

    veto = resource_veto([(executed(before), executed(after))] * 8, plain_criteria())
    assert (veto is None) is fine
