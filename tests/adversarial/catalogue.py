"""Every attack, by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attack import Attack
from attacks import answers, bombs, clocks, escapes, forgery, hidden, kernel, rivals, senses, stores, suite

FAMILIES: Mapping[str, Sequence[Attack]] = {
    "Answers": answers.ATTACKS,
    "Caches in files and folders": stores.ATTACKS,
    "Caches in the kernel": kernel.ATTACKS,
    "Clocks and patches": clocks.ATTACKS,
    "Work done elsewhere": hidden.ATTACKS,
    "Tests and configuration": suite.ATTACKS,
    "Forged test results": forgery.ATTACKS,
    "The other side": rivals.ATTACKS,
    "Detection": senses.ATTACKS,
    "Escapes": escapes.ATTACKS,
    "Bombs": bombs.ATTACKS,
}
ALIKE = ("Answers", "Clocks and patches", "Tests and configuration", "Forged test results", "Detection")
"""Families that a backend has little to do with: a test run tries each of their attacks in one of them, the
table in all."""
ATTACKS = tuple(attack for family in FAMILIES.values() for attack in family)


def cases(backends: Sequence[str]) -> list[tuple[str, Attack]]:
    """What a test run tries, backend by backend."""
    alike = [attack for family in ALIKE for attack in FAMILIES[family]]
    return [
        (backend, attack)
        for number, backend in enumerate(backends)
        for attack in ATTACKS
        if attack.is_tried(backend) and (attack not in alike or alike.index(attack) % len(backends) == number)
    ]
