"""The state of a run: what its events add up to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hasten.agent.events import (
    Answered,
    Confirmed,
    Delivered,
    Entry,
    Event,
    Judged,
    Localized,
    Paused,
    Prepared,
    Proposed,
    Resumed,
    Started,
)
from hasten.agent.types import Candidate, Target, Verdict


@dataclass(frozen=True)
class Run:
    """A run after some events. ``stack`` holds the ids of accepted candidates, oldest first."""

    started: Started
    prepared: Prepared | None = None
    localized: Mapping[int, Localized] = field(default_factory=dict)
    """By generation: the number of accepted candidates when the profile was taken."""
    done: frozenset[str] = frozenset()
    """Steps of the search that were taken."""
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    pending: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    answers: Mapping[str, Answered] = field(default_factory=dict)
    """By step."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Step -> why its answer gave no candidate."""
    stack: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """Accepted candidates that the confirmation took off the stack again."""
    confirmed: Confirmed | None = None
    delivered: Delivered | None = None
    paused: str = ""
    usd: float = 0.0
    tokens: int = 0
    worked_s: float = 0.0
    measured_s: float = 0.0
    """Wall seconds of the measurements that led to verdicts; races come on top."""
    spent: float = 0.0
    """Bound on the expected number of identical programs called faster: the levels of all looks, added up."""

    @property
    def generation(self) -> int:
        return len(self.stack)

    @property
    def targets(self) -> tuple[Target, ...]:
        found = self.localized.get(self.generation)
        return found.targets if found else ()

    @property
    def judged(self) -> int:
        return len(self.verdicts)

    def after(self, event: Event) -> Run:
        """The state that follows ``event``."""
        match event:
            case Started():
                return Run(started=event)
            case Prepared():
                return replace(self, prepared=event)
            case Localized():
                return replace(self, localized={**self.localized, event.generation: event})
            case Answered():
                return replace(
                    self,
                    answers={**self.answers, event.step: event},
                    usd=self.usd + (0.0 if event.cached else event.usd),
                    tokens=self.tokens + event.tokens,
                )
            case Proposed():
                return replace(
                    self,
                    done=self.done | {event.step},
                    candidates={**self.candidates, **{c.id: c for c in event.candidates}},
                    pending=(*self.pending, *(c.id for c in event.candidates)),
                    refusals={**self.refusals, event.step: event.refusal} if event.refusal else self.refusals,
                )
            case Judged():
                return self._measured(event.verdict)._after_verdict(event)
            case Confirmed():
                return self._measured(event.verdict)._after_confirmation(event)
            case Delivered():
                return replace(self, delivered=event)
            case Paused():
                return replace(self, paused=event.reason)
            case Resumed():
                return replace(self, paused="")

    def _measured(self, verdict: Verdict) -> Run:
        taken = verdict.measurements
        return replace(
            self,
            measured_s=self.measured_s + sum(m.seconds for m in taken),
            spent=self.spent + sum(m.spent for m in taken),
        )

    def _after_verdict(self, event: Judged) -> Run:
        verdicts = {**self.verdicts, event.candidate: event.verdict}
        if not event.verdict.accepted:
            pending = tuple(c for c in self.pending if c != event.candidate)
            return replace(self, verdicts=verdicts, pending=pending)
        # What is still pending was written against a text that has just changed.
        return replace(self, verdicts=verdicts, pending=(), stack=(*self.stack, event.candidate))

    def _after_confirmation(self, event: Confirmed) -> Run:
        if event.verdict.accepted:
            return replace(self, confirmed=event)
        # A shorter stack is another change, so measuring it is no retry of the same one.
        return replace(
            self,
            confirmed=event if len(self.stack) == 1 else None,
            stack=self.stack[:-1],
            dropped=(*self.dropped, self.stack[-1]),
        )


def replay(entries: Iterable[Entry]) -> Run | None:
    """The run that a journal tells of; ``None`` for an empty journal."""
    run: Run | None = None
    for entry in entries:
        if run is None:
            if not isinstance(entry.event, Started):
                return None
            run = Run(started=entry.event)
        else:
            run = run.after(entry.event)
        run = replace(run, worked_s=entry.worked_s)
    return run
