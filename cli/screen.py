"""How this invocation talks: to a person or a machine, much or little, with or without colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rich.console import Console

FLAGS = {
    "--json": "json",
    "-q": "quiet",
    "--quiet": "quiet",
    "-v": "verbose",
    "--verbose": "verbose",
    "--no-color": "plain",
}


@dataclass(frozen=True)
class Screen:
    """Results go to ``out`` (stdout), everything else to ``err`` (stderr)."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    plain: bool = False

    @cached_property
    def out(self) -> Console:
        return Console(no_color=self.colourless, highlight=False, soft_wrap=True)

    @cached_property
    def err(self) -> Console:
        return Console(stderr=True, no_color=self.colourless, highlight=False, soft_wrap=True)

    @property
    def colourless(self) -> bool:
        return self.plain or "NO_COLOR" in os.environ

    @property
    def live(self) -> bool:
        """Whether a live display makes sense."""
        return sys.stderr.isatty() and not (self.json or self.quiet or os.environ.get("TERM") == "dumb")


def take_flags(argv: Sequence[str]) -> tuple[Screen, list[str]]:
    """The global flags, wherever they stand before ``--``, and the rest of the command line."""
    screen, rest = Screen(), list[str]()
    for position, word in enumerate(argv):
        if word == "--":
            return screen, [*rest, *argv[position:]]
        if name := FLAGS.get(word):
            screen = replace(screen, **{name: True})
        else:
            rest.append(word)
    return screen, rest
