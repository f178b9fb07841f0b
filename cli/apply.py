"""``hasten apply``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result

HERE = Path()


def apply(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Run id or part of it (default: the newest).")
    ] = None,
    repo: Annotated[Path, typer.Option("--repo", metavar="DIR", help="The run's repository.")] = HERE,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Apply the patch of a run to the working tree: all of it, or nothing.

    [bold]Example[/bold]

      hasten apply 9f3a
    """
    from hasten.cli import jobs

    return jobs.apply_run(repo, run, o.chosen(runs_dir=runs_dir))
