"""``hasten doctor``."""

from __future__ import annotations

import typer

from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen


def doctor(ctx: typer.Context, repo: o.RepoArgument = o.HERE) -> Result:
    """What works on this machine, and what to do about what does not.

    [bold]Example[/bold]

      hasten doctor --json
    """
    from hasten.cli import setup

    screen: Screen = ctx.obj
    return setup.doctor(repo, screen)
