"""Every attack before the real judge, in every sandbox that claims to stop it, with a canary after it.

Attacks that reading refuses are run all the same, as ``hasten verify`` would run them: with an author who is
trusted, nothing is banned, and the sandbox, the output, the tests and the statistics have to do.
"""

from __future__ import annotations

import pytest
from attack import Attack
from court import Court
from deserved import wrong

pytestmark = pytest.mark.e2e


def test_attack(court: Court, attack: Attack) -> None:
    verdict = court.try_out(attack)
    left = court.canary()
    assert wrong(attack, attack.stopped_by(court.backend), verdict) == ""
    assert left == []
    if attack.harmful:
        assert court.honest().accepted


def test_the_honest_improvement_is_accepted_after_all(court: Court) -> None:
    verdict = court.honest()
    assert verdict.accepted, verdict
    assert court.canary() == []
