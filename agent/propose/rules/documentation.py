"""Reading a rule's docstring: the one source of its test, its page and ``hasten rules``.

The docstring's first line is the title. Then come paragraphs that start with ``What:``, ``Why:``,
``Precondition:``, ``Tier:`` and ``Source:``, and the indented blocks under ``Before::`` and ``After::``. A
rule whose example rests on observed arguments lists them under ``Facts::``, as ``name: summary``.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from hasten.agent.facts import Facts
from hasten.agent.propose.rules.base import Rule

_PARTS = ("What", "Why", "Precondition", "Facts", "Before", "After", "Tier", "Source")


@dataclass(frozen=True)
class Documentation:
    """``before`` and ``after`` are files; the definition rewritten is the last one of ``before``."""

    title: str
    what: str
    why: str
    precondition: str
    before: str
    after: str
    tier: str
    source: str
    facts: Facts | None = None
    """What was observed at the definition before."""


def parse(doc: str) -> Documentation:
    """Raises ``KeyError`` naming the part that is missing."""
    lines = inspect.cleandoc(doc).splitlines()
    parts: dict[str, list[str]] = {}
    current = "title"
    for line in lines:
        head, colon, rest = line.partition(":")
        if colon and head in _PARTS:
            current, line = head.lower(), rest.removeprefix(":").strip()
        parts.setdefault(current, []).append(line)

    def prose(name: str) -> str:
        return " ".join(" ".join(parts[name]).split())

    def block(name: str) -> str:
        return inspect.cleandoc("\n".join(parts[name])) + "\n"

    return Documentation(
        title=prose("title").rstrip("."),
        what=prose("what"),
        why=prose("why"),
        precondition=prose("precondition"),
        before=block("before"),
        after=block("after"),
        tier=prose("tier"),
        source=prose("source"),
        facts=_facts(block("facts")) if "facts" in parts else None,
    )


def _facts(text: str) -> Facts:
    pairs = (line.partition(": ") for line in text.splitlines())
    return Facts(1, 0.0, {name: summary for name, _, summary in pairs})


def documentation(rule: Rule) -> Documentation:
    """What the rule's docstring says, part by part."""
    return parse(rule.doc)
