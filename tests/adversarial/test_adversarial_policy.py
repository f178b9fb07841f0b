"""What ``hasten optimize`` sees by reading a candidate, without running it."""

from __future__ import annotations

import json
import re

import pytest
from attack import Attack
from catalogue import ATTACKS
from depot_project import FILES, HONEST
from deserved import reading
from table import PAGE, RESULTS, with_table

from hasten.agent.judge.base import Criteria
from hasten.sandbox.base import Limits

CRITERIA = Criteria(python="/usr/bin/python3", env={}, tests=None, limits=Limits())


def changes_of(attack: Attack) -> dict[str, tuple[str | None, str | None]]:
    places = {"@OUTSIDE@": "/srv/data", "@HOME@": "/home/eve", "@BEFORE@": "/home/eve/tree", "@PORT@": "80"}
    return {path: (FILES.get(path), text) for path, text in attack.texts(places).items()}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_reading_refuses_what_it_can(attack: Attack) -> None:
    said = reading(changes_of(attack), CRITERIA)
    if attack.policy:
        assert re.search(attack.policy, said), said
    else:
        assert said == ""


def test_the_honest_improvement_passes() -> None:
    changes = {path: (FILES.get(path), text) for path, text in HONEST.items()}
    assert reading(changes, CRITERIA) == ""


def test_names_are_unique_and_every_attack_changes_something() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 100
    for attack in ATTACKS:
        assert any(FILES.get(path) != text for path, text in attack.files.items()), attack.name


def test_the_page_shows_the_results_of_every_attack() -> None:
    results = json.loads(RESULTS.read_text())
    assert set(results) == {attack.name for attack in ATTACKS}
    assert PAGE.read_text() == with_table(PAGE.read_text(), results)
