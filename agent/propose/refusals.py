"""Why a proposed change cannot be used; every message is fit for a repair round with the model.

They are reasons rather than errors: a proposal that cannot be used is an ordinary outcome.
"""

from __future__ import annotations


class EditRefused(ValueError):  # noqa: N818
    """An edit cannot be applied as it stands."""

    @property
    def reason(self) -> str:
        return str(self)


class AnswerRefused(ValueError):  # noqa: N818
    """A model's answer holds no edit that may be used."""

    @property
    def reason(self) -> str:
        return str(self)


class NothingToGain(AnswerRefused):
    """The model says that it sees no improvement; there is nothing to repair."""
