"""Results as Markdown, and into ``docs/judge.md`` between its markers. Pure but for ``write``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.judge.live import GAINS, SLOWER
from benchmarks.judge.pool import Pool, noise
from benchmarks.judge.replay import Row
from benchmarks.judge.summary import Count, Live

LABELS = ("quiet", "load")
SHOWN = tuple(effect for effect in GAINS if effect <= 1.30)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] + ["--:"] * (len(head) - 1)) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def percent(share: float) -> str:
    """``0%``, ``0.4%``, ``12%``: two digits are more than these figures are good for."""
    return f"{share:.1%}" if 0 < share < 0.02 else f"{share:.0%}"


def count(found: Count) -> str:
    """``96% (96 of 100; 90–99%)``, with the exact 95% interval."""
    if not found.of:
        return "–"
    low, high = found.interval
    return f"{percent(found.share)} ({found.hits} of {found.of}; {percent(low)}–{percent(high)})"


def few(found: Count) -> str:
    """``0 of 1500 (below 0.20%)``, with the exact 95% bound."""
    return f"{found.hits} of {found.of} (below {found.bound:.2%})" if found.of else "–"


def both(cells: Mapping[str, str]) -> str:
    """Quiet and under load, in that order."""
    return " · ".join(cells.get(label, "–") for label in LABELS)


def rules_table(replayed: Mapping[str, Sequence[Row]], live: Mapping[str, Live]) -> str:
    """Every rule in one table: hasten's live decisions above, the peers' replays below."""
    head = ["rule", "no change: accepted", *(f"{e:.2f}x" for e in SHOWN), "5% slower", "runs", "seconds"]
    rows = [hasten_row(live)] if live else []
    rows += [peer_row(name, replayed) for name in names(replayed)]
    return grid(head, rows)


def names(replayed: Mapping[str, Sequence[Row]]) -> list[str]:
    return list(dict.fromkeys(row.name for rows in replayed.values() for row in rows))


def peer_row(name: str, replayed: Mapping[str, Sequence[Row]]) -> list[str]:
    """One rule under both conditions."""
    mine = {label: row for label, rows in replayed.items() for row in rows if row.name == name}
    effects = (1.0, *SHOWN, SLOWER)
    cells = [both({k: percent(row.accepted[e]) for k, row in mine.items()}) for e in effects]
    cost = [
        both({k: f"{row.runs:.0f}" for k, row in mine.items()}),
        both({k: f"{row.seconds:.1f}" for k, row in mine.items()}),
    ]
    return [name, *cells, *cost]


def hasten_row(live: Mapping[str, Live]) -> list[str]:
    """hasten's own line: what it costs is what it costs at 1.05x, race included."""
    found = {label: {gain.effect: gain for gain in each.gains} for label, each in live.items()}
    usual = {k: g[1.05] for k, g in found.items() if 1.05 in g}
    cells = [
        both({k: f"{each.nulls.hits} of {each.nulls.of}" for k, each in live.items()}),
        *(both({k: percent(g[e].kept.share) for k, g in found.items() if e in g}) for e in SHOWN),
        both({k: f"{each.slower.hits} of {each.slower.of}" for k, each in live.items()}),
        both({k: f"{gain.runs:.0f}" for k, gain in usual.items()}),
        both({k: f"{gain.seconds[0]:.1f}" for k, gain in usual.items()}),
    ]
    return ["**hasten, live**", *(f"**{cell}**" for cell in cells)]


def live_table(live: Mapping[str, Live]) -> str:
    """hasten's decisions in detail."""
    labels = [label for label in LABELS if label in live]
    found = [live[label] for label in labels]
    rows = [
        ["null candidates accepted", *(few(each.nulls) for each in found)],
        [
            "batches of six; confirmations in them",
            *(f"{each.batches}; {each.confirmations}" for each in found),
        ],
        ["nulls accepted in the place of a real gain", *(few(each.bystanders) for each in found)],
        ["5% slower, kept", *(few(each.slower) for each in found)],
        *(gain_row(effect, found) for effect in GAINS),
        ["lower bound above the true speedup", *(few(each.bounds) for each in found)],
        *(pairs_row(effect, found) for effect in GAINS),
        *(seconds_row(effect, found) for effect in GAINS),
        ["seconds for a batch of six nulls", *(f"{each.null_seconds:.1f}" for each in found)],
        ["seconds for a 5% slower candidate", *(f"{each.slower_seconds:.1f}" for each in found)],
        ["load average", *(f"{each.loads[0]:.1f} to {each.loads[1]:.1f}" for each in found)],
    ]
    return grid(["hasten, live", *labels], [row for row in rows if any(c != "–" for c in row[1:])])


def gain_row(effect: float, found: Sequence[Live]) -> list[str]:
    mine = [next((g for g in each.gains if g.effect == effect), None) for each in found]
    true = [f"{g.truth:.3f}" for g in mine if g]
    said = f"real {effect:.2f}x kept" + (f" (truly {' · '.join(true)})" if true else "")
    return [said, *(count(g.kept) if g else "–" for g in mine)]


def pairs_row(effect: float, found: Sequence[Live]) -> list[str]:
    mine = [next((g for g in each.gains if g.effect == effect), None) for each in found]
    cells = (f"{g.pairs[0]:.1f}; {g.pairs[1]:.0f}" if g and g.kept.hits else "–" for g in mine)
    return [f"pairs to confirm {effect:.2f}x (mean; p90)", *cells]


def seconds_row(effect: float, found: Sequence[Live]) -> list[str]:
    mine = [next((g for g in each.gains if g.effect == effect), None) for each in found]
    cells = (
        f"{g.seconds[0]:.1f}; {g.seconds[1]:.1f} ({percent(g.within_10s.share)} within 10 s)" if g else "–"
        for g in mine
    )
    return [f"seconds at {effect:.2f}x, race included (mean; p90)", *cells]


def conditions(pools: Mapping[str, Pool], live: Mapping[str, Live]) -> str:
    """What the figures were measured on and with."""
    machines = dict.fromkeys(
        [*(p.machine for p in pools.values()), *(each.machine for each in live.values())]
    )
    said = [f"Measured on {' and '.join(machines)}."]
    for label, taken in pools.items():
        runs = sum(len(series.wall) for series in taken.series)
        spread = ", ".join(f"{s.program} {noise(s.wall):.1%}" for s in taken.series)
        said.append(f"Timings for the peers, {label}: {runs} processes; spread of wall times: {spread}.")
    return " ".join(said)


def better(replayed: Mapping[str, Sequence[Row]], live: Mapping[str, Live]) -> str:
    """Where a peer does better than hasten, from the figures themselves."""
    rows = [row for each in replayed.values() for row in each]
    worst = {name: max(r.accepted[1.0] for r in rows if r.name == name) for name in names(replayed)}
    least = {name: min(r.accepted[1.30] for r in rows if r.name == name) for name in names(replayed)}
    ours = [gain.seconds[0] for each in live.values() for gain in each.gains if gain.effect == 1.30]
    spent = {name: max(r.seconds for r in rows if r.name == name) for name in names(replayed)}
    strict = [name for name, share in worst.items() if share <= 0.01]
    said = [f"- At most 1% of no-changes accepted wherever measured: {listed(strict)}."]
    if ours:
        quick = [name for name in spent if spent[name] < min(ours)]
        good = [name for name in quick if least[name] >= 0.95 and worst[name] <= 0.05]
        said += [
            f"- Quicker to decide about 1.30x than hasten with its race: {listed(quick)}.",
            f"- Of those, with 1.30x found in 95% and at most 5% of no-changes accepted: {listed(good)}.",
        ]
    return "\n".join(said)


def listed(rules: Sequence[str]) -> str:
    return "; ".join(rules) or "none"


def put(text: str, name: str, content: str) -> str:
    """``text`` with what is between the markers of ``name`` replaced.

    Raises ``ValueError`` without markers.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"there are no markers for {name!r}")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text, count=1)


def write(path: Path, blocks: Mapping[str, str]) -> None:
    """Fill in the blocks of a file that has their markers."""
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        text = put(text, name, content)
    path.write_text(text, encoding="utf-8")
