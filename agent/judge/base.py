"""What the judge needs to know of the program as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hasten.sandbox.base import Limits

Progress = Callable[[str, Mapping[str, object]], None]
"""Called as ``progress("pair", {"workload": ..., "n": 8, "speedup": 1.9, ...})`` while the judge works."""


def silent(_kind: str, _facts: Mapping[str, object]) -> None:
    """The progress callback of someone who does not watch."""


@dataclass(frozen=True)
class Output:
    """What one execution of a workload left behind, as the judge compares it."""

    exit_code: int
    stdout: bytes
    artefacts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcomes:
    """Tests by id: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed``, ``xpassed``."""

    by_id: Mapping[str, str]
    structured: bool = True
    """False when the test command is not pytest: then only its exit status is known (id ``command``)."""


@dataclass(frozen=True)
class Baseline:
    """The program as it was, healthy: the oracle that candidates are compared with."""

    tree: Path
    outcomes: Outcomes | None
    """``None`` when the user said ``--no-tests``."""
    flaky: frozenset[str] = frozenset()
    """Test ids whose outcome differed between two baseline runs; left out of the comparison."""
    outputs: Mapping[str, Output] = field(default_factory=dict)
    """By workload name."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall seconds of one solo execution, by workload name."""


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
