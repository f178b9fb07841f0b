"""How a workload is timed."""

import pytest

from hasten.agent.judge.modes import Mode, classify, working_s
from hasten.agent.types import Clock, Sample
from hasten.sandbox.base import Execution


def executed(wall: float, cpu: float, main: float | None = None, blocked: float | None = None) -> Execution:
    return Execution(0, b"", b"", wall, cpu, 0, main_cpu_s=main, blocked_s=blocked)


@pytest.mark.parametrize(
    ("execution", "name", "metric"),
    [
        (executed(0.10, 0.098, 0.098, 0.001), "duet", "cpu"),
        (executed(0.40, 0.098, 0.098, 0.001), "duet", "cpu"),  # A busy machine: it waited for a core.
        (executed(0.30, 0.100, 0.100, 0.200), "interleaved", "cpu+blocked"),
        (executed(0.40, 0.060, 0.060, 0.012), "interleaved", "cpu+blocked"),  # It waited for a core, too.
        (executed(0.10, 0.190, 0.098, 0.001), "interleaved", "wall"),
        (executed(0.10, 0.100, 0.001, 0.099), "duet", "cpu"),  # A shell that runs the program as its child.
        (executed(0.10, 0.050, 0.001, 0.099), "interleaved", "wall"),
        (executed(0.10, 0.098), "duet", "cpu"),
        (executed(0.10, 0.050), "interleaved", "wall"),
        (executed(0.10, 0.180), "interleaved", "wall"),
    ],
)
def test_classes(execution: Execution, name: str, metric: str) -> None:
    mode = classify([execution] * 5)
    assert (mode.name, mode.metric) == (name, metric)


def test_one_odd_run_does_not_decide() -> None:
    usual, odd = executed(0.10, 0.098, 0.098, 0.001), executed(0.9, 0.098, 0.098, 0.8)
    assert classify([usual, usual, odd, usual, odd]).name == "duet"


def test_a_single_run_on_two_cores_gives_threads_away() -> None:
    """On a busy machine most runs of a program with two threads get one core or less."""
    squeezed, parallel = executed(0.20, 0.196, 0.098, 0.05), executed(0.13, 0.196, 0.098, 0.03)
    assert classify([squeezed] * 4).name == "duet", "nothing tells it from a shell and the program it runs"
    assert classify([squeezed, squeezed, parallel, squeezed]).metric == "wall"
    held_up = executed(0.30, 0.196, 0.098, 0.1)
    assert classify([squeezed, held_up, squeezed, squeezed]).name == "duet"
    assert classify([squeezed, held_up, held_up, squeezed]).metric == "wall"


def test_the_workload_may_say_so_itself() -> None:
    run = executed(0.30, 0.100, 0.100, 0.200)
    assert classify([run], "cpu").metric == "cpu"
    assert classify([run], "wall") == Mode("interleaved", "wall", False, "Wall time was asked for.")


def test_values() -> None:
    run = executed(0.30, 0.10, 0.10, 0.15)
    sample = Sample(wall_s=0.30, cpu_s=0.10, peak_rss_bytes=1, blocked_s=0.15)
    clocks: tuple[Clock, ...] = ("cpu", "cpu+blocked", "wall")
    assert [sample.value(clock) for clock in clocks] == pytest.approx([0.10, 0.25, 0.30])
    assert working_s([run]) == pytest.approx(0.25)
    assert working_s([executed(0.3, 0.1)]) == pytest.approx(0.3)
