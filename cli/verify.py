"""``hasten verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen


def verify(
    ctx: typer.Context,
    base: Annotated[
        str | None, typer.Argument(metavar="BASE", help="Commit before the change (default: HEAD).")
    ] = None,
    head: Annotated[
        str | None, typer.Argument(metavar="HEAD", help="Commit after it (default: the working tree).")
    ] = None,
    patch: Annotated[
        Path | None,
        typer.Option("--patch", metavar="FILE", help="Judge this patch on BASE (default: the working tree)."),
    ] = None,
    repo: Annotated[Path, typer.Option("--repo", metavar="DIR", help="The repository.")] = o.HERE,
    workload: o.WorkloadOption = None,
    tests: o.TestsOption = None,
    no_tests: o.NoTestsOption = False,
    allow_failing_tests: o.AllowFailingOption = False,
    python: o.PythonOption = None,
    sandbox: o.SandboxOption = None,
) -> Result:
    """Judge any change, whoever wrote it: same behaviour, and really faster? Exit code 1 when not.

    [bold]Examples[/bold]

      hasten verify main my-branch

      hasten verify --patch faster.diff -w "python -m shop.report data.csv" -t "pytest -q"
    """
    from hasten.cli import jobs

    screen: Screen = ctx.obj
    flags = o.chosen(
        tests=tests,
        no_tests=no_tests,
        allow_failing_tests=allow_failing_tests,
        python=python,
        sandbox__backend=sandbox,
    )
    return jobs.verify(repo, flags, workload, screen, base, head, patch)
