"""Profiles as tables, JSON, speedscope files and flame graphs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from hasten import UsageError
from hasten.agent.survey import Surveyed
from hasten.agent.types import Target
from hasten.cli.result import Result
from hasten.profilers.export import flamegraph_svg, speedscope


def target_data(target: Target) -> dict[str, Any]:
    return {**asdict(target), "key": target.key, "ceiling": target.ceiling}


def of_profile(found: Sequence[Surveyed], form: str, output: Path | None) -> Result:
    """Profiles in the form asked for (see ``demand_room``)."""
    data = [
        {
            "workload": s.workload.name,
            "source": s.profile.source,
            "samples": s.profile.samples,
            "runs": s.profile.runs,
            "shares": asdict(s.shares),
            "targets": [target_data(t) for t in s.targets],
            "note": s.note,
        }
        for s in found
    ]
    if form == "table":
        text = "\n\n".join(table(s) for s in found)
        return write(output, text, data) if output else Result(data, text)
    if form == "json":
        raw = json.dumps(data, indent=2) + "\n"
    elif form == "speedscope":
        raw = json.dumps(speedscope(found[0].profile, found[0].workload.name)) + "\n"
    else:
        raw = flamegraph_svg(found[0].profile, found[0].workload.name)
    return write(output, raw, data) if output else Result(data, raw=raw)


def demand_room(form: str, workloads: int) -> None:
    """Raise ``UsageError`` for a form that cannot hold that many profiles."""
    if form in ("speedscope", "flamegraph") and workloads > 1:
        raise UsageError(
            f"--format {form} holds one workload, and {workloads} are configured.",
            "Choose one with --workload NAME.",
        )


def write(output: Path, text: str, data: object) -> Result:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"Cannot write {output}: {error.strerror}.", "Name another file with --output."
        ) from None
    return Result({"file": str(output), "profiles": data}, f"Wrote {escape(str(output))}.")


def table(found: Surveyed) -> str:
    """Targets with shares, the call path and what they called."""
    s, p = found.shares, found.profile
    lines = [
        f"[bold]{escape(found.workload.name)}[/]: {p.samples} samples in {p.runs} runs ({p.source}); "
        f"your functions {s.user:.0%}, module level {s.module_level:.0%}, imports {s.imports:.0%}, "
        f"start-up {s.startup:.0%}, other {s.library:.0%}"
    ]
    if found.note:
        lines.append(f"[yellow]note[/]: {escape(found.note)}")
    if not found.targets:
        lines.append("No function of this repository takes a measurable share of the time.")
        return "\n".join(lines)
    lines.append("[bold]total   own  up to  where[/]")
    lines += [line for target in found.targets for line in target_lines(target)]
    return "\n".join(lines)


def target_lines(target: Target) -> Iterable[str]:
    d = target.definition
    yield (
        f"{target.inclusive_share:5.0%} {target.self_share:5.0%} {min(target.ceiling, 999):5.1f}x  "
        f"{escape(d.path)}:{d.start} [cyan]{escape(d.qualname)}[/]"
    )
    if len(target.call_path) > 1:
        path = " > ".join(key.rpartition("::")[2] for key in target.call_path)
        yield f"                    [dim]path: {escape(path)}[/]"
    if target.callees:
        called = ", ".join(f"{name} {share:.0%}" for name, share in target.callees[:4])
        yield f"                    [dim]called: {escape(called)}[/]"
