"""Results of ``hasten verify`` as text and data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.markup import escape

from hasten.agent.deliver.report import figures
from hasten.agent.deliver.verification_report import REPORT, remarks
from hasten.agent.evidence import Recheck
from hasten.agent.judge.replay import Redecision
from hasten.agent.sameness import CONFIDENCE, Sameness, SameTree
from hasten.agent.types import Measurement
from hasten.agent.verification import Verification
from hasten.cli import sentences
from hasten.cli.result import Result
from hasten.cli.summary import measurement_data, verdict_data

UNCHECKED = (
    "that the tests pass and the artefacts are the same: that takes the program",
    "that the samples were measured as they are written: 'reproduce' in the file measures them afresh",
)
"""What cannot be told from samples."""
FEW = 0.05
"""Of a judge that errs once in a hundred times, a bound above this on its rate of errors says little."""


def of_verification(found: Verification) -> Result:
    """The verdict on a change; exit code 1 unless it was accepted."""
    verdict, record = found.verdict, found.record
    lines = [sentences.verdict(verdict)]
    lines += [f"  {gate}: {escape(text)}" for gate, text in verdict.gates.items()]
    for m in verdict.measurements:
        lines.append(f"  {escape(figures(m))}")
        lines.append(f"    [dim]{escape(how(m))}[/]")
    if len(verdict.measurements) > 1 and verdict.suite:
        lines.append(f"  all workloads together: {verdict.suite:.2f}x (weighted geometric mean)")
    lines += [f"  [yellow]note[/]: {escape(remark)}" for remark in remarks(record)]
    lines.append(f"report    {sentences.nearby(found.evidence.with_name(REPORT))}")
    lines.append(f"evidence  {sentences.nearby(found.evidence)}")
    outcomes = found.baseline.outcomes
    data = {
        **verdict_data(verdict),
        "workloads": [figures_data(m) for m in verdict.measurements],
        "tests": {
            "collected": len(outcomes.by_id) if outcomes else None,
            "left_out": sorted(found.baseline.flaky),
        },
        "output": {"compared": sorted(found.baseline.outputs)},
        "changed": list(found.changed),
        "compared": {
            "kind": record.compared.kind,
            "before": record.compared.before_commit or record.compared.before,
            "after": record.compared.after_commit or record.compared.after,
        },
        "spent": sum(m.spent for m in verdict.measurements),
        "notes": remarks(record),
        "report": str(found.evidence.with_name(REPORT)),
        "evidence": str(found.evidence),
        "reproduce": record.reproduce,
    }
    return Result(data, "\n".join(lines), 0 if verdict.accepted else 1)


def how(m: Measurement) -> str:
    """How it was timed, what else was found, and how long it took."""
    found = [m.why.rstrip(".")] if m.why else []
    if m.wall_ratio:
        found.append(f"wall {m.wall_ratio:.2f}x alone")
    if m.rss_ratio:
        found.append(f"peak RSS {1 / m.rss_ratio:.2f} of before")
    found += [f"p {m.p:.2g}", f"{m.seconds:.1f} s of measuring"]
    return "; ".join(found)


def figures_data(m: Measurement) -> dict[str, Any]:
    """Everything a measurement says but its samples, which are in the evidence."""
    return {
        **measurement_data(m),
        "p": m.p,
        "alpha": m.alpha,
        "spent": m.spent,
        "wall_ratio": m.wall_ratio,
        "cpu_ratio": m.cpu_ratio,
        "rss_ratio": m.rss_ratio,
        "repeats": m.repeats,
    }


def of_recheck(checked: Recheck, path: Path) -> Result:
    """What the samples say; exit code 0 only for an acceptance that follows from them."""
    evidence, found = checked.evidence, checked.found
    accepted = checked.sound and found.decision == "accepted"
    lines = []
    if not checked.sound:
        lines.append("[bold red]What the file says does not follow from its samples:[/]")
        lines += [f"  {escape(fault)}" for fault in checked.faults]
    elif not found.timed:
        lines.append(
            f"[red]Refused[/] at the gate '{evidence.verdict.gate}', which samples say nothing about: "
            f"{escape(evidence.verdict.reason)}"
        )
    else:
        lines.append(f"The samples give the same: [bold]{found.decision}[/]. {escape(found.reason)}")
    lines += [f"  {escape(line)}" for each in found.workloads for line in redecided(each)]
    lines += [f"  [dim]not rechecked: {escape(each)}[/]" for each in UNCHECKED]
    data = {
        "evidence": str(path),
        "reproduced": checked.sound,
        "claimed": evidence.verdict.decision,
        "verdict": found.decision,
        "timed": found.timed,
        "reason": found.reason,
        "workloads": [
            {**figures_data(each.measurement), "veto": each.veto, "faults": list(each.faults)}
            for each in found.workloads
        ],
        "faults": list(checked.faults),
        "not_rechecked": list(UNCHECKED),
    }
    return Result(data, "\n".join(lines), 0 if accepted else 1)


def redecided(each: Redecision) -> list[str]:
    """The figures of one workload, computed anew."""
    m = each.measurement
    if not m.raw:
        return []
    lines = [f"{figures(m)}: {m.decision}, p {m.p:.2g} against {m.rule.null_margin:g}x"]
    return [*lines, f"refused: {each.veto}"] if each.veto else lines


def of_same_tree(found: SameTree, path: Path) -> Result:
    """How noisy it is here; exit code 1 when the program was accepted as faster than itself."""
    lines = [line for each in found.workloads for line in itself(each)]
    word = "decision" if found.decisions == 1 else "decisions"
    lines.append(
        f"{found.accepted} of {found.decisions} {word} on identical programs accepted; "
        f"the rate is below {found.upper:.1%} with {CONFIDENCE:.0%} confidence (Clopper-Pearson)."
    )
    if found.upper > FEW and not found.accepted:
        lines.append("  [dim]So few decisions tell little; take more with --seconds N.[/]")
    if found.accepted:
        lines.append(
            "[bold red]A program was called faster than itself.[/] Once in a hundred decisions that is "
            "chance; more often, something disturbs one run and not the other."
        )
    lines.append(f"evidence  {sentences.nearby(path)}")
    data = {
        "decisions": found.decisions,
        "accepted": found.accepted,
        "false_accept_upper_95": found.upper,
        "workloads": [itself_data(each) for each in found.workloads],
        "evidence": str(path),
    }
    return Result(data, "\n".join(lines), 1 if found.accepted else 0)


def itself(each: Sameness) -> list[str]:
    """A workload judged against itself."""
    first = each.measurements[0]
    outcomes = ", ".join(f"{number} {decision}" for decision, number in sorted(each.outcomes.items()))
    n = each.decisions
    again = each.replays
    return [
        f"[bold]{escape(each.workload)}[/] ({first.metric}, {first.mode}: {escape(first.why)})",
        f"  noise floor {each.noise:.1%}; gains from {each.mde:.3f}x on are found 4 times out of 5; "
        f"identical programs compare as {each.centre:.4f}x",
        f"  {n} decisions: {outcomes}; {each.pairs / n:.1f} pairs and {each.seconds / n:.1f} s each",
        *(f"  refused by a guard: {escape(veto)}" for veto in each.vetoes),
        f"  [dim]replayed from every pair on (overlapping): {again.faster} of {again.decisions} faster[/]",
    ]


def itself_data(each: Sameness) -> dict[str, Any]:
    first = each.measurements[0]
    return {
        "name": each.workload,
        "metric": first.metric,
        "mode": first.mode,
        "why": first.why,
        "noise": each.noise,
        "minimum_detectable_effect": each.mde,
        "centre": each.centre,
        "decisions": each.decisions,
        "outcomes": dict(each.outcomes),
        "faster": each.faster,
        "accepted": each.accepted,
        "vetoes": list(each.vetoes),
        "pairs": each.pairs,
        "pairs_per_decision": each.pairs / each.decisions,
        "seconds": each.seconds,
        "seconds_per_decision": each.seconds / each.decisions,
        "replayed": {"decisions": each.replays.decisions, "faster": each.replays.faster, "overlapping": True},
    }
