"""Prompts, rendered from the templates beside this file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hasten.agent.propose.context import Context
from hasten.agent.propose.conversation import Message

__all__ = ["STRATEGIES", "Message", "messages", "repair_messages"]

if TYPE_CHECKING:
    from jinja2 import Environment

STRATEGIES: dict[str, str] = {
    "algorithm": (
        "Direction: the algorithm and its data structures. Ask what each line above is paid for, and how "
        "often the same question is answered again: scans inside loops, lookups in sequences, sorting to "
        "find one element, strings or lists rebuilt step by step, work quadratic in the input. Choose the "
        "structure (dict, set, deque, heap, Counter, bisect, prefix sums, one pass instead of several) that"
        " lowers the complexity."
    ),
    "batch": (
        "Direction: the call path as a whole. The time may be lost between the functions rather than in "
        "one: the same thing done element by element across calls, data converted back and forth, "
        "intermediate objects built to be thrown away. Restructure across the editable definitions so that "
        "a batch is handled at once: move loops to where the data is, call C-implemented functions on whole"
        " sequences, use a library already imported in its vectorized form, read and write in large pieces."
    ),
    "hoist": (
        "Direction: work that need not be repeated. Find what comes out the same on every iteration or "
        "call: compiled patterns, parsed formats, attribute chains to constants, values that depend on one "
        "argument only, results for arguments seen before. Compute it once where it is first known (before "
        "the loop, in the constructor, in a module constant or a dict that lives as long as the call) and "
        "make sure that whatever it derives from cannot change in between. No caches that grow without "
        "bound."
    ),
}

LONGEST_FAILURE = 6_000
"""Characters of a failure shown to the model: the first and the last half of that, where errors are."""


def messages(context: Context, strategy: str) -> list[Message]:
    """The question about one target. ``strategy`` is a key of ``STRATEGIES``.

    What all strategies share comes first, so that a provider's prompt cache can keep it.
    """
    question = _render("propose.j2", context=context, strategy=STRATEGIES[strategy])
    return [{"role": "system", "content": _render("system.j2")}, {"role": "user", "content": question}]


def repair_messages(context: Context, strategy: str, answer: str, failure: str) -> list[Message]:
    """The same question, the answer it got, and why that could not be kept.

    ``failure`` begins with a sentence; what follows its first line is shown as output.
    """
    reason, _, detail = failure.strip().partition("\n")
    again = _render("repair.j2", reason=reason, detail=_middle_cut(detail.strip("\n")))
    return [
        *messages(context, strategy),
        {"role": "assistant", "content": answer},
        {"role": "user", "content": again},
    ]


def _middle_cut(text: str) -> str:
    if len(text) <= LONGEST_FAILURE:
        return text
    half = LONGEST_FAILURE // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values).strip() + "\n"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # costs 30 ms, and rules do not need it

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("prompts")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.globals.update(percent=_percent, fenced=_fenced)
    return environment


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _fenced(code: str, language: str = "python") -> str:
    """``code`` in a fence longer than any it holds."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"
