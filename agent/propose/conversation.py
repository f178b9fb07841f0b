"""What is said to a model and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


class Message(TypedDict):
    """One turn of a conversation, as every chat API spells it."""

    role: str
    content: str


@dataclass(frozen=True)
class Reply:
    """A model's answer and what it took."""

    text: str
    usd: float = 0.0
    """0 when the price is not known (``Model.price_known``)."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    truncated: bool = False
    """The model ran into its output limit; the text ends where it was cut."""
