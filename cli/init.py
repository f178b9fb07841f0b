"""``hasten init``."""

from __future__ import annotations

from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen


def init(
    ctx: typer.Context,
    repo: o.RepoArgument = o.HERE,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing hasten.toml.")] = False,
) -> Result:
    """Look at a repository and write commented settings (hasten.toml).

    Detects tests, a virtual environment and candidate workloads; asks only on a terminal.

    [bold]Example[/bold]

      hasten init ~/shop
    """
    from hasten.cli import setup

    screen: Screen = ctx.obj
    return setup.init(repo, screen, force)
