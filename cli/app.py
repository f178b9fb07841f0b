"""The command line: one Typer app and the one error boundary."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from hasten import HastenError, UsageError, __version__
from hasten.agent.disk import full_disk
from hasten.cli import apply, doctor, init, optimize, profile, rules, runs, sandbox, verify
from hasten.cli.result import Result, envelope
from hasten.cli.screen import Screen, take_flags

EXIT_BUG = 70
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="hasten",
    help="The performance engineer in your terminal: finds where the time goes, proposes edits, and keeps "
    "only those [bold]proven[/bold] faster with the same behaviour.",
    epilog="Anywhere on the line: --json (one JSON document on stdout), -q, -v, --no-color.  Exit codes: "
    "0 done, 1 change refused, 2 usage, 3 workload or tests fail, 4 environment, 70 bug, 130 interrupted.",
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> Result | None:
    if version:
        return Result({"version": __version__}, f"hasten {__version__}")
    if ctx.invoked_subcommand is None:
        raise UsageError("No command was given.", "See 'hasten --help'.")
    return None


COMMANDS: dict[str, Callable[..., Result]] = {
    "optimize": optimize.optimize,
    "profile": profile.profile,
    "verify": verify.verify,
    "init": init.init,
    "doctor": doctor.doctor,
    "runs": runs.runs,
    "show": runs.show,
    "resume": optimize.resume,
    "apply": apply.apply,
}
for name, command in COMMANDS.items():
    app.command(name, no_args_is_help=False)(command)
app.add_typer(rules.app, name="rules")
app.add_typer(sandbox.app, name="sandbox")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the documented code."""
    screen, words = take_flags(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(run(screen, words))


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A polite kill is handled as Ctrl-C."""
    raise KeyboardInterrupt


def run(screen: Screen, words: Sequence[str]) -> int:
    """The error boundary: every outcome becomes text or JSON, and an exit code."""
    command = next((word for word in words if not word.startswith("-")), "")
    try:
        result = app(list(words) or ["--help"], obj=screen, standalone_mode=False)
        if result == EXIT_INTERRUPTED:  # Some versions of typer end with it themselves, without a word.
            return fail(screen, command, InterruptedRunError(""))
        if not isinstance(result, Result):
            return int(result or 0)  # --help and --version print by themselves
        show(screen, command, result)
        return result.exit_code
    except HastenError as error:
        return fail(screen, command, error)
    except (KeyboardInterrupt, typer.Abort) as stop:
        return fail(screen, command, InterruptedRunError(str(stop)))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, OSError) and (full := full_disk(error)):
            return fail(screen, command, full)
        if usage := usage_message(error):
            return fail(
                screen, command, UsageError(usage, f"See 'hasten {command} --help'.".replace("  ", " "))
            )
        return fail(screen, command, BugError(error))


def show(screen: Screen, command: str, result: Result) -> None:
    if screen.json:
        print(envelope(command, result.data))
    elif result.raw:
        sys.stdout.write(result.raw)
    elif result.text:
        screen.out.print(result.text)
    sys.stdout.flush()


def fail(screen: Screen, command: str, error: HastenError) -> int:
    if screen.json:
        print(envelope(command, error=error))
    else:
        screen.err.print(f"[bold red]error:[/] {escape(error.message)}")
        if error.hint:
            screen.err.print(f"[dim] hint:[/] {escape(error.hint)}")
    return error.exit_code


def usage_message(error: Exception) -> str:
    """The sentence of a command-line mistake that typer found; empty for anything else."""
    # By its shape: newer typers raise errors of their own, older ones those of the click package.
    sentence = getattr(error, "format_message", None)
    return str(sentence()) if sentence and getattr(error, "exit_code", None) == 2 else ""


class InterruptedRunError(HastenError):
    """Ctrl-C, or a polite kill."""

    exit_code = EXIT_INTERRUPTED
    code = "interrupted"

    def __init__(self, hint: str = "") -> None:
        super().__init__("Interrupted; your repository is as it was.", hint)


class BugError(HastenError):
    """Something of ours broke; the traceback is kept in a file."""

    exit_code = EXIT_BUG
    code = "bug"

    def __init__(self, error: Exception) -> None:
        descriptor, path = tempfile.mkstemp(prefix="hasten-bug-", suffix=".log")
        with os.fdopen(descriptor, "w") as log:
            log.write(f"hasten {__version__}, Python {sys.version}\n{sys.argv[1:]}\n\n")
            log.write("".join(traceback.format_exception(error)))
        super().__init__(
            f"hasten broke: {type(error).__name__}: {error}.", f"Please report it with the log {Path(path)}."
        )
