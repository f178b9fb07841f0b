"""Results of commands as text and data."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from hasten import UsageError
from hasten.agent.deliver.report import figures, headline
from hasten.agent.rehearsal import Rehearsal
from hasten.agent.run import Run
from hasten.agent.types import Measurement, Verdict
from hasten.cli import sentences
from hasten.cli.result import Result
from hasten.cli.tables import target_data


def of_run(run: Run, folder: Path) -> Result:
    """The end of a run: what was gained and where it is."""
    started, lines = run.started, [""]
    best = headline(run)
    if best and run.confirmed:
        lines.append(f"[bold green]{figures(best)}[/]")
        if run.confirmed.verdict.suite:
            lines.append(
                f"  all workloads together: {run.confirmed.verdict.suite:.2f}x (weighted geometric mean)"
            )
        lines += [
            f"  kept {c.id}: {escape(c.title)} [dim]{escape(c.target)}[/]"
            for c in (run.candidates[name] for name in run.stack)
        ]
    elif run.dropped:
        lines.append(
            "[yellow]What was kept one by one was not confirmed together; nothing is recommended.[/]"
        )
    else:
        lines.append("[bold]Nothing was found that is proven faster with the same behaviour.[/]")
        advice = "" if started.settings.model.name else "; '--model NAME' lets a model propose more"
        lines.append(f"  {run.judged} candidates were judged{advice}.")
        lines += [
            f"  [dim]no candidate: {escape(why)}[/]"
            for why in dict.fromkeys(r.splitlines()[0] for r in run.refusals.values())
        ]
    if run.delivered and run.delivered.branch:
        lines.append(
            f"branch  {run.delivered.branch}  (git diff {started.head[:12]}..{run.delivered.branch})"
        )
    elif run.delivered and run.delivered.note:
        lines.append(f"[dim]{escape(run.delivered.note)}[/]")
    if run.stack:
        where = sentences.nearby(started.repo)
        elsewhere = "" if where == "." else f" --repo {shlex.quote(where)}"
        patch = sentences.nearby(folder / "patch.diff")
        lines.append(f"patch   {patch}  (hasten apply {started.run_id}{elsewhere})")
    lines.append(f"report  {sentences.nearby(folder / 'report.md')}")
    return Result(run_data(run, folder), "\n".join(lines))


def run_data(run: Run, folder: Path) -> dict[str, Any]:
    """A run for machines."""
    confirmed = run.confirmed
    return {
        "run": run.started.run_id,
        "repo": run.started.repo,
        "state": state(run),
        "verdict": verdict_data(confirmed.verdict) if confirmed else None,
        "kept": [candidate_data(run, name) for name in run.stack],
        "refused": [candidate_data(run, name) for name in run.verdicts if name not in run.stack],
        "unanswered": dict(run.refusals),
        "branch": run.delivered.branch if run.delivered else "",
        "commits": list(run.delivered.commits) if run.delivered else [],
        "note": run.delivered.note if run.delivered else "",
        "patch": str(folder / "patch.diff"),
        "report": str(folder / "report.md"),
        "seconds": round(run.worked_s, 1),
        "measured_seconds": round(run.measured_s, 1),
        "error_spent": round(run.spent, 4),
        "usd": run.usd,
    }


def candidate_data(run: Run, name: str) -> dict[str, Any]:
    candidate = run.candidates[name]
    return {
        "id": name,
        "title": candidate.title,
        "target": candidate.target,
        "origin": candidate.origin,
        **verdict_data(run.verdicts[name]),
    }


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """The result of a judged change (DESIGN section 7)."""
    return {
        "verdict": verdict.decision,
        "gate": verdict.gate,
        "reason": verdict.reason,
        "gates": dict(verdict.gates),
        "workloads": [measurement_data(m) for m in verdict.measurements],
        "suite_speedup": verdict.suite or None,
    }


def measurement_data(m: Measurement) -> dict[str, Any]:
    return {
        "name": m.workload,
        "decision": m.decision,
        "speedup": m.speedup,
        "ci": [m.low, m.high],
        "pairs": m.pairs,
        "metric": m.metric,
        "mode": m.mode,
        "why": m.why,
        "p": m.p,
        "alpha": m.alpha,
        "before_s": m.before_s,
        "after_s": m.after_s,
        "seconds": round(m.seconds, 3),
        "noise": m.noise,
        "startup_share": m.startup_share,
        "note": m.note,
    }


def state(run: Run) -> str:
    """One word for where a run stands."""
    if run.delivered is None:
        return "stopped"
    return "improved" if headline(run) else "nothing found"


def of_runs(runs: Mapping[str, Run | None]) -> Result:
    """The list of runs by id; ``None`` for one whose journal cannot be read."""
    if not runs:
        return Result([], "There are no runs here yet; start one with 'hasten optimize'.")
    lines, data = list[str](), list[dict[str, Any]]()
    for name, run in runs.items():
        if run is None:
            lines.append(f"{name}  damaged")
            data.append({"run": name, "state": "damaged", "judged": 0, "kept": 0, "usd": 0.0})
            continue
        best = headline(run)
        gain = f"{best.speedup:.2f}x on {escape(best.workload)}" if best else f"{len(run.stack)} kept"
        lines.append(f"{name}  {state(run):13}  {run.judged:3} judged  {gain}")
        data.append(
            {
                "run": name,
                "state": state(run),
                "judged": run.judged,
                "kept": len(run.stack),
                "usd": run.usd,
            }
        )
    return Result(data, "\n".join(lines))


def of_shown(run: Run | None, folder: Path, patch: bool) -> Result:
    """The report of a run, or its patch as it is."""
    if run is None:
        raise UsageError(f"Run {folder.name} has no readable journal.", "See 'hasten runs'.")
    path = folder / ("patch.diff" if patch else "report.md")
    if path.is_file():
        text = path.read_text(encoding="utf-8")
    elif patch:
        text = ""
    else:
        text = f"Run {run.started.run_id} has not ended; go on with 'hasten resume {run.started.run_id}'.\n"
    return Result({**run_data(run, folder), "text": text}, raw=text)


def of_rehearsal(found: Rehearsal) -> Result:
    """What a run would try."""
    lines = []
    for candidate, diff in found.candidates:
        lines += [f"[bold]{escape(candidate.title)}[/] ({escape(candidate.origin)})", escape(diff)]
    for step, prompt in found.prompts.items():
        lines += [f"[bold]{escape(step)}[/]", escape(prompt), ""]
    lines.append(
        f"{len(found.candidates)} candidates by rules; {len(found.prompts)} prompts, at most "
        f"${found.usd:.4f}. Nothing was judged, asked or written."
    )
    data = {
        "targets": [target_data(t) for t in found.localized.targets],
        "candidates": [
            {"title": c.title, "target": c.target, "origin": c.origin, "patch": p}
            for c, p in found.candidates
        ],
        "prompts": dict(found.prompts),
        "usd": found.usd,
    }
    return Result(data, "\n".join(lines))
