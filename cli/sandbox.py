"""``hasten sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen

app = typer.Typer(
    help="The container sandbox: build its image, look around in it, clean up.",
    rich_markup_mode="rich",
    add_completion=False,
    no_args_is_help=True,
)


@app.command(no_args_is_help=False)
def build(
    ctx: typer.Context,
    repo: o.RepoArgument = o.HERE,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build it even if it is up to date.")] = False,
) -> Result:
    """Build the image that a repository's programs run in, if it is not there.

    'hasten optimize' does the same by itself. What it is made of: sandbox.image, dockerfile, base, extras and
    packages in the settings.

    [bold]Examples[/bold]

      hasten sandbox build ~/shop

      hasten sandbox build --rebuild --json
    """
    from hasten.cli import containers

    screen: Screen = ctx.obj
    return containers.build(repo, screen, rebuild)


@app.command(
    no_args_is_help=False,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
def shell(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="CMD", help="What to run instead of a shell.")
    ] = None,
    repo: Annotated[Path, typer.Option("--repo", metavar="DIR", help="The repository.")] = o.HERE,
    writable: Annotated[
        bool, typer.Option("--writable", help="With a tree to write to, as tests have it.")
    ] = False,
) -> Result:
    """Open a shell, or run a command, in a container just as candidates run in.

    It sees a copy of the repository at the repository's own path, read-only; all it writes is thrown away.

    [bold]Examples[/bold]

      hasten sandbox shell

      hasten sandbox shell --repo ~/shop -- pytest -q
    """
    from hasten.cli import containers

    screen: Screen = ctx.obj
    return containers.shell(repo, screen, command or [], writable)


@app.command(no_args_is_help=False)
def prune(
    repo: Annotated[
        Path | None, typer.Argument(metavar="[REPO]", help="Only the images of this one.", show_default=False)
    ] = None,
    images: Annotated[
        bool, typer.Option("--images", help="Remove the images that hasten built and nothing uses, too.")
    ] = False,
) -> Result:
    """Remove what runs that were killed left in the container engine.

    Every run does so when it starts. What belongs to a running hasten stays.

    [bold]Examples[/bold]

      hasten sandbox prune

      hasten sandbox prune --images
    """
    from hasten.cli import containers

    return containers.prune(repo, images)
