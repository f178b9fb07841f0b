"""Processor time that nobody sees is no gain: the time that passes has to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from judge_simulation import AFTER, BEFORE, Program, Simulated, make_bench

from hasten import WorkloadError
from hasten.agent.judge import guards, speed
from hasten.agent.judge.base import Refusal
from hasten.agent.types import Pair, Sample
from hasten.sandbox.base import Command, Execution

JITTER = (1.0, 1.02, 0.97, 1.05, 0.99, 1.01, 0.98, 1.03)


def sample(cpu_s: float, wall_s: float, blocked_s: float | None = 0.0) -> Sample:
    return Sample(wall_s=wall_s, cpu_s=cpu_s, peak_rss_bytes=1 << 20, blocked_s=blocked_s)


def pairs(before: Sample, after: Sample, load: float = 0.0) -> list[Pair]:
    """Eight pairs; others keep the core busy for ``load`` times what the program itself needs of it."""
    return [
        (
            sample(before.cpu_s, (before.wall_s + load * before.cpu_s) * one, before.blocked_s),
            sample(after.cpu_s, (after.wall_s + load * after.cpu_s) * other, after.blocked_s),
        )
        for one, other in zip(JITTER, reversed(JITTER), strict=True)
    ]


@pytest.mark.parametrize("load", [0.0, 1.0, 4.0])
def test_an_honest_gain_is_no_hidden_work(load: float) -> None:
    assert guards.hidden_veto(pairs(sample(0.075, 0.075), sample(0.025, 0.025), load), 3.0) is None
    assert guards.hidden_veto(pairs(sample(0.075, 0.075), sample(0.070, 0.070), load), 1.07) is None


@pytest.mark.parametrize("load", [0.0, 4.0])
def test_less_waiting_is_a_gain_however_busy_the_machine(load: float) -> None:
    before, after = sample(0.045, 0.105, 0.06), sample(0.045, 0.045)
    assert guards.hidden_veto(pairs(before, after, load), 2.3) is None


def test_a_wait_for_the_core_that_grows_as_the_work_shrinks_is_hidden_work() -> None:
    found = guards.hidden_veto(pairs(sample(0.075, 0.075), sample(0.015, 0.076)), 5.0)
    assert found is not None
    assert found.startswith("its processor time falls 5.00x but the time that passes only 0.9")
    assert found.endswith("the work is done where it is not counted")


def test_waiting_turned_into_a_queue_is_no_gain() -> None:
    before, after = sample(0.045, 0.105, 0.06), sample(0.046, 0.106)
    assert "not counted" in (guards.hidden_veto(pairs(before, after), 2.3) or "")


def test_without_the_kernels_help_nothing_is_suspected() -> None:
    blind = [(Sample(0.08, 0.075, 1 << 20), Sample(0.07, 0.015, 1 << 20))] * 8
    assert guards.hidden_veto(blind, 5.0) is None


def test_side_by_side_the_smaller_one_ends_first() -> None:
    """Two equal shares of a core: 25 ms of work end after 50 ms, the other 75 ms after 100 ms."""
    assert guards.finish_veto(pairs(sample(0.075, 0.100), sample(0.025, 0.050)), 3.0) is None
    assert guards.finish_veto(pairs(sample(0.075, 0.148), sample(0.070, 0.145)), 1.07) is None
    hidden = guards.finish_veto(pairs(sample(0.075, 0.150), sample(0.025, 0.150)), 3.0)
    assert hidden is not None
    assert "not counted" in hidden


def test_a_change_that_fails_beside_another_program_is_refused() -> None:
    """It must not choose to be measured in turns, where more cores look like a gain."""
    staged = Program(cpu_s=0.05, collides=True, cores=2.0)
    found = speed.measure(make_bench(Program(cpu_s=0.05), after=staged), BEFORE, AFTER)
    assert isinstance(found, Refusal)
    assert "exited with status 1" in found.reason


class Disturbed(Simulated):
    """The program as it was fails whenever the change runs at the same time, from some pair on."""

    def run(self, commands: Sequence[Command]) -> list[Execution]:
        done = super().run(commands)
        names = [command.tree.name for command in commands]
        if set(names) == {"before", "after"} and len(self.ran) > self.patience:
            done[names.index("before")] = replace(done[names.index("before")], exit_code=137)
        return done

    patience = 0


@pytest.mark.parametrize("patience", [0, 4])
def test_a_change_that_makes_the_other_side_fail_is_refused(patience: int) -> None:
    bench = make_bench(Program(), after=Program(cpu_s=0.01))
    assert isinstance(bench.sandbox, Simulated)
    rival = Disturbed(bench.sandbox.programs)
    rival.patience = patience
    found = speed.measure(replace(bench, sandbox=rival), BEFORE, AFTER)
    assert isinstance(found, Refusal)
    assert found.reason.startswith(
        "beside it the program as it was fails: the workload main was ended by SIG"
    )


def test_a_program_that_fails_alone_too_ends_everything() -> None:
    bench = make_bench(Program(), after=Program())
    assert isinstance(bench.sandbox, Simulated)
    bench.sandbox.programs["before"] = Program(exit_code=3)
    with pytest.raises(WorkloadError, match="Without any change"):
        speed.measure(bench, BEFORE, AFTER)
