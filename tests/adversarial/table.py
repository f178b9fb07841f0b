"""The table of attacks and sandboxes in ``docs/security.md``, from attacks that are tried here and now.

    python tests/adversarial/table.py BACKEND ... [ATTACK ...]    try them, write results.json and the page
    python tests/adversarial/table.py                             write the page from results.json

Without names of attacks every one is tried; what is not tried keeps the result it has.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from attack import Attack
from catalogue import ATTACKS, FAMILIES
from court import Court, open_court
from deserved import reading, wrong

from hasten import HastenError
from hasten.agent.types import Verdict
from hasten.sandbox.registry import SANDBOXES

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
ORDER = ("process", "bubblewrap", "docker")
OPEN, UNCLAIMED, UNTRIED, FAILED = "**open**", "not claimed", "", "FAILED"
Results = dict[str, dict[str, str]]
"""Attack -> ``read`` or backend -> cell."""


def cell(verdict: Verdict) -> str:
    """What stopped it, in a word."""
    if verdict.accepted:
        return OPEN
    if "hold" in verdict.reason:
        return "held-out"
    if "was stopped" in verdict.reason:
        return "limit"
    return "speed" if verdict.gate == "confirm" else verdict.gate


def tried(court: Court, attack: Attack) -> str:
    """The cell of one attack; ``FAILED`` when the judge or the machine did not hold."""
    if not attack.is_tried(court.backend):
        return UNCLAIMED
    verdict = court.try_out(attack)
    trouble = [wrong(attack, attack.stopped_by(court.backend), verdict), *court.canary()]
    if any(trouble):
        print(f"{court.backend}: {attack.name}: {[each for each in trouble if each]}", flush=True)  # noqa: T201
        return FAILED
    return "cleaned up" if attack.litter and verdict.accepted else cell(verdict)


def try_all(backend: str, only: list[str], results: Results) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="attacks-") as folder,
        pytest.MonkeyPatch.context() as patch,
        open_court(backend, Path(folder), patch) as court,
    ):
        for attack in (each for each in ATTACKS if not only or each.name in only):
            row = results.setdefault(attack.name, {})
            read = reading(court.changes(attack)[1], court.judges[False].criteria)
            row["read"] = "refused" if read else "–"
            try:
                row[backend] = tried(court, attack)
            except (HastenError, AssertionError, OSError) as error:
                print(f"{backend}: {attack.name}: {error!r}", flush=True)  # noqa: T201
                row[backend] = FAILED
            print(f"{backend}: {attack.name}: {row[backend]}", flush=True)  # noqa: T201


def rendered(results: Mapping[str, Mapping[str, str]]) -> str:
    """The table, a section for each family."""
    lines = []
    for family, attacks in FAMILIES.items():
        lines += [f"**{family}**", "", f"| attack | it … | read | {' | '.join(ORDER)} |"]
        lines.append("|---|---|---|" + "---|" * len(ORDER))
        for attack in attacks:
            row = results.get(attack.name, {})
            cells = [row.get(column, UNTRIED) for column in ("read", *ORDER)]
            lines.append(f"| {attack.name} | {attack.offence} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def with_table(page: str, results: Mapping[str, Mapping[str, str]]) -> str:
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{rendered(results)}{END}{rest.partition(END)[2]}"


def main(words: list[str]) -> None:
    backends = [word for word in words if word in SANDBOXES]
    only = [word for word in words if word not in SANDBOXES]
    results: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known = {attack.name for attack in ATTACKS}
    results = {name: row for name, row in results.items() if name in known}
    for backend in backends:
        try_all(backend, only, results)
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(with_table(PAGE.read_text(), results))
    if any(FAILED in row.values() for row in results.values()):
        sys.exit("Not everything held.")


if __name__ == "__main__":
    main(sys.argv[1:])
