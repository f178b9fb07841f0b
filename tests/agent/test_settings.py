"""Workloads of the settings: arguments, and held-out executions with other ones."""

import pytest
from pydantic import ValidationError

from hasten.agent.settings import Settings


def settings(**workload: object) -> Settings:
    return Settings.model_validate({"workloads": {"day": workload}})


def test_arguments_fill_the_command() -> None:
    found = settings(command="python -m shop --seed {seed} --rows {rows}", args={"seed": 1, "rows": 500})
    [day] = found.workload_list()
    assert day.argv == ("python", "-m", "shop", "--seed", "1", "--rows", "500")
    assert found.lines() == {"day": "python -m shop --seed 1 --rows 500"}


def test_braces_without_arguments_are_the_shells() -> None:
    [day] = settings(command="cat {a,b}.txt").workload_list()
    assert day.argv == ("sh", "-c", "cat {a,b}.txt")


@pytest.mark.parametrize(
    ("holdout", "names"),
    [
        ({"seed": 2}, ["day-holdout"]),
        ([{"seed": 2}, {"seed": 3, "rows": 9}], ["day-holdout1", "day-holdout2"]),
    ],
)
def test_the_same_workload_with_other_arguments_is_held_out(holdout: object, names: list[str]) -> None:
    command = ["python", "x.py", "{seed}", "{rows}"]
    day, *unseen = settings(command=command, args={"seed": 1, "rows": 5}, holdout=holdout).workload_list()
    assert not day.holdout and day.argv[2:] == ("1", "5")
    assert [w.name for w in unseen] == names
    assert all(w.holdout and w.varies == "day" and w.argv != day.argv for w in unseen)


def test_a_whole_workload_may_be_held_out() -> None:
    [day] = settings(command="python x.py", holdout=True).workload_list()
    assert day.holdout and not day.varies


@pytest.mark.parametrize(
    ("workload", "why"),
    [
        ({"command": "x", "args": {"seed": 1}}, "no {seed}"),
        ({"command": "x {seed}", "args": {"seed": 1}, "holdout": {"size": 2}}, "not among the args"),
        ({"command": "x {seed}", "args": {"seed": 1}, "holdout": {"seed": 1}}, "have to differ"),
    ],
)
def test_mistakes_are_named(workload: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(**workload)
