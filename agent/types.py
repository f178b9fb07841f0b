"""The nouns of hasten. All frozen; all JSON-able through ``pydantic.TypeAdapter``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Metric = Literal["auto", "wall", "cpu", "instructions"]
Clock = Literal["cpu", "cpu+blocked", "wall", "instructions"]
"""What is compared: seconds of processor time, of that plus waiting, of wall time; or instructions."""


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
    """Not shown to proposers; a gain has to show here too."""
    varies: str = ""
    """Of a held-out workload: the open one that it is with other arguments."""


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


@dataclass(frozen=True, slots=True)
class Sample:
    """One side of a pair: one fresh process, or the sum of several where one is too short to be timed."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and of every descendant that was waited for."""
    peak_rss_bytes: int
    blocked_s: float | None = None
    """Wall time spent neither running nor waiting for a core; ``None`` where the kernel does not tell."""
    launched: int = 0
    """0 for the side of the pair that was started first."""
    output: str = ""
    """SHA-256 of its standard output; every sample of one workload has to print the same."""
    instructions: int = 0
    """Counted instructions; 0 when they were not counted."""

    def value(self, clock: Clock) -> float:
        """What is compared: seconds, or instructions."""
        match clock:
            case "cpu":
                return self.cpu_s
            case "cpu+blocked":
                return self.cpu_s + (self.blocked_s or 0.0)
            case "instructions":
                return float(self.instructions)
            case "wall":
                return self.wall_s


Pair = tuple[Sample, Sample]
"""Before and after, measured side by side or in turn."""


LARGE_EFFECT_LEVEL = 0.004
"""Chance of a false acceptance spent by the early look at four pairs of a very slow program."""


@dataclass(frozen=True)
class Rule:
    """When sampling stops and what is said then; fixed before the first pair is taken."""

    test: Literal["looks", "e-process", "count"] = "looks"
    """``looks``: exact signed-rank test at a few sizes. ``e-process``: after every pair, for open-ended
    budgets. ``count``: instructions, which hardly vary."""
    sizes: tuple[int, ...] = (8, 12, 18, 27, 40, 60)
    """Pairs at which the data are looked at; the last is the cap."""
    levels: tuple[float, ...] = (0.0040, 0.0017, 0.0015, 0.0012, 0.0010, 0.0006)
    """Chance of a false acceptance spent at each look."""
    min_effect: float = 1.03
    null_margin: float = 1.01
    large: bool = False
    """Four pairs, all above 1.2x, decide: for executions that take very long."""

    @property
    def level(self) -> float:
        """Bound on the chance that identical programs are called faster: .01 unless it is shared out."""
        return sum(self.levels) + (LARGE_EFFECT_LEVEL if self.large else 0.0)

    def spent(self, pairs: int) -> float:
        """The part of the level that looks up to ``pairs`` have used up."""
        if self.test != "looks":
            return self.level
        early = LARGE_EFFECT_LEVEL if self.large and pairs >= 4 else 0.0
        return early + sum(a for n, a in zip(self.sizes, self.levels, strict=True) if n <= pairs)


@dataclass(frozen=True)
class Conditions:
    """What the machine did during a measurement; ``None`` where it does not tell."""

    load: float | None = None
    """Average number of runnable threads over the last minute, at the end."""
    steal: float | None = None
    """Share of processor time that the hypervisor gave to others."""
    suspended_s: float = 0.0
    """Seconds that the machine slept in the middle of it."""
    throttled: int = 0
    """Times that a core was slowed down because it was hot."""
    drift: float | None = None
    """How much slower (above 1) the program as it was ran in the last third than in the first."""


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
    metric: Clock
    mode: Literal["duet", "interleaved"]
    """``duet`` (same core, same time) or ``interleaved``."""
    alpha: float
    """Level of the look that decided."""
    seconds: float
    """Wall time spent measuring."""
    before_s: float
    """Median of the metric per execution, before and after."""
    after_s: float
    p: float = 1.0
    """Against the null margin: the chance of such data if the gain were no more than that."""
    wall_ratio: float = 0.0
    """Old/new wall time when run alone; 0 when not measured."""
    cpu_ratio: float = 0.0
    rss_ratio: float = 0.0
    why: str = ""
    """Why this mode and metric, as a sentence."""
    note: str = ""
    repeats: int = 1
    """Fresh processes per sample."""
    startup_share: float | None = None
    """Share of the time before the change in which the interpreter merely starts."""
    noise: float | None = None
    """Spread of the log-ratio of identical programs on this machine and workload, measured beforehand."""
    rule: Rule = Rule()
    conditions: Conditions = Conditions()
    raw: tuple[Pair, ...] = ()
    """Every pair in the order measured; nothing is left out."""
    solo: tuple[Pair, ...] = ()
    """Pairs run alone, one after the other, that could veto a gain measured side by side."""

    @property
    def samples(self) -> tuple[tuple[float, float], ...]:
        """(before, after) of every pair on ``metric``."""
        return tuple((a.value(self.metric), b.value(self.metric)) for a, b in self.raw)

    @property
    def spent(self) -> float:
        """Chance of a false acceptance used up by the looks that were taken."""
        return self.rule.spent(self.pairs)


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
    suite: float = 0.0
    """Weighted geometric mean of the speedups of several workloads; 0 where there is just one."""

    @property
    def accepted(self) -> bool:
        return self.decision == "accepted"


@dataclass(frozen=True)
class Budget:
    """What a run may spend. ``None`` means no bound."""

    wall_s: float | None = 900.0
    usd: float | None = 1.0
    candidates: int | None = 40
