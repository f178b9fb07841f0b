"""A sandbox made of random numbers: programs with known times, under noise that is known too."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from hasten.agent.judge.base import Criteria, Output
from hasten.agent.judge.modes import DUET, Mode
from hasten.agent.judge.sampling import Bench
from hasten.agent.judge.sequential import rule_for
from hasten.agent.types import Rule, Workload
from hasten.sandbox.base import MIB, Command, Execution, Limits


@dataclass(frozen=True)
class Program:
    """What a simulated program takes: seconds of CPU, of waiting, of work that nobody accounts for."""

    cpu_s: float = 0.05
    waits_s: float = 0.0
    hidden_s: float = 0.0
    rss: int = 40 * MIB
    stdout: bytes = b"42\n"
    exit_code: int = 0
    leftover: int = 0
    cores: float = 1.0
    collides: bool = False
    """Fails when another program runs at the same time."""


@dataclass
class Simulated:
    """Executes programs by tree name. A pair run together shares most of the machine's noise."""

    programs: dict[str, Program]
    shared: float = 0.10
    own: float = 0.02
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    ran: list[list[Command]] = field(default_factory=list)
    name: str = "simulated"
    confined: bool = True

    def run(self, commands: Sequence[Command]) -> list[Execution]:
        self.ran.append(list(commands))
        machine = self.rng.lognormvariate(0, self.shared)
        return [self._execute(self.programs[c.tree.name], machine, len(commands)) for c in commands]

    def _execute(self, program: Program, machine: float, together: int) -> Execution:
        cpu = program.cpu_s * machine * self.rng.lognormvariate(0, self.own)
        blocked = program.waits_s + program.hidden_s
        failed = program.collides and together > 1
        return Execution(
            exit_code=1 if failed else program.exit_code,
            stdout=program.stdout,
            stderr=b"Address already in use" if failed else b"",
            wall_s=cpu / program.cores * together + blocked,
            cpu_s=cpu,
            peak_rss_bytes=program.rss,
            main_cpu_s=cpu / program.cores,
            blocked_s=blocked,
            leftover=program.leftover,
        )

    def where(self, tree: Path) -> str:
        return str(tree)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


BEFORE, AFTER = Path("before"), Path("after")


def plain_criteria(**changes: object) -> Criteria:
    base: dict[str, object] = {"python": "python3", "env": {}, "tests": None, "limits": Limits()}
    return Criteria(**{**base, **changes})  # type: ignore[arg-type]


def make_bench(
    before: Program,
    *,
    mode: Mode = DUET,
    seed: int = 1,
    progress: Callable[..., None] | None = None,
    criteria: Criteria | None = None,
    shared: float = 0.10,
    own: float = 0.02,
    rule: Rule | None = None,
    **afters: Program,
) -> Bench:
    """A bench on simulated programs: ``make_bench(Program(), after=Program(), seed=1)``."""
    programs = {"before": before, **afters}
    sandbox = Simulated(programs, shared, own, random.Random(seed))
    criteria = criteria or plain_criteria()
    return Bench(
        sandbox,
        Workload("main", ("program",)),
        criteria,
        mode,
        random.Random(seed),
        Output(before.exit_code, before.stdout),
        progress or (lambda kind, facts: None),
        rule=rule or rule_for(min_effect=criteria.min_effect),
    )
