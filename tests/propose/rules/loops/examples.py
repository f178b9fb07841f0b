"""How many examples a program of a property test gets, where a rule has several programs."""

from __future__ import annotations

from hypothesis import settings

from tests.propose.rules.nasty import PROPERTY

CASES = settings(PROPERTY, max_examples=15)
