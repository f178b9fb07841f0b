"""What a rewrite rule is, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hasten.agent.types import Edit

if TYPE_CHECKING:
    from hasten.agent.propose.analysis.function import Function

Tier = Literal["safe", "facts", "opt-in"]


@dataclass(frozen=True)
class Change:
    """One site of a definition rewritten: the new text of the definition, at column 0."""

    text: str
    title: str
    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rewrite.

    ``tier`` says what its proof rests on: ``safe`` on the code alone, ``facts`` also on annotations and
    observed types being true, ``opt-in`` on the user's word. ``hints`` are strings of which at least one
    occurs in every definition the rule can change (a cheap test before any analysis). ``apply`` is pure:
    it rewrites the first site whose precondition is proven, or returns ``None``; it is called again on
    its own result until it is silent.
    """

    id: str
    tier: Tier
    hints: tuple[str, ...]
    apply: Callable[[Function], Change | None]
    doc: str
    """Docstring of the rule's module: what, why, precondition, before, after, source."""
    needs: tuple[str, ...] = ()
    """What has to be observed where annotations do not say it: ``types of arguments``."""


@dataclass(frozen=True)
class Rewrite:
    """What one rule, or several in sequence, make of a definition."""

    rules: tuple[str, ...]
    title: str
    edit: Edit
