"""What ``init``, ``doctor`` and ``rules`` do."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.markup import escape

from hasten import UsageError
from hasten.agent.detect import Detected, detect
from hasten.agent.workspace import check_repository
from hasten.cli import config
from hasten.cli.result import Result
from hasten.cli.screen import Screen
from hasten.cli.starter import starter_file


def init(folder: Path, screen: Screen, force: bool) -> Result:
    """Write ``hasten.toml`` with what was detected."""
    repo = check_repository(folder)
    path = repo / "hasten.toml"
    if path.exists() and not force:
        raise UsageError(f"{path} exists already.", "Edit it, or replace it with --force.")
    if not force and config.file_sources(repo):
        raise UsageError(
            "pyproject.toml already has a [tool.hasten] table.",
            "Edit it, or use --force to add a hasten.toml.",
        )
    found = detect(repo)
    chosen = ask(found) if sys.stdin.isatty() and not screen.json else found
    try:
        path.write_text(starter_file(chosen), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"Cannot write {path}: {error.strerror}.", "Check the folder's permissions."
        ) from None
    lines = [f"Wrote {escape(str(path))}."]
    lines.append(f"  tests     {escape(chosen.tests) if chosen.tests else 'none found: fill in tests'}")
    lines.append(f"  python    {escape(chosen.python) or 'decided at run time'}")
    lines += [f"  workload  {escape(command)}" for command in chosen.workloads]
    if not chosen.workloads:
        lines.append("  workload  none found: fill in a command that stands for real use")
    lines.append("Next: check the file, then run 'hasten optimize'.")
    data = {
        "file": str(path),
        "tests": chosen.tests,
        "python": chosen.python,
        "workloads": list(chosen.workloads),
    }
    return Result(data, "\n".join(lines))


def ask(found: Detected) -> Detected:
    """Let a person correct what was detected."""
    tests = typer.prompt("Test command", default=found.tests or "", show_default=bool(found.tests))
    first = found.workloads[0] if found.workloads else ""
    workload = typer.prompt("Workload command", default=first, show_default=bool(first))
    return Detected(tests, found.python, (workload,) if workload else ())


@dataclass(frozen=True)
class Check:
    """One line of ``hasten doctor``."""

    name: str
    ok: bool
    says: str
    advice: str = ""


def doctor(folder: Path, screen: Screen) -> Result:
    """Look at this machine and this repository; never fails, always advises."""
    from hasten.agent import health

    checks = [Check(*line) for line in health.examine(folder.absolute(), os.environ)]
    checks.append(Check("hasten", True, f"Python {sys.version.split()[0]} at {sys.executable}"))
    lines = []
    for check in checks:
        mark = "[green]ok  [/]" if check.ok else "[yellow]--  [/]"
        lines.append(f"{mark}{check.name:18} {escape(check.says)}")
        if check.advice:
            lines.append(f"{'':22} [dim]{escape(check.advice)}[/]")
    data = [{"name": c.name, "ok": c.ok, "says": c.says, "advice": c.advice} for c in checks]
    return Result(data, "\n".join(lines))


def rules(name: str | None) -> Result:
    """The rewrite rules."""
    from hasten.agent.propose.rules.documentation import documentation
    from hasten.agent.propose.rules.registry import RULES

    if name is None:
        docs = {rule: documentation(rule) for rule in RULES.values()}
        lines = [f"[cyan]{r.id:18}[/] {r.tier:7} {escape(d.title)}" for r, d in docs.items()]
        data = [{"id": r.id, "tier": r.tier, "title": d.title} for r, d in docs.items()]
        return Result(data, "\n".join(lines))
    if name not in RULES:
        raise UsageError(f"There is no rule '{name}'.", config.suggest(name, list(RULES)))
    rule = RULES[name]
    return Result(
        {"id": rule.id, "tier": rule.tier, "doc": rule.doc}, f"[bold]{rule.id}[/]\n{escape(rule.doc)}"
    )
