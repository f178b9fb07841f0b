"""``hasten apply``."""

from __future__ import annotations

from hasten.cli import options as o
from hasten.cli.result import Result


def apply(
    run: o.RunArgument = None,
    repo: o.RunRepoOption = o.HERE,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Apply the patch of a run to the working tree: all of it, or nothing.

    [bold]Example[/bold]

      hasten apply 9f3a
    """
    from hasten.cli import jobs

    return jobs.apply_run(repo, run, o.chosen(runs_dir=runs_dir))
