"""Whether a verdict is the one that an attack deserves."""

from __future__ import annotations

import re

from attack import ACCEPTED, Attack, Stop

from hasten.agent.judge import policy
from hasten.agent.judge.base import Criteria
from hasten.agent.judge.policy import Changes
from hasten.agent.types import Verdict


def reading(changes: Changes, criteria: Criteria) -> str:
    """Why ``hasten optimize`` refuses a change without running it; empty when it does not."""
    return policy.check(changes, criteria) or ""


def wrong(attack: Attack, stop: Stop | None, verdict: Verdict) -> str:
    """What is wrong with the verdict; empty when the right gate said the right thing."""
    said = f"{verdict.decision} by {verdict.gate}: {verdict.reason}\n{verdict.detail[-800:]}"
    if stop is None or stop.gate == ACCEPTED:
        return "" if verdict.accepted else f"{attack.name} is stopped after all: {said}"
    if verdict.accepted:
        return f"{attack.name} SUCCEEDED: {said}"
    if verdict.gate not in stop.gate.split("|"):
        return f"{attack.name} was stopped by another gate than {stop.gate}: {said}"
    return "" if re.search(stop.words, verdict.reason) else f"{attack.name} for another reason: {said}"
