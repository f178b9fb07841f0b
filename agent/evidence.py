"""The evidence of a verification: everything needed to check the verdict, and to measure it again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from hasten import __version__
from hasten.agent.judge.base import Criteria, Traits
from hasten.agent.judge.replay import Rejudgement, rejudge
from hasten.agent.settings import Settings
from hasten.agent.types import Verdict, Workload
from hasten.sandbox.base import Limits

SCHEMA: Final = "hasten/evidence/2"
CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """Where it was measured."""

    system: str
    kernel: str
    processor: str
    cores: int
    load: tuple[float, float, float] | None
    """Runnable threads, averaged over 1, 5 and 15 minutes, when the verdict was there."""

    @classmethod
    def here(cls) -> Machine:
        try:
            load: tuple[float, float, float] | None = os.getloadavg()
        except OSError:
            load = None
        return cls(platform.system(), platform.release(), processor(), os.cpu_count() or 1, load)


@dataclass(frozen=True)
class Versions:
    """Who measured: hasten, the Python it runs on, and the Python of the measured program."""

    hasten: str
    hasten_python: str
    interpreter: str
    interpreter_version: str

    @classmethod
    def here(cls, interpreter: str, interpreter_version: str) -> Versions:
        return cls(__version__, sys.version, interpreter, interpreter_version)


@dataclass(frozen=True)
class Compared:
    """The two versions. Commits are whole hashes; empty where a side is no commit."""

    kind: Literal["commits", "patch", "working tree", "folders"]
    before: str
    """What it is, as a person would say it."""
    after: str
    before_commit: str
    after_commit: str
    before_tree: str
    """SHA-256 over names, contents and executable bits of all files (``sandbox.tree.digest``)."""
    after_tree: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Thresholds:
    """What the judge insisted on."""

    min_effect: float
    null_margin: float
    max_cpu_growth: float
    max_rss_growth: float
    max_wall_growth: float

    @classmethod
    def of(cls, criteria: Criteria) -> Thresholds:
        return cls(**{name: getattr(criteria, name) for name in cls.__dataclass_fields__})

    def criteria(self) -> Criteria:
        """For decisions on samples; nothing can be run with these."""
        return Criteria(
            python="",
            env={},
            tests=None,
            limits=Limits(),
            min_effect=self.min_effect,
            null_margin=self.null_margin,
            max_cpu_growth=self.max_cpu_growth,
            max_rss_growth=self.max_rss_growth,
            max_wall_growth=self.max_wall_growth,
        )


@dataclass(frozen=True)
class Suite:
    """What the baseline said; the verdict's gates tell what became of them."""

    collected: int | None
    """None without tests."""
    left_out: tuple[str, ...] = ()
    """Ids that do not count: flaky, or failing before and allowed to."""


@dataclass(frozen=True)
class Evidence:
    """``evidence.json``. Seconds, bytes and ratios before/after throughout."""

    schema: Literal["hasten/evidence/2"]
    id: str
    at: float
    """Seconds since 1970."""
    machine: Machine
    versions: Versions
    sandbox: str
    seed: int
    """Of the random numbers that decide launch orders and hash seeds."""
    compared: Compared
    settings: Settings
    thresholds: Thresholds
    workloads: Mapping[str, Traits]
    """What the program as it was is like on each, with the calibration of identical programs."""
    tests: Suite
    verdict: Verdict
    """With every raw sample."""
    fingerprint: str
    """SHA-256 of the raw samples: a file that was damaged or edited by hand no longer matches it."""
    reproduce: str
    """The command that measures it again."""
    notes: tuple[str, ...] = field(default=())

    @property
    def judged_workloads(self) -> tuple[Workload, ...]:
        """Heaviest first, as the judge orders them."""
        return tuple(sorted(self.settings.workload_list(), key=lambda w: -w.weight))


EVIDENCE: TypeAdapter[Evidence] = TypeAdapter(Evidence)
VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


def fingerprint(verdict: Verdict) -> str:
    """SHA-256 over every sample of every workload, in order."""
    told: list[dict[str, Any]] = VERDICT.dump_python(verdict, mode="json")["measurements"]
    samples = [[m["workload"], m["raw"], m["solo"]] for m in told]
    return hashlib.sha256(json.dumps(samples, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def processor() -> str:
    """The processor's name for people."""
    with contextlib.suppress(OSError):
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model", "cpu model"):
                return value.strip()
    return platform.processor() or platform.machine()


def seed_of(name: str) -> int:
    """The seed of a verification: another order of the coin's throws in each."""
    return zlib.crc32(name.encode())


@dataclass(frozen=True)
class Recheck:
    """What the samples of an evidence file say."""

    evidence: Evidence
    found: Rejudgement
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether everything the file claims follows from its samples."""
        return not self.faults


def recheck(evidence: Evidence) -> Recheck:
    """Decide again from the samples alone. Pure."""
    found = rejudge(evidence.verdict, evidence.judged_workloads, evidence.thresholds.criteria())
    faults = list(found.faults)
    if fingerprint(evidence.verdict) != evidence.fingerprint:
        faults.append("the samples are not those that were written: their fingerprint is another")
    # Another version may word the same differently.
    if found.timed and evidence.versions.hasten == __version__ and evidence.verdict.reason != found.reason:
        faults.append(f"the reason: the samples give '{found.reason}'")
    asked = evidence.settings.judge
    if (asked.min_speedup, asked.max_cpu_growth, asked.max_memory_growth) != (
        evidence.thresholds.min_effect,
        evidence.thresholds.max_cpu_growth,
        evidence.thresholds.max_rss_growth,
    ):
        faults.append("the thresholds are not those of the settings")
    return Recheck(evidence, found, tuple(faults))
