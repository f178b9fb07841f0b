"""The nouns of hasten. All frozen; all JSON-able through ``pydantic.TypeAdapter``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Metric = Literal["auto", "wall", "cpu"]


@dataclass(frozen=True)
class Workload:
    """A command of the user whose time counts. Times in seconds."""

    name: str
    argv: tuple[str, ...]
    cwd: str = "."
    """Relative to the repository."""
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    timeout_s: float = 300.0
    metric: Metric = "auto"
    artefacts: tuple[str, ...] = ()
    """Files it writes, relative to the repository; compared between before and after."""
    tolerance: float = 0.0
    """Relative tolerance for numbers in its output; 0 compares byte for byte."""
    weight: float = 1.0
    holdout: bool = False


@dataclass(frozen=True)
class Definition:
    """A function or class in a source file. Lines are 1-based and inclusive, decorators included."""

    path: str
    """Relative to the repository, with forward slashes."""
    qualname: str
    """As Python's ``__qualname__`` without ``<locals>``: ``Index.add``, ``outer.inner``."""
    start: int
    end: int

    @property
    def key(self) -> str:
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True)
class Target:
    """A call path that ends in a definition of the user's repository. Shares: fractions of the workload."""

    definition: Definition
    workload: str
    self_share: float
    """Time in the definition itself and in the library and native code it called."""
    inclusive_share: float
    call_path: tuple[str, ...]
    """``path::Qualname`` from the workload's entry to the target, along its heaviest path."""
    callees: tuple[tuple[str, float], ...] = ()
    """What the target called, heaviest first: user keys, or labels such as ``re.compile (stdlib)``."""
    lines: Mapping[int, float] = field(default_factory=dict)
    """Inclusive share by line of the definition's file."""

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def ceiling(self) -> float:
        """Amdahl's bound: the speedup of the workload if the target took no time at all."""
        return 1.0 / max(1e-9, 1.0 - self.inclusive_share)


@dataclass(frozen=True)
class Facts:
    """What was observed at a definition while the workload ran once."""

    calls: int
    repeated_argument_rate: float
    """Fraction of calls whose arguments had been seen before (by value, hashable arguments only)."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Name -> readable summary: types and lengths (``list[str], length p50 40 p95 900``)."""
    returns: str = ""


@dataclass(frozen=True)
class Edit:
    """One change to one file.

    ``kind="definition"`` replaces the whole definition ``qualname`` (decorators included) by ``new``;
    ``kind="replace"`` replaces the only occurrence of ``old`` in the file by ``new``.
    ``imports`` are import statements the file must have; ``helpers`` are new top-level
    definitions or constants, inserted before the top-level statement that holds the edited definition.
    """

    path: str
    new: str
    kind: Literal["definition", "replace"] = "definition"
    qualname: str = ""
    old: str = ""
    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True)
class Candidate:
    """Edits and where they came from. ``id`` is unique within a run (``c1``, ``c2``, ...)."""

    id: str
    edits: tuple[Edit, ...]
    target: str
    """``path::Qualname`` it was proposed for."""
    origin: str
    """``rules:pop-front,list-membership`` or ``model:openai/gpt-x``."""
    title: str
    """One line saying what it changes, fit for a commit subject."""
    parent: str = ""
    """Candidate it repairs."""
    prompt_hash: str = ""


Decision = Literal["accepted", "rejected", "inconclusive"]
Gate = Literal["policy", "compile", "tests", "output", "speed", "confirm"]


@dataclass(frozen=True)
class Measurement:
    """Two trees compared on one workload. ``speedup`` is old/new: above 1 is faster."""

    workload: str
    decision: Literal["faster", "slower", "same", "inconclusive"]
    speedup: float
    """Hodges-Lehmann estimate."""
    low: float
    """One-sided lower confidence bound at level ``alpha``."""
    high: float
    """Upper bound at the same level."""
    pairs: int
    metric: str
    """``cpu``, ``cpu+blocked`` or ``wall``."""
    mode: str
    """``duet`` (same core, same time) or ``interleaved``."""
    alpha: float
    seconds: float
    """Wall time spent measuring."""
    before_s: float
    """Median of the metric per execution, before and after."""
    after_s: float
    wall_ratio: float = 0.0
    """Old/new wall time when run alone; 0 when not measured."""
    cpu_ratio: float = 0.0
    rss_ratio: float = 0.0
    note: str = ""
    samples: tuple[tuple[float, float], ...] = ()
    """(before, after) of every pair in the order measured, on ``metric``."""


@dataclass(frozen=True)
class Verdict:
    """What the judge says of a candidate, with the evidence of every gate that ran."""

    decision: Decision
    gate: Gate
    """The gate that decided."""
    reason: str
    """One sentence a person understands."""
    gates: Mapping[str, str] = field(default_factory=dict)
    """Gate -> what it found, for every gate that ran."""
    measurements: tuple[Measurement, ...] = ()
    detail: str = ""
    """Failure text for the repair round (traceback, differing output); empty when accepted."""

    @property
    def accepted(self) -> bool:
        return self.decision == "accepted"


@dataclass(frozen=True)
class Budget:
    """What a run may spend. ``None`` means no bound."""

    wall_s: float | None = 900.0
    usd: float | None = 1.0
    candidates: int | None = 40
