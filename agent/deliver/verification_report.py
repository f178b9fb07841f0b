"""The report of a verification: ``report.md`` and its plots, from the evidence alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from hasten.agent.deliver import plots
from hasten.agent.deliver.report import environment
from hasten.agent.evidence import Evidence
from hasten.agent.judge import wording
from hasten.agent.types import Measurement

REPORT = "report.md"
NAMED = 8
"""Tests named at most."""
WORDS = {
    "accepted": "Accepted: the same behaviour, and proven faster.",
    "rejected": "Refused.",
    "inconclusive": "Not accepted: the measurement could not tell.",
}


def files(evidence: Evidence) -> dict[str, str]:
    """Name -> text of ``report.md`` and of two plots for every workload that was measured."""
    found: dict[str, str] = {}
    shown = []
    for number, m in enumerate(evidence.verdict.measurements, 1):
        if m.raw:
            stem = f"{number}-{slug(m.workload)}"
            names = f"{stem}-pairs.svg", f"{stem}-interval.svg"
            found |= dict(zip(names, (plots.differences(m), plots.interval(m)), strict=True))
            shown.append((m, *names))
    return {REPORT: render(evidence, shown), **found}


def render(evidence: Evidence, shown: list[tuple[Measurement, str, str]]) -> str:
    """The text of the report; ``shown`` are measurements with the file names of their plots."""
    return (
        environment()
        .get_template("verification.md.j2")
        .render(
            e=evidence,
            verdict=evidence.verdict,
            outcome=WORDS[evidence.verdict.decision],
            date=f"{datetime.fromtimestamp(evidence.at, UTC):%Y-%m-%d %H:%M UTC}",
            shown=shown,
            remarks=remarks(evidence),
            spent=sum(m.spent for m in evidence.verdict.measurements),
            cell=cell,
            factor=factor,
            share=share,
            p=p_value,
            per=per_execution,
        )
    )


def remarks(evidence: Evidence) -> list[str]:
    """Whatever a reader should know before believing the figures: sentences, the same one once."""
    found = list(evidence.notes)
    for m in evidence.verdict.measurements:
        found += [f"{m.workload}: {m.note}."] if m.note else []
        if traits := evidence.workloads.get(m.workload):
            measurable = replace(traits, startup_s=0.0, repeats=1)  # the note tells of these already
            said = wording.remarks(m.workload, measurable, evidence.thresholds.min_effect)
            found += [f"{each}." for each in said]
    if evidence.tests.collected is None:
        found.append("No tests were given: behaviour was checked by the workloads' output alone.")
    if evidence.tests.left_out:
        found.append(f"Tests that do not count: {', '.join(evidence.tests.left_out[:NAMED])}.")
    return list(dict.fromkeys(found))


def slug(name: str) -> str:
    """A workload's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "workload"


def cell(text: str) -> str:
    """Text that Markdown and its tables take as it is."""
    return re.sub(r"([\\`*_<>\[\]|])", r"\\\1", " ".join(text.split()))


def factor(value: float) -> str:
    """``1.523x``; a dash for what was not measured."""
    return f"{value:.3f}x" if value else "–"


def share(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}%}"


def p_value(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}"


def per_execution(m: Measurement, value: float) -> str:
    """Time (or instructions) of one execution."""
    if m.metric == "instructions":
        return f"{value:,.0f} instructions"
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
