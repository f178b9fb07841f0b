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
        str | None,
        typer.Argument(metavar="BASE", help="Commit or folder before the change (default: HEAD)."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Argument(metavar="HEAD", help="Commit or folder after it (default: the working tree)."),
    ] = None,
    patch: Annotated[
        Path | None,
        typer.Option("--patch", metavar="FILE", help="Judge this patch on BASE (default: the working tree)."),
    ] = None,
    recheck: Annotated[
        Path | None,
        typer.Option("--recheck", metavar="EVIDENCE", help="Decide again from the samples of a file alone."),
    ] = None,
    aa: Annotated[
        bool,
        typer.Option("--aa", help="Judge the tree against itself: noise floor and false acceptances here."),
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", metavar="N", help="Measuring time of --aa (default 60)."),
    ] = None,
    repo: Annotated[
        Path | None,
        typer.Option("--repo", metavar="DIR", help="The repository (default: here; of two folders: BASE)."),
    ] = None,
    workload: o.WorkloadOption = None,
    tests: o.TestsOption = None,
    no_tests: o.NoTestsOption = False,
    allow_failing_tests: o.AllowFailingOption = False,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="auto, wall, cpu or instructions (needs valgrind)."),
    ] = None,
    min_speedup: Annotated[
        float | None, typer.Option("--min-speedup", metavar="X", help="Smallest gain (default 1.03).")
    ] = None,
    max_cpu_growth: Annotated[
        float | None,
        typer.Option("--max-cpu-growth", metavar="X", help="CPU time that a gain may cost (default 1.1)."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", metavar="N", help="Measuring time for each workload (default 5)."),
    ] = None,
    open_ended: Annotated[
        bool, typer.Option("--open-ended", help="Look after every pair (e-process) until time runs out.")
    ] = False,
    python: o.PythonOption = None,
    sandbox: o.SandboxOption = None,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Judge any change, whoever wrote it: same behaviour, and really faster? Exit code 1 when not.

    Every sample is kept as evidence, with a report and plots, in [cyan].hasten/verify/[/cyan].

    [bold]Examples[/bold]

      hasten verify                                     (the working tree against HEAD)

      hasten verify main my-branch

      hasten verify --patch faster.diff -w "python -m shop.report data.csv" -t "pytest -q"

      hasten verify ./before ./after -w "python run.py" --no-tests

      hasten verify --recheck .hasten/verify/20260131-142501-9f3a/evidence.json

      hasten verify --aa --seconds 120
    """
    from hasten.cli import verifying

    typed = o.chosen(
        tests=tests,
        no_tests=no_tests,
        allow_failing_tests=allow_failing_tests,
        judge__min_speedup=min_speedup,
        judge__max_cpu_growth=max_cpu_growth,
        judge__max_minutes=minutes,
        judge__open_ended=open_ended,
        python=python,
        sandbox__backend=sandbox,
        runs_dir=runs_dir,
    )
    screen: Screen = ctx.obj
    line = verifying.Line(base, head, patch, recheck, aa, seconds, repo, typed, workload, metric)
    return verifying.verify(line, screen)
