"""``hasten profile``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen


class Format(StrEnum):
    """How a profile is written."""

    table = "table"
    json = "json"
    speedscope = "speedscope"
    flamegraph = "flamegraph"


def profile(
    ctx: typer.Context,
    repo: o.RepoArgument = o.HERE,
    workload: o.WorkloadOption = None,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="speedscope writes JSON, flamegraph an SVG.")
    ] = Format.table,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file (default: stdout).")
    ] = None,
    python: o.PythonOption = None,
    sandbox: o.SandboxOption = None,
) -> Result:
    """Where does the time go, and which of your own functions is responsible?

    Time in libraries and native code is credited to the nearest function of yours that called it.

    [bold]Examples[/bold]

      hasten profile . -w "python -m shop.report data.csv"

      hasten profile -f flamegraph -o profile.svg
    """
    from hasten.cli import jobs

    screen: Screen = ctx.obj
    flags = o.chosen(python=python, sandbox__backend=sandbox)
    return jobs.profile(repo, flags, workload, screen, form.value, output)
