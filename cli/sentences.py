"""Every sentence a person reads about a run, as rich markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape

from hasten.agent.decide import (
    Action,
    Confirm,
    Deliver,
    Judge,
    Localize,
    Prepare,
    ProposeByModel,
    ProposeByRules,
    Repair,
    Weigh,
)
from hasten.agent.events import (
    Answered,
    Confirmed,
    Delivered,
    Event,
    Judged,
    Localized,
    Paused,
    Prepared,
    Proposed,
    Resumed,
    Started,
)
from hasten.agent.run import Run
from hasten.agent.types import Measurement, Verdict

MARKS = {"accepted": "[green]kept[/]", "rejected": "[red]refused[/]", "inconclusive": "[yellow]not kept[/]"}


def action(action: Action) -> str:
    """What is being done right now."""
    match action:
        case Prepare():
            return "prepare: running your tests and workload as they are"
        case Localize():
            return "localize: profiling the workload"
        case ProposeByRules(target=target):
            return f"propose: rewrite rules on {escape(target.key)}"
        case ProposeByModel(target=target, strategy=strategy):
            return f"propose: asking the model about {escape(target.key)} ({escape(strategy)})"
        case Repair():
            return "propose: showing the model what failed"
        case Weigh(bundle=bundle):
            return f"race: {bundle} as a whole and without each of its rewrites"
        case Judge(candidates=candidates):
            return f"judge: {', '.join(candidates)}"
        case Confirm():
            return "confirm: the result against the original, on fresh samples"
        case Deliver():
            return "deliver"


def event(event: Event, run: Run, verbose: bool) -> Iterator[str]:
    """What just happened; nothing for what is not worth a line."""
    match event:
        case Started():
            yield f"[bold]run {event.run_id}[/] on {nearby(event.repo)}"
        case Resumed():
            yield f"[bold]run {run.started.run_id}[/] goes on: {run.judged} judged, {len(run.stack)} kept"
        case Prepared():
            yield from prepared(event)
        case Localized():
            yield from localized(event)
        case Answered():
            cost = "from the cache" if event.cached else f"${event.usd:.4f}, {event.tokens} tokens"
            yield f"  the model answered ({cost})"
        case Proposed(refusal=refusal) if refusal:
            yield f"  [red]no candidate[/]: {escape(refusal.splitlines()[0])}"
        case Proposed():
            for candidate in event.candidates:
                yield f"  {candidate.id} [cyan]{escape(candidate.title)}[/] ({escape(candidate.origin)})"
        case Judged():
            yield f"  {event.candidate} {verdict(event.verdict)}"
            if verbose:
                yield from (f"      {gate}: {escape(text)}" for gate, text in event.verdict.gates.items())
        case Confirmed():
            word = "[green]confirmed[/]" if event.verdict.accepted else "[yellow]not confirmed[/]"
            yield f"  {word}: {escape(event.verdict.reason)}"
        case Delivered():
            pass
        case Paused():
            yield f"[yellow]stopped[/]: {escape(event.reason)}"


def prepared(event: Prepared) -> Iterator[str]:
    times = ", ".join(f"{escape(name)} {seconds(s)}" for name, s in event.seconds.items())
    tests = (
        "no tests: behaviour is checked by output alone" if event.tests is None else f"{event.tests} tests"
    )
    if event.flaky:
        tests += f", {len(event.flaky)} flaky left out"
    if event.failing:
        tests += f", {len(event.failing)} failing left out"
    yield f"  baseline healthy: {times}; {tests}; Python {event.python}; sandbox {event.sandbox}"
    yield from (f"  [yellow]note[/]: {escape(note)}" for note in event.notes)


def localized(event: Localized) -> Iterator[str]:
    yield f"  {len(event.targets)} targets from {event.samples} samples ({event.source})"
    for target in event.targets[:5]:
        yield (
            f"    {target.inclusive_share:4.0%} total {target.self_share:4.0%} own  {escape(target.key)}"
            f" [dim](up to {min(target.ceiling, 999):.1f}x)[/]"
        )
    yield from (f"  [yellow]note[/]: {escape(note)}" for note in event.notes)


def verdict(verdict: Verdict) -> str:
    best = next((m for m in verdict.measurements if m.decision == "faster"), None)
    if verdict.accepted and best:
        return f"{MARKS[verdict.decision]} [bold]{speedup(best)}[/], {best.pairs} pairs"
    return f"{MARKS[verdict.decision]}: {escape(verdict.reason)}"


def speedup(measurement: Measurement) -> str:
    """``5.31x faster [4.98, 5.70] on report``."""
    return (
        f"{measurement.speedup:.2f}x faster \\[{measurement.low:.2f}, {measurement.high:.2f}] "
        f"on {escape(measurement.workload)}"
    )


def progress(kind: str, facts: Mapping[str, Any]) -> str:
    """What is being measured right now, with the running estimate."""
    match kind:
        case "pair":
            low, high = facts.get("low"), facts.get("high")
            interval = f" [{low:.2f}, {high:.2f}]" if low and high else ""
            return f"  {facts['workload']}: {facts['speedup']:.2f}x{interval} after {facts['n']} pairs"
        case "solo":
            return f"  {facts['workload']}: running alone, pair {facts['n']}"
        case "race":
            return f"  {facts['workload']}: race, round {facts['round']}, {facts['running']} running"
        case "gate":
            return f"  checking: {facts['gate']}"
        case "image":
            return f"  image: {facts['line']}"
        case "noise":
            return (
                f"  {facts['workload']}: identical runs differ by {facts['noise']:.1%}; gains from "
                f"{facts['mde']:.2f}x on can be proven here"
            )
        case "baseline":
            return f"  {facts['workload']}: run {facts['run']} took {seconds(facts['seconds'])}"
        case "tests":
            return "  running the tests"
        case "profile":
            return f"  {facts['workload']}: {facts['samples']} samples by {facts['profiler']}"
        case _:
            return ""


def left(run: Run, since_s: float) -> str:
    """Money and time left."""
    budget = run.started.settings.budget
    worked = run.worked_s + since_s
    text = f"{clock(worked)} of {clock(budget.minutes * 60)}; {run.judged} judged, {len(run.stack)} kept"
    if run.started.settings.model.name:
        text += f"; ${run.usd:.3f} of ${budget.usd:.2f}"
    return text


def nearby(path: Path | str) -> str:
    """A path as one types it here: relative where it lies below the current folder. Markup escaped."""
    here = Path.cwd()
    full = Path(path)
    return escape(str(full.relative_to(here) if full.is_relative_to(here) else full))


def clock(total: float) -> str:
    return f"{int(total) // 60}:{int(total) % 60:02d}"


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
