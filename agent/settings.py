"""What a run may do. Shape and checks only: files, environment and flags are read in ``cli.config``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hasten.agent.types import Budget, Metric, Workload
from hasten.sandbox.base import MIB, Limits

SHELL_MARKS = frozenset("|&;<>()$`*?[]{}~\n")
PACKAGE = r"^[a-z0-9][a-z0-9+.:=~-]*$"  # A name, with a version or an architecture perhaps.
Positive = Annotated[float, Field(gt=0)]
Arg = str | int | float


class Table(BaseModel):
    """A settings table: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def split_command(command: str | list[str]) -> tuple[str, ...]:
    """A command line as argv; lines that need a shell (pipes, globs, variables) go through ``sh -c``.

    Raises ``ValueError`` for an empty command or an unclosed quote.
    """
    if isinstance(command, list):
        argv = tuple(command)
    elif SHELL_MARKS & set(command):
        argv = ("sh", "-c", command)
    else:
        argv = tuple(shlex.split(command))
    if not argv or not argv[0].strip():
        raise ValueError("the command is empty")
    return argv


class WorkloadSettings(Table):
    """``[tool.hasten.workloads.NAME]``: a command whose time counts."""

    command: str | list[str]
    cwd: str = "."
    env: dict[str, str] = {}
    stdin: str = ""
    timeout: Positive = 300.0
    metric: Metric = "auto"
    artefacts: list[str] = []
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    weight: Positive = 1.0
    args: dict[str, Arg] = {}
    """What ``{name}`` in the command stands for."""
    holdout: bool | dict[str, Arg] | list[dict[str, Arg]] = False
    """Held out as a whole, or with these other arguments once more."""

    @field_validator("command")
    @classmethod
    def command_is_usable(cls, value: str | list[str]) -> str | list[str]:
        split_command(value)
        return value

    @model_validator(mode="after")
    def arguments_are_used(self) -> WorkloadSettings:
        words = self.command if isinstance(self.command, str) else " ".join(self.command)
        if unused := [name for name in self.args if f"{{{name}}}" not in words]:
            raise ValueError(f"the command has no {{{unused[0]}}} for the argument of that name")
        for other in self.variations:
            if unknown := [name for name in other if name not in self.args]:
                raise ValueError(f"holdout changes {unknown[0]!r}, which is not among the args")
            if {**self.args, **other} == self.args:
                raise ValueError("the arguments of a holdout have to differ from the args")
        return self

    @property
    def variations(self) -> list[dict[str, Arg]]:
        """Arguments of the held-out executions of this workload."""
        if isinstance(self.holdout, bool):
            return []
        return [self.holdout] if isinstance(self.holdout, dict) else self.holdout

    @property
    def line(self) -> str:
        """The command as a person would type it."""
        return self.line_with(self.args)

    def line_with(self, args: Mapping[str, Arg]) -> str:
        command = self.filled(args)
        return command if isinstance(command, str) else shlex.join(command)

    def filled(self, args: Mapping[str, Arg]) -> str | list[str]:
        def fill(text: str) -> str:
            for name, value in args.items():
                text = text.replace(f"{{{name}}}", str(value))
            return text

        return fill(self.command) if isinstance(self.command, str) else [fill(word) for word in self.command]

    def workloads(self, name: str) -> Iterator[tuple[Workload, str]]:
        """The workload and its held-out variations, each with its command line."""
        yield self.workload(name, self.args), self.line
        for number, other in enumerate(self.variations, 1):
            held_out = f"{name}-holdout{number if len(self.variations) > 1 else ''}"
            args = {**self.args, **other}
            yield replace(self.workload(held_out, args), holdout=True, varies=name), self.line_with(args)

    def workload(self, name: str, args: Mapping[str, Arg]) -> Workload:
        return Workload(
            name=name,
            argv=split_command(self.filled(args)),
            cwd=self.cwd,
            env=self.env,
            stdin=self.stdin,
            timeout_s=self.timeout,
            metric=self.metric,
            artefacts=tuple(self.artefacts),
            tolerance=self.tolerance,
            weight=self.weight,
            holdout=self.holdout is True,
        )


class SandboxSettings(Table):
    """``[tool.hasten.sandbox]``: where candidates run and what they may use."""

    backend: Literal["auto", "docker", "bubblewrap", "process"] = "auto"
    image: str | None = None
    """Of the sandbox docker: an image to take as it is."""
    dockerfile: str | None = None
    """A Dockerfile of the repository to build one from."""
    base: str = "python:{version}-slim"
    """What ours is built upon otherwise; ``{version}`` is that of the project's Python."""
    extras: list[str] | None = None
    """Extras and dependency groups to install (default: those for tests)."""
    packages: list[Annotated[str, Field(pattern=PACKAGE)]] = []
    """Debian packages to install."""
    memory_mb: Annotated[int, Field(ge=64)] | None = 4096
    processes: Annotated[int, Field(ge=1)] | None = 256
    output_mb: Annotated[int, Field(ge=1)] = 16
    test_timeout: Positive = 600.0
    readable: list[str] = []

    @model_validator(mode="after")
    def one_image(self) -> SandboxSettings:
        if self.image and self.dockerfile:
            raise ValueError("name an image or a dockerfile, not both")
        return self

    def limits(self) -> Limits:
        """Limits of a test run; a workload's own timeout replaces the wall limit."""
        return Limits(
            wall_s=self.test_timeout,
            memory_bytes=self.memory_mb * MIB if self.memory_mb else None,
            processes=self.processes,
            output_bytes=self.output_mb * MIB,
        )


class RulesSettings(Table):
    """``[tool.hasten.rules]``: which rewrite rules may propose."""

    enabled: bool = True
    include: list[str] = []
    exclude: list[str] = []


class ModelSettings(Table):
    """``[tool.hasten.model]``: the model that proposes, by its litellm name; none by default."""

    name: str | None = None
    api_base: str | None = None
    timeout: Positive = 180.0
    max_output_tokens: Annotated[int, Field(ge=256)] = 8000
    targets: Annotated[int, Field(ge=1)] = 3
    strategies: list[str] = []


class BudgetSettings(Table):
    """``[tool.hasten.budget]``: what a run may spend."""

    minutes: Positive = 15.0
    usd: Annotated[float, Field(ge=0)] = 1.0
    candidates: Annotated[int, Field(ge=1)] = 40

    def budget(self) -> Budget:
        return Budget(wall_s=self.minutes * 60, usd=self.usd, candidates=self.candidates)


class JudgeSettings(Table):
    """``[tool.hasten.judge]``: what counts as better."""

    min_speedup: Annotated[float, Field(ge=1.01)] = 1.03
    max_cpu_growth: Annotated[float, Field(ge=1)] = 1.10
    max_memory_growth: Annotated[float, Field(ge=1)] = 1.25
    max_minutes: Positive = 5.0
    open_ended: bool = False
    include: list[str] = ["**/*.py"]
    exclude: list[str] = []


class Settings(Table):
    """``[tool.hasten]``, whole."""

    workloads: dict[str, WorkloadSettings] = {}
    tests: str | list[str] | None = None
    no_tests: bool = False
    allow_failing_tests: bool = False
    python: str | None = None
    also: list[str] = []
    min_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    runs_dir: str | None = None
    sandbox: SandboxSettings = SandboxSettings()
    rules: RulesSettings = RulesSettings()
    model: ModelSettings = ModelSettings()
    budget: BudgetSettings = BudgetSettings()
    judge: JudgeSettings = JudgeSettings()

    @field_validator("tests")
    @classmethod
    def tests_are_usable(cls, value: str | list[str] | None) -> str | list[str] | None:
        if value is not None:
            split_command(value)
        return value

    def workload_list(self) -> tuple[Workload, ...]:
        """Every workload to measure, held-out variations included."""
        return tuple(w for name, table in self.workloads.items() for w, _ in table.workloads(name))

    def lines(self) -> dict[str, str]:
        """The command line of every workload, by name."""
        return {w.name: line for name, table in self.workloads.items() for w, line in table.workloads(name)}


def leaves(model: type[BaseModel] = Settings, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every settable key path with its annotation, tables opened; ``workloads`` stays one leaf."""
    found: dict[tuple[str, ...], Any] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= leaves(field.annotation, (*prefix, name))
        else:
            found[(*prefix, name)] = field.annotation
    return found
