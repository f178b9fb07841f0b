"""Everything that happens in a run. A run is the fold of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from hasten.agent.settings import Settings
from hasten.agent.types import Candidate, Target, Verdict


@dataclass(frozen=True)
class Started:
    """The run was created; ``digest`` identifies the snapshot it works on."""

    run_id: str
    repo: str
    settings: Settings
    digest: str
    head: str = ""
    """Commit checked out when the run started; empty for a plain folder or a repository without commits."""
    dirty: tuple[str, ...] = ()
    """Paths that differed from ``head`` when the snapshot was taken."""
    commit: bool = True
    """Whether the result is committed to a branch."""
    version: str = ""
    type: Literal["started"] = "started"


@dataclass(frozen=True)
class Prepared:
    """The baseline is healthy; its outputs are kept beside the journal."""

    sandbox: str
    python: str
    tests: int | None
    """Number of collected tests, ``None`` when behaviour is checked by output alone."""
    flaky: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    type: Literal["prepared"] = "prepared"


@dataclass(frozen=True)
class Localized:
    """Profiles of the current stack were taken."""

    generation: int
    targets: tuple[Target, ...]
    digests: Mapping[str, str]
    """Target key -> digest of its source, so that a rule is not tried twice on the same text."""
    source: str
    samples: int
    notes: tuple[str, ...] = ()
    type: Literal["localized"] = "localized"


@dataclass(frozen=True)
class Answered:
    """A model answered and has been paid; journalled before the answer is read."""

    step: str
    prompt_hash: str
    text: str
    usd: float
    tokens: int
    cached: bool = False
    type: Literal["answered"] = "answered"


@dataclass(frozen=True)
class Proposed:
    """A step of the search ended; ``refusal`` says why an answer gave no candidate."""

    step: str
    candidates: tuple[Candidate, ...] = ()
    refusal: str = ""
    type: Literal["proposed"] = "proposed"


@dataclass(frozen=True)
class Judged:
    """A candidate got its verdict; an accepted one joins the stack."""

    candidate: str
    verdict: Verdict
    type: Literal["judged"] = "judged"


@dataclass(frozen=True)
class Confirmed:
    """The whole stack was measured against the original on fresh samples."""

    stack: tuple[str, ...]
    verdict: Verdict
    type: Literal["confirmed"] = "confirmed"


@dataclass(frozen=True)
class Delivered:
    """The result was written: branch name (empty without one) and commit ids, oldest first."""

    branch: str = ""
    commits: tuple[str, ...] = ()
    note: str = ""
    type: Literal["delivered"] = "delivered"


@dataclass(frozen=True)
class Paused:
    """The run stopped before its end and can be resumed."""

    reason: str
    type: Literal["paused"] = "paused"


@dataclass(frozen=True)
class Resumed:
    """The run goes on."""

    version: str = ""
    type: Literal["resumed"] = "resumed"


Event = Annotated[
    Started | Prepared | Localized | Answered | Proposed | Judged | Confirmed | Delivered | Paused | Resumed,
    Field(discriminator="type"),
]


@dataclass(frozen=True)
class Entry:
    """One line of the journal: an event, the wall clock (seconds since the epoch), and the seconds that
    the run had been at work (pauses excluded)."""

    at: float
    worked_s: float
    event: Event


ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
