"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

KeyPath = tuple[str, ...]

RepoArgument = Annotated[
    Path, typer.Argument(metavar="REPO", help="Repository or folder to work on.", show_default=False)
]
WorkloadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--workload",
        "-w",
        metavar="CMD",
        help="Command whose time counts, or the name of one in the settings; NAME=CMD names it. Repeatable.",
    ),
]
TestsOption = Annotated[
    str | None, typer.Option("--tests", "-t", metavar="CMD", help="Test command, such as 'pytest -q'.")
]
NoTestsOption = Annotated[
    bool, typer.Option("--no-tests", help="Check behaviour by the workload's output alone.")
]
AllowFailingOption = Annotated[
    bool,
    typer.Option(
        "--allow-failing-tests", help="Leave tests that fail on the baseline out of the comparison."
    ),
]
PythonOption = Annotated[
    str | None,
    typer.Option("--python", metavar="PATH", help="Python of your code (default: .venv, VIRTUAL_ENV, PATH)."),
]
SandboxOption = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="NAME", help="auto, docker, bubblewrap or process (no boundary)."),
]
RunsDirOption = Annotated[
    str | None, typer.Option("--runs-dir", metavar="DIR", help="Where runs are kept (default: .hasten).")
]
RunArgument = Annotated[
    str | None, typer.Argument(metavar="RUN", help="Run id or part of it (default: the newest).")
]
RunRepoOption = Annotated[Path, typer.Option("--repo", metavar="DIR", help="The run's repository.")]
HERE = Path()


def chosen(**values: object) -> dict[KeyPath, object]:
    """What the user typed, by settings key; ``a__b`` stands for key ``b`` of table ``a``."""
    return {tuple(k.split("__")): v for k, v in values.items() if v is not None and v is not False}


def workload_flags(words: Sequence[str] | None, configured: Mapping[str, Any]) -> dict[str, Any] | None:
    """The workload table that ``--workload`` asks for; ``None`` when it was not given.

    A word that names a configured workload selects it; ``name=command`` names an ad-hoc one.
    """
    if not words:
        return None
    table: dict[str, Any] = {}
    for word in words:
        name, equals, command = word.partition("=")
        if word in configured:
            table[word] = configured[word]
        elif equals and name.isidentifier():
            table[name] = {"command": command}
        else:
            table["workload" if len(words) == 1 else f"workload{len(table) + 1}"] = {"command": word}
    return table
