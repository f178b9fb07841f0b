"""What is observed at chosen definitions while the workload runs once: calls, arguments, repetition."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from hasten import SandboxError
from hasten.agent.facts import Facts
from hasten.agent.programs import workload_command
from hasten.agent.types import Definition, Workload
from hasten.profilers import inject
from hasten.sandbox.base import Limits, Sandbox

PROBE = Path(__file__).with_name("facts_probe.py")
PARTS = (Path(__file__).with_name("facts_values.py"),)
SLOWDOWN = 6.0
"""How much longer the observed run may take; before Python 3.12 every call of the program is looked at."""
MAX_KINDS = 3

Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(max_length=4000)]


@dataclass
class Values:
    """What one argument looked like; mirrors the probe's report."""

    kinds: dict[Name, Count] = field(default_factory=dict)
    sizes: list[float] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)

    def add(self, other: Values) -> None:
        self.kinds = dict(Counter(self.kinds) + Counter(other.kinds))
        self.sizes = self.sizes + other.sizes
        self.numbers = self.numbers + other.numbers

    def summary(self) -> str:
        """``list[str], length p50 40 p95 900``; the most frequent types first."""
        kinds = sorted(_without_empty(self.kinds), key=lambda kind: (-self.kinds[kind], kind))
        text = " | ".join(kinds[:MAX_KINDS]) + (" | …" if len(kinds) > MAX_KINDS else "")
        if self.sizes:
            text += f", length {spread(self.sizes)}"
        if self.numbers:
            text += f", value {spread(self.numbers)}"
        return text


def _without_empty(kinds: Mapping[str, int]) -> list[str]:
    """``list`` says no more than that some were empty where there is a ``list[str]``."""
    return [kind for kind in kinds if not any(other.startswith(f"{kind}[") for other in kinds)]


Table = list[tuple[Name, Values]]


@dataclass
class Observation:
    """What one process saw of one definition; mirrors the probe's report."""

    key: str
    calls: Count
    looked: Count
    repeated: Count
    arguments: Table
    returns: Values
    attributes: Table = field(default_factory=list)
    locals: Table = field(default_factory=list)
    changes: list[tuple[Name, Count, Count]] = field(default_factory=list)
    """Argument, calls before and after which it was compared, calls that changed it."""


_REPORT: TypeAdapter[list[Observation]] = TypeAdapter(list[Observation])


def observe(
    sandbox: Sandbox,
    workload: Workload,
    tree: Path,
    env: Mapping[str, str],
    limits: Limits,
    exchange: Path,
    definitions: Sequence[Definition],
) -> dict[str, Facts]:
    """``Facts`` by key for those of ``definitions`` that were called during one run of ``workload``.

    Costs one run, slowed down by the watching. Facts are context, never required: where the run cannot
    be observed there are none, and no error. ``exchange`` is as in ``take_profile``.
    """
    if not definitions:
        return {}
    out = Path(tempfile.mkdtemp(prefix="facts-", dir=exchange))
    try:
        root = sandbox.where(tree)
        wanted = [[f"{root}/{d.path}", d.start, d.qualname.rsplit(".", 1)[-1], d.key] for d in definitions]
        plain = workload_command(workload, tree, sandbox, env, limits)
        command = replace(
            plain,
            env=inject.layered(plain.env, inject.install(out, PROBE, wanted, PARTS)),
            limits=replace(plain.limits, wall_s=plain.limits.wall_s * SLOWDOWN, cpu_s=None),
            exchange=exchange,
        )
        sandbox.run([command])
        return summarize(inject.reports(out), {d.key for d in definitions})
    except (OSError, SandboxError):
        return {}
    finally:
        shutil.rmtree(out, ignore_errors=True)


def summarize(reports: Iterable[object], keys: set[str]) -> dict[str, Facts]:
    """Adds up what all processes saw; reports that do not have the probe's shape are left out."""
    merged: dict[str, Observation] = {}
    for report in reports:
        try:
            observations = _REPORT.validate_python(report)
        except ValidationError:
            continue
        for observation in observations:
            if observation.key in merged:
                add(merged[observation.key], observation)
            elif observation.key in keys:
                merged[observation.key] = observation
    return {key: facts(observation) for key, observation in merged.items() if observation.calls}


def add(total: Observation, other: Observation) -> None:
    """Add another process' observation to ``total``."""
    total.calls += other.calls
    total.looked += other.looked
    total.repeated += other.repeated
    total.returns.add(other.returns)
    merge(total.arguments, other.arguments)
    merge(total.attributes, other.attributes)
    merge(total.locals, other.locals)
    total.changes += other.changes


def merge(total: Table, other: Table) -> None:
    """Add what another process saw of each name."""
    known = dict(total)
    for name, values in other:
        if name in known:
            known[name].add(values)
        else:
            total.append((name, values))


def changed(changes: Iterable[tuple[str, int, int]]) -> dict[str, float]:
    """Argument -> fraction of the calls compared that changed it."""
    compared, differing = Counter[str](), Counter[str]()
    for name, calls, changing in changes:
        compared[name] += calls
        differing[name] += changing
    return {name: min(1.0, differing[name] / calls) for name, calls in compared.items() if calls}


def facts(observation: Observation) -> Facts:
    """The readable form."""
    return Facts(
        calls=observation.calls,
        repeated_argument_rate=min(1.0, observation.repeated / observation.looked)
        if observation.looked
        else 0.0,
        arguments=summaries(observation.arguments),
        returns=observation.returns.summary(),
        locals=summaries(observation.locals),
        attributes=summaries(observation.attributes),
        changed=changed(observation.changes),
    )


def summaries(table: Table) -> dict[str, str]:
    return {name: values.summary() for name, values in table}


def spread(numbers: Sequence[float]) -> str:
    """``p50 40 p95 900``, or the number alone when they are all the same."""
    ordered = sorted(numbers)
    if ordered[0] == ordered[-1]:
        return f"{ordered[0]:g}"
    middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {middle:g} p95 {high:g}"
