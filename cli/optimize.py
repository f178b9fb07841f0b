"""``hasten optimize`` and ``hasten resume``."""

from __future__ import annotations

from typing import Annotated

import typer

from hasten import UsageError
from hasten.cli import options as o
from hasten.cli.result import Result
from hasten.cli.screen import Screen


def optimize(
    ctx: typer.Context,
    repo: o.RepoArgument = o.HERE,
    workload: o.WorkloadOption = None,
    tests: o.TestsOption = None,
    no_tests: o.NoTestsOption = False,
    allow_failing_tests: o.AllowFailingOption = False,
    python: o.PythonOption = None,
    sandbox: o.SandboxOption = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="Model that proposes (litellm name).")
    ] = None,
    api_base: Annotated[
        str | None, typer.Option("--api-base", metavar="URL", help="Endpoint of the model.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            "--rules", metavar="ID,…", help="Only these rewrite rules, by id or tier; see 'hasten rules'."
        ),
    ] = None,
    no_rules: Annotated[bool, typer.Option("--no-rules", help="Leave the rewrite rules out.")] = False,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="N", help="Time to spend (default 15).")
    ] = None,
    usd: Annotated[
        float | None, typer.Option("--usd", metavar="N", help="Money to spend on the model (default 1).")
    ] = None,
    min_speedup: Annotated[
        float | None, typer.Option("--min-speedup", metavar="X", help="Smallest gain kept (default 1.03).")
    ] = None,
    max_cpu_growth: Annotated[
        float | None,
        typer.Option("--max-cpu-growth", metavar="X", help="CPU time that a gain may cost (default 1.1)."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show targets, candidates, prompts and cost; judge nothing.")
    ] = False,
    no_commit: Annotated[bool, typer.Option("--no-commit", help="Write the patch file only.")] = False,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Find what is slow, try edits, and keep those [bold]proven[/bold] faster with the same behaviour.

    The result is a new branch [cyan]hasten/RUN[/cyan] and a patch file; your working tree is not touched.

    [bold]Examples[/bold]

      hasten optimize                                   (settings of this folder)

      hasten optimize . -w "python -m shop.report data.csv" -t "pytest -q"

      hasten optimize . --model anthropic/claude-sonnet-4-5 --usd 2
    """
    from hasten.cli import jobs

    flags = o.chosen(
        tests=tests,
        no_tests=no_tests,
        allow_failing_tests=allow_failing_tests,
        python=python,
        sandbox__backend=sandbox,
        model__name=model,
        model__api_base=api_base,
        budget__minutes=minutes,
        budget__usd=usd,
        judge__min_speedup=min_speedup,
        judge__max_cpu_growth=max_cpu_growth,
        runs_dir=runs_dir,
    )
    flags |= chosen_rules(rules, no_rules)
    screen: Screen = ctx.obj
    if dry_run:
        return jobs.rehearse(repo, flags, workload, screen)
    return jobs.optimize(repo, flags, workload, screen, commit=not no_commit)


def chosen_rules(rules: str | None, no_rules: bool) -> dict[tuple[str, ...], object]:
    """``--rules`` and ``--no-rules`` as settings. Raises ``UsageError`` for both, and for unknown rules."""
    if no_rules and rules is not None:
        raise UsageError("--rules and --no-rules contradict each other.", "Leave one of them out.")
    if no_rules:
        return {("rules", "enabled"): False}
    if rules is None:
        return {}
    from hasten.agent.propose.rules.selection import select  # imports libcst

    names = [name.strip() for name in rules.split(",") if name.strip()]
    if not names:
        raise UsageError("--rules names no rule.", "'hasten rules' lists them; --no-rules leaves them out.")
    select(names)
    return {("rules", "enabled"): True, ("rules", "include"): names, ("rules", "exclude"): []}


def resume(
    ctx: typer.Context,
    run: o.RunArgument = None,
    repo: o.RunRepoOption = o.HERE,
    runs_dir: o.RunsDirOption = None,
) -> Result:
    """Go on with a run that was interrupted: nothing is judged or paid for twice.

    [bold]Examples[/bold]

      hasten resume

      hasten resume 9f3a --repo ~/shop
    """
    from hasten.cli import jobs

    screen: Screen = ctx.obj
    return jobs.resume(repo, run, o.chosen(runs_dir=runs_dir), screen)
