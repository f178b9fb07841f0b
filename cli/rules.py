"""``hasten rules``."""

from __future__ import annotations

from typing import Annotated

import typer

from hasten.cli.result import Result


def rules(
    rule: Annotated[str | None, typer.Argument(metavar="ID", help="Show this rule whole.")] = None,
) -> Result:
    """List the rewrite rules, or print one: what, why, precondition, before and after.

    [bold]Examples[/bold]

      hasten rules

      hasten rules pop-front
    """
    from hasten.cli import setup

    return setup.rules(rule)
