"""How many examples a program of a property test gets, where a rule has several programs."""

from __future__ import annotations

from tests.propose.rules.nasty import examples

CASES = examples(15)
