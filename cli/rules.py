"""``hasten rules``."""

from __future__ import annotations

from typing import Annotated

import typer

from hasten.cli.result import Result

app = typer.Typer(rich_markup_mode="rich", add_completion=False, no_args_is_help=False)


@app.callback(invoke_without_command=True)
def rules(ctx: typer.Context) -> Result | None:
    """List the rewrite rules; [cyan]rules show ID[/cyan] prints one whole.

    [bold]Examples[/bold]

      hasten rules

      hasten rules show pop-front
    """
    if ctx.invoked_subcommand is not None:
        return None
    from hasten.cli import setup

    return setup.rules()


@app.command("show", no_args_is_help=False)
def show(rule: Annotated[str, typer.Argument(metavar="ID", help="The rule to print.")]) -> Result:
    """Print one rule: what, why, precondition, before and after.

    [bold]Examples[/bold]

      hasten rules show pop-front
    """
    from hasten.cli import setup

    return setup.rule(rule)
