"""What the records of ``patches`` add up to, as a table. Pure but for reading the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

Record = Mapping[str, Any]
DECISIONS = ("accepted", "rejected", "inconclusive", "error")


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a results file; none when there is no file yet."""
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()] if path.is_file() else []


def line(record: Record) -> str:
    """One record for the eye."""
    if record["kind"] == "truth":
        alone = record["alone"]
        return (
            f"{record['name']} {record['title']}: {record['speedup']:.3f} "
            f"({record['low']:.3f} to {record['high']:.3f}), alone {alone['speedup']:.3f}"
        )
    figures = " ".join(f"{w['name']} {w['speedup']:.3f} n={w['pairs']}" for w in record.get("workloads", ()))
    words = (record["name"], record["title"], record["decision"], f"{record['seconds']:.1f} s", figures)
    return " · ".join(word for word in words if word)


def violations(records: Sequence[Record], truths: Mapping[str, Record]) -> tuple[int, int, list[str]]:
    """How often a lower bound was given, how often it was above the true ratio, and where.

    The truth is 1 wherever a patch changes nothing that the workload runs. For what it does change, it is
    the measured one at the upper end of its own interval: what is counted is beyond doubt.
    """
    given, above, where = 0, 0, list[str]()
    for record in records:
        for found in record.get("workloads", ()):
            gains = found["name"] == record["target"]
            if gains and record["name"] not in truths:
                continue
            true = truths[record["name"]]["high"] if gains else 1.0
            given += 1
            if found["low"] > true:
                above += 1
                where.append(f"{record['name']} {found['name']}: {found['low']:.4f} > {true:.4f}")
    return given, above, where


def row(records: Sequence[Record], truths: Mapping[str, Record]) -> str:
    counts = Counter(record["decision"] for record in records)
    seconds = sorted(record["seconds"] for record in records)
    exits = Counter(record["exit"] for record in records)
    given, above, _ = violations(records, truths)
    pairs = [found["pairs"] for record in records for found in record.get("workloads", ())]
    cells = [
        *(str(counts[decision]) for decision in DECISIONS),
        f"{median(pairs):.0f}" if pairs else "–",
        f"{median(seconds):.1f}",
        f"{seconds[int(0.9 * len(seconds))]:.1f}",
        f"{above} of {given}",
        ", ".join(f"{code}: {count}" for code, count in sorted(exits.items())),
    ]
    return " | ".join(cells)


def table(records: Sequence[Record]) -> str:
    """Markdown: one row for every label and kind of patch, then what went against expectation."""
    truths = {record["name"]: record for record in records if record["kind"] == "truth"}
    judged = [record for record in records if record["kind"] != "truth"]
    lines = [
        "| patches | machine | n | accepted | refused | inconclusive | error | pairs (median) "
        "| s per verify | p90 | bound above the truth | exit codes |",
        "|" + "---|" * 12,
    ]
    for label, kind in sorted({(record["label"], record["kind"]) for record in judged}):
        chosen = [record for record in judged if (record["label"], record["kind"]) == (label, kind)]
        lines.append(f"| {kind} | {label} | {len(chosen)} | {row(chosen, truths)} |")
    if truths:
        speedups = sorted(record["speedup"] for record in truths.values())
        lines += ["", f"True ratios: {speedups[0]:.2f} to {speedups[-1]:.2f}, median {median(speedups):.2f}."]
    odd = [record for record in judged if (record["decision"] == "accepted") != (record["kind"] == "gain")]
    lines += ["", *(f"- {line(record)}: {record.get('reason') or record.get('error')}" for record in odd)]
    lines += [f"- bound above the truth: {each}" for each in violations(judged, truths)[2]]
    return "\n".join(lines).rstrip()
