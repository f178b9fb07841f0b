"""Tables of the scripts next to this one, from the files they write."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.judge import coverage as simulated
from benchmarks.judge import tally
from benchmarks.judge import waiting as waiters


def coverage(path: Path) -> str:
    """What ``benchmarks.judge.coverage --json`` found: a table for every rule."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    figures = simulated.Tally.__dataclass_fields__
    results = {
        (cell["rule"], cell["scenario"], cell["true"]): simulated.Tally(**{k: cell[k] for k in figures})
        for cell in cells
    }
    rules = dict.fromkeys(cell["rule"] for cell in cells)
    return "\n\n".join(simulated.table(results, rule) for rule in simulated.RULES if rule in rules)


def patches(path: Path) -> str:
    """What ``benchmarks.judge.patches`` recorded."""
    return tally.table(tally.read(path))


def waiting(path: Path) -> str:
    """What ``benchmarks.judge.waiting`` recorded."""
    return waiters.table(waiters.read(path))
