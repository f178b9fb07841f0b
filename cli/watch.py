"""Progress of a run: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.text import Text

from hasten.agent.decide import Action, ProposeByRules
from hasten.agent.events import Event
from hasten.agent.run import Run
from hasten.cli import sentences
from hasten.cli.screen import Screen

PAIR_LINES_EVERY_S = 10.0
"""In plain output a running measurement says something this often."""


class Watch(Protocol):
    """Someone who looks on while a run works."""

    def action(self, action: Action, run: Run) -> None: ...

    def event(self, event: Event, run: Run) -> None: ...

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


class PlainWatch:
    """One line for each thing that happened, on stderr."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._said = time.monotonic()

    def action(self, action: Action, run: Run) -> None:
        if self.screen.verbose or not isinstance(action, ProposeByRules):  # most rules find nothing
            self._say(sentences.action(action))

    def event(self, event: Event, run: Run) -> None:
        for line in sentences.event(event, run, verbose=self.screen.verbose):
            self._say(line)

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None:
        if self.screen.verbose or time.monotonic() - self._said > PAIR_LINES_EVERY_S:
            self._say(f"[dim]{sentences.progress(kind, facts)}[/]")

    def close(self) -> None:
        pass

    def _say(self, line: str) -> None:
        self._said = time.monotonic()
        if line:
            self.screen.err.print(line)


class LiveWatch(PlainWatch):
    """The same lines above a status that is redrawn: stage, candidate, samples and what is left to spend."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._stage, self._detail = "starting", ""
        self._run: Run | None = None
        self._spinner = Spinner("dots")
        self._since = time.monotonic()
        self._live = Live(
            get_renderable=self._render, console=screen.err, refresh_per_second=8, transient=True
        )
        self._live.start()

    def action(self, action: Action, run: Run) -> None:
        self._run, self._stage, self._detail = run, sentences.action(action), ""
        self._since = time.monotonic()

    def event(self, event: Event, run: Run) -> None:
        self._run, self._detail = run, ""
        super().event(event, run)

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None:
        self._detail = sentences.progress(kind, facts)

    def close(self) -> None:
        self._live.stop()

    def _render(self) -> Group:
        self._spinner.update(text=Text.from_markup(f"[bold]{self._stage}[/] [dim]{escape(self._detail)}[/]"))
        left = sentences.left(self._run, time.monotonic() - self._since) if self._run else ""
        return Group(self._spinner, Text.from_markup(f"  [dim]{left}[/]"))


class QuietWatch:
    """Says nothing."""

    def action(self, action: Action, run: Run) -> None: ...

    def event(self, event: Event, run: Run) -> None: ...

    def progress(self, kind: str, facts: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


def open_watch(screen: Screen) -> Watch:
    """The watch that fits the screen."""
    if screen.quiet:
        return QuietWatch()
    return LiveWatch(screen) if screen.live else PlainWatch(screen)
