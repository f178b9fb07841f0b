"""Text to words."""

from __future__ import annotations

import re

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
SUFFIXES = ("ing", "ed", "es", "s")
SHORTEST_STEM = 4


def stem(word: str) -> str:
    """``word`` without a common ending, where enough of it remains."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM:
            return word[: -len(suffix)]
    return word


def terms(text: str) -> list[str]:
    """The stems of the words of a text, in order, repetitions kept."""
    return [stem(word) for word in WORD.findall(text.lower())]
