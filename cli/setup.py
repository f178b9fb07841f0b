"""What ``init``, ``doctor`` and ``rules`` do."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import asdict, dataclass
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

PAGE_WIDTH = 100


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

    try:
        settings = config.load(folder.absolute(), {}).settings
    except UsageError:  # What the settings are wrong about, the other commands say.
        settings = None
    checks = [Check(*line) for line in health.examine(folder.absolute(), os.environ, settings)]
    checks.append(Check("hasten", True, f"Python {sys.version.split()[0]} at {sys.executable}"))
    lines = []
    for check in checks:
        mark = "[green]ok  [/]" if check.ok else "[yellow]--  [/]"
        lines.append(f"{mark}{check.name:18} {escape(check.says)}")
        if check.advice:
            lines.append(f"{'':22} [dim]{escape(check.advice)}[/]")
    data = [{"name": c.name, "ok": c.ok, "says": c.says, "advice": c.advice} for c in checks]
    return Result(data, "\n".join(lines))


def rules() -> Result:
    """The rewrite rules as a table."""
    from hasten.agent.propose.rules.documentation import documentation
    from hasten.agent.propose.rules.registry import RULES

    docs = {rule: documentation(rule) for rule in RULES.values()}
    width = max(len(name) for name in RULES)
    lines = [f"[bold]{'rule':{width}}  {'tier':7} what it does[/]"]
    lines += [
        f"[cyan]{r.id:{width}}[/]  {r.tier:7} {escape(d.title.replace('``', '`'))}" for r, d in docs.items()
    ]
    lines.append("")
    lines.append("safe: proven by the code; facts: also by annotations and what was observed; opt-in: only")
    lines.append("when named in --rules or rules.include. 'hasten rules show ID' prints one whole.")
    return Result([{"id": r.id, "tier": r.tier, "title": d.title} for r, d in docs.items()], "\n".join(lines))


def rule(name: str) -> Result:
    """One rewrite rule, whole. Raises ``UsageError`` when there is none of that name."""
    from hasten.agent.propose.rules.documentation import documentation
    from hasten.agent.propose.rules.registry import RULES
    from hasten.agent.propose.rules.selection import no_such_rule

    if name not in RULES:
        raise no_such_rule(name)
    found = RULES[name]
    doc = documentation(found)
    parts = {
        "What": doc.what,
        "Why": doc.why,
        "Precondition": doc.precondition,
        "Tier": doc.tier,
        **({"Facts where annotations are silent": "; ".join(found.needs)} if found.needs else {}),
        "Source": doc.source,
    }
    lines = [f"[bold cyan]{found.id}[/]  [bold]{escape(doc.title)}[/]"]
    for head, text in parts.items():
        lines += ["", f"[bold]{head}[/]", escape(textwrap.fill(text, PAGE_WIDTH))]
    if doc.facts:
        lines += ["", "[bold]Observed in the example[/]", ""]
        lines += [escape(f"    {name}: {says}") for name, says in doc.facts.arguments.items()]
    for head, text in {"Before": doc.before, "After": doc.after}.items():
        lines += ["", f"[bold]{head}[/]", "", escape(textwrap.indent(text.rstrip(), "    "))]
    data = {"id": found.id, "tier": found.tier, "needs": list(found.needs), "doc": found.doc}
    data |= {name: text for name, text in asdict(doc).items() if isinstance(text, str)}
    return Result(data, "\n".join(lines))
