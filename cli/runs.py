"""``hasten runs`` and ``hasten show``."""

from __future__ import annotations

from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result


def runs(repo: o.RepoArgument = o.HERE, runs_dir: o.RunsDirOption = None) -> Result:
    """List the runs of a repository, newest first.

    [bold]Example[/bold]

      hasten runs --json
    """
    from hasten.cli import jobs

    return jobs.list_runs(repo, o.chosen(runs_dir=runs_dir))


def show(
    run: o.RunArgument = None,
    repo: o.RunRepoOption = o.HERE,
    patch: Annotated[bool, typer.Option("--patch", help="Print the patch instead of the report.")] = False,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Show the report or the patch of a run.

    [bold]Examples[/bold]

      hasten show

      hasten show 9f3a --patch | git apply
    """
    from hasten.cli import jobs

    return jobs.show_run(repo, run, o.chosen(runs_dir=runs_dir), patch)
