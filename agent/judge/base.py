"""What the judge needs to know of the program as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hasten.agent.judge.modes import Mode
from hasten.agent.types import Gate, Measurement
from hasten.sandbox.base import Limits

Progress = Callable[[str, Mapping[str, object]], None]
"""Called as ``progress("pair", {"workload": ..., "n": 8, "speedup": 1.9, ...})`` while the judge works."""


def silent(_kind: str, _facts: Mapping[str, object]) -> None:
    """The progress callback of someone who does not watch."""


JSON_BYTES = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}
"""How pydantic writes bytes of these types to JSON."""


@dataclass(frozen=True)
class Output:
    """What one execution of a workload left behind, as the judge compares it."""

    __pydantic_config__ = JSON_BYTES

    exit_code: int
    stdout: bytes
    artefacts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcomes:
    """Tests by id: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed``, ``xpassed``."""

    by_id: Mapping[str, str]
    structured: bool = True
    """False when the test command is not pytest: then only its exit status is known (id ``command``)."""
    exit_code: int = 0
    trouble: str = ""
    """Why these outcomes cannot be believed or are incomplete, as a clause; empty when they are sound."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Tail of the failure report of tests that failed."""
    meddled: frozenset[str] = frozenset()
    """Parts of the test framework that were replaced while the tests ran, and the plugins there were."""


@dataclass(frozen=True)
class Calibration:
    """What identical programs look like on this machine, on this workload."""

    noise: float
    """Spread of the log-ratio of a pair (1.4826 times the median absolute deviation)."""
    mde: float
    """Smallest speedup found four times out of five."""
    seconds_per_pair: float
    accepted: bool
    """The program was called faster than itself."""
    pairs: int
    load: float | None = None
    """Average number of runnable threads while it was measured."""


@dataclass(frozen=True)
class Traits:
    """What a workload is like, as far as measuring it is concerned."""

    mode: Mode
    seconds: float
    """Wall seconds of one solo execution."""
    peak_rss_bytes: int
    leftover: int = 0
    """Processes it leaves running when it ends."""
    startup_s: float = 0.0
    """CPU seconds in which the interpreter merely starts."""
    repeats: int = 1
    """Fresh processes that make one sample: several where one works for less than 10 ms."""
    calibration: Calibration | None = None
    """What identical programs look like; None where measuring it would take too long."""


@dataclass(frozen=True)
class Baseline:
    """The program as it was, healthy: the oracle that candidates are compared with."""

    __pydantic_config__ = JSON_BYTES

    tree: Path
    outcomes: Outcomes | None
    """``None`` when the user said ``--no-tests``."""
    flaky: frozenset[str] = frozenset()
    """Test ids whose outcome differed between two baseline runs; left out of the comparison."""
    outputs: Mapping[str, Output] = field(default_factory=dict)
    """By workload name."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall seconds of one solo execution, by workload name."""
    traits: Mapping[str, Traits] = field(default_factory=dict)
    """By workload name."""
    tests_seconds: float = 0.0
    """Wall seconds of one run of the tests."""


@dataclass(frozen=True)
class Refusal:
    """Why a change is not kept, from the step that found it."""

    gate: Gate
    reason: str
    """A clause that follows "refused:", without a full stop."""
    detail: str = ""
    measurement: Measurement | None = None
    """What had been measured when a guard refused it."""


@dataclass(frozen=True)
class Criteria:
    """What the judge insists on. Thresholds from research/measurement: minimum effect 3%, null margin 1%."""

    python: str
    """Interpreter of the user's code, absolute path."""
    env: Mapping[str, str]
    """Minimal environment of every execution; ``agent.programs`` adds what depends on the tree."""
    tests: tuple[str, ...] | None
    limits: Limits
    min_effect: float = 1.03
    null_margin: float = 1.01
    max_cpu_growth: float = 1.10
    max_rss_growth: float = 1.25
    max_wall_growth: float = 1.05
    allow_paths: tuple[str, ...] = ("**/*.py",)
    protect_paths: tuple[str, ...] = ()
    """Globs never to be edited, on top of tests, CI, build and configuration files."""
    allow_cache: bool = True
    """A plain function may gain ``functools.cache`` or ``lru_cache``."""
    trusted_author: bool = False
    """A person vouches for the change (``hasten verify``): any file may change and no construct is banned."""
    measure_s: float | None = 300.0
    """Wall seconds after which the measurement of one workload stops without a decision."""
    calibrate_s: float = 5.0
    """Wall seconds that comparing the program with itself may take, for each workload; 0 leaves it out."""
    open_ended: bool = False
    """Go on until the e-process decides or time runs out, instead of looking at fixed numbers of pairs."""
