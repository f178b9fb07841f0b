"""Which rules take part in a run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import get_args

from hasten import UsageError
from hasten.agent.propose.rules.base import Tier
from hasten.agent.propose.rules.registry import RULES

TIERS: tuple[str, ...] = get_args(Tier)


def select(include: Sequence[str] = (), exclude: Sequence[str] = ()) -> frozenset[str]:
    """Ids of the rules that may propose. Both lists hold ids of rules or names of tiers.

    Without ``include`` every rule but those of the tier ``opt-in``. Raises ``UsageError`` for a name that is
    neither a rule nor a tier.
    """
    for name in (*include, *exclude):
        if name not in RULES and name not in TIERS:
            raise no_such_rule(name)
    chosen = include or [tier for tier in TIERS if tier != "opt-in"]
    return frozenset(_named(chosen)) - frozenset(_named(exclude))


def no_such_rule(name: str) -> UsageError:
    """What to tell someone who asked for a rule that does not exist."""
    close = difflib.get_close_matches(name, [*RULES, *TIERS], n=1, cutoff=0.5)
    hint = f"Did you mean '{close[0]}'?" if close else "'hasten rules' lists them."
    return UsageError(f"There is no rule '{name}'.", hint)


def _named(names: Iterable[str]) -> Iterable[str]:
    wanted = frozenset(names)
    return (rule.id for rule in RULES.values() if rule.id in wanted or rule.tier in wanted)
