"""The report of a run and the messages of its commits."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from hasten.agent.events import Delivered
from hasten.agent.run import Run
from hasten.agent.types import Measurement, Verdict


@cache
def environment() -> Environment:
    return Environment(
        loader=PackageLoader("hasten.agent.deliver"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown, not HTML
    )


def report(run: Run, delivered: Delivered, plots: Sequence[str] = ()) -> str:
    """``report.md``: what was found, what was kept and refused and why, and how to reproduce it.

    ``plots`` are paths of pictures of the confirmation, relative to the report.
    """
    confirmed = run.confirmed.verdict.measurements if run.confirmed else ()
    return (
        environment()
        .get_template("report.md.j2")
        .render(
            run=run,
            delivered=delivered,
            started=run.started,
            prepared=run.prepared,
            first=run.localized.get(0),
            headline=headline(run),
            kept=[(run.candidates[name], run.verdicts[name]) for name in run.stack],
            refused=[(run.candidates[n], v) for n, v in run.verdicts.items() if n not in run.stack],
            figures=figures,
            how=how,
            plots=plots,
            confirmation_spent=sum(m.spent for m in confirmed),
            reproduce=reproduce(run),
        )
    )


def headline(run: Run) -> Measurement | None:
    """The confirmed measurement with the largest gain; ``None`` when nothing was confirmed."""
    if run.confirmed is None or not run.confirmed.verdict.accepted:
        return None
    return max(run.confirmed.verdict.measurements, key=lambda m: m.speedup, default=None)


def figures(measurement: Measurement) -> str:
    """``5.31x faster on 'report' (4.98x to 5.70x at 1% risk; 8 pairs, cpu seconds, duet)``."""
    m = measurement
    change = "faster" if m.speedup >= 1 else "of the speed"
    risk = f" at {100 * m.rule.level:.2g}% risk" if m.rule.level else ""
    unit = m.metric if m.metric == "instructions" else f"{m.metric} seconds"
    return (
        f"{m.speedup:.2f}x {change} on '{m.workload}' ({m.low:.2f}x to {m.high:.2f}x{risk}; "
        f"{m.pairs} pairs, {unit}, {m.mode})"
    )


def how(measurement: Measurement) -> str:
    """How a workload was measured and why so, in a few sentences."""
    m = measurement
    sides = "side by side on one core" if m.mode == "duet" else "one after the other"
    said = [f"{m.metric}, before and after {sides}. {m.why}"]
    if m.noise is not None:
        said.append(f"Identical runs differ by {m.noise:.1%} here.")
    if m.startup_share is not None:
        said.append(f"{m.startup_share:.0%} of it is the start of the interpreter.")
    said.append(f"Decided in {m.seconds:.1f} s at p = {m.p:.2g} against {m.rule.null_margin:g}x.")
    return " ".join(said) + (f" Note: {m.note}." if m.note else "")


def reproduce(run: Run) -> str:
    """The command that measures the result again; the user's uncommitted changes are on both sides."""
    if run.started.head:
        branch = f"hasten/{run.started.run_id}"
        return f"hasten verify {branch}~{len(run.stack)} {branch}"
    return "hasten verify --patch patch.diff"


def commit_message(run: Run, name: str) -> str:
    """Subject, what was measured, and how to measure it again."""
    candidate, verdict = run.candidates[name], run.verdicts[name]
    commands = run.started.settings.lines()
    lines = [candidate.title[:1].upper() + candidate.title[1:], ""]
    lines += [f"Measured by hasten: {figures(m)}." for m in verdict.measurements]
    lines += [behaviour(run, verdict), ""]
    for measurement in verdict.measurements:
        lines.append(f"Workload '{measurement.workload}': {commands[measurement.workload]}")
    lines += [f"Proposed by: {candidate.origin}", f"Reproduce: {reproduce(run)}"]
    return "\n".join(part for line in lines for part in (textwrap.wrap(line, 100) or [""])) + "\n"


def behaviour(run: Run, verdict: Verdict) -> str:
    """What vouches for the behaviour being the same."""
    tests = run.prepared.tests if run.prepared else None
    if tests is None:
        return "Behaviour was checked by the workload's output alone (no tests were given)."
    left_out = len(run.prepared.flaky) + len(run.prepared.failing) if run.prepared else 0
    counted = f"{tests - left_out} tests ({left_out} left out)" if left_out else f"all {tests} tests"
    return f"Same outcome of {counted}, same output of every workload."
