"""Measure judges on this machine.

    python -m benchmarks.judge                     everything, small: about ten minutes, and the table
    python -m benchmarks.judge pool --label load   timings for the peers' rules
    python -m benchmarks.judge live --nulls 1500   decisions of hasten's judge
    python -m benchmarks.judge table --write       the tables of what is there, and into docs/judge.md

Results are added to ``--results`` (.hasten/judge). Stop at any moment with Ctrl-C; start again to continue.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if not __package__:  # Started as ``python benchmarks/judge``.
    sys.path[0] = str(ROOT)

from benchmarks.judge import elsewhere, live, load, pool, replay, table  # noqa: E402
from benchmarks.judge.results import Results  # noqa: E402
from benchmarks.judge.summary import summarise  # noqa: E402

DOCUMENT = ROOT / "docs" / "judge.md"
LABELS = table.LABELS


def options(arguments: list[str]) -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("benchmarks.judge", description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("what", nargs="?", choices=("all", "pool", "live", "table"), default="all")
    add("--label", choices=LABELS, default="quiet", help="load: with a burner on every other core")
    add("--burners", type=int, default=0, metavar="N", help="N more burners, not pinned")
    add("--no-burners", action="store_true", help="load: what else runs on this machine is the load")
    add("--minutes", type=float, default=2.0, help="for pool or live; for all: of each, under each label")
    add("--nulls", type=int, default=0, metavar="N", help="null candidates, in batches of six")
    add("--slower", type=int, default=0, metavar="N", help="candidates that are 5%% slower")
    add("--gains", type=int, default=0, metavar="N", help="real gains of each size")
    add(
        "--effects", type=float, nargs="+", default=live.GAINS, choices=live.GAINS, help="sizes of real gains"
    )
    add("--every", action="store_true", help="confirm all that a race finds worth it, not only its winner")
    add("--sandbox", default="process", help="process, bubblewrap or auto")
    add("--results", type=Path, default=ROOT / ".hasten" / "judge", metavar="DIR")
    add("--coverage", type=Path, metavar="FILE", help="figures of benchmarks.judge.coverage")
    add("--waiting", type=Path, metavar="FILE", help="figures of benchmarks.judge.waiting")
    add("--patches", type=Path, metavar="FILE", help="records of benchmarks.judge.patches")
    add("--write", action="store_true", help=f"put the tables into {DOCUMENT.relative_to(ROOT)}")
    return parser.parse_args(arguments)


def under(chosen: argparse.Namespace, label: str, minutes: float) -> AbstractContextManager[None]:
    """The condition that a label names."""
    if label == "quiet" or chosen.no_burners:
        return nullcontext()
    return load.burning(minutes * 60 + 120, chosen.burners)


def take_pool(chosen: argparse.Namespace, label: str, minutes: float) -> None:
    print(f"timings, {label}: {minutes:g} min", flush=True)
    with under(chosen, label, minutes), tempfile.TemporaryDirectory() as folder:
        taken = pool.take(label, minutes * 60, Path(folder).resolve())
    chosen.results.mkdir(parents=True, exist_ok=True)
    pool.save(taken, chosen.results / f"pool-{label}.json")


def decide_live(chosen: argparse.Namespace, label: str, minutes: float, wanted: live.Wanted) -> None:
    results = Results(chosen.results / f"live-{label}.jsonl")
    with under(chosen, label, minutes):
        live.run(results, wanted, minutes, chosen.sandbox, lambda said: print(said, flush=True))


def tables(chosen: argparse.Namespace) -> dict[str, str]:
    """The blocks of Markdown that the results there are good for."""
    pools = {
        label: pool.load(path) for label in LABELS if (path := chosen.results / f"pool-{label}.json").exists()
    }
    replayed = {label: replay.rows(taken) for label, taken in pools.items()}
    lives = {
        label: summarise(label, lines)
        for label in LABELS
        if (lines := Results(chosen.results / f"live-{label}.jsonl").lines())
    }
    blocks: dict[str, str] = {}
    if replayed or lives:
        blocks["rules"] = table.rules_table(replayed, lives)
        if replayed:
            blocks["better"] = table.better(replayed, lives)
        blocks["machine"] = table.conditions(pools, lives)
    if lives:
        blocks["hasten"] = table.live_table(lives)
    readers = {"coverage": elsewhere.coverage, "waiting": elsewhere.waiting, "patches": elsewhere.patches}
    for name, read in readers.items():
        if (path := getattr(chosen, name)) is not None:
            blocks[name] = read(path)
    return blocks


def main(arguments: list[str]) -> None:
    chosen = options(arguments)
    effects, every = tuple(chosen.effects), chosen.every
    wanted = live.Wanted(chosen.nulls, chosen.slower, chosen.gains, effects, every)
    endless = live.Wanted(6 * 10**6, 10**6, 10**6, effects, every)
    if chosen.what == "pool":
        take_pool(chosen, chosen.label, chosen.minutes)
    elif chosen.what == "live":
        decide_live(chosen, chosen.label, chosen.minutes, wanted)
    elif chosen.what == "all":
        for label in LABELS:
            take_pool(chosen, label, chosen.minutes)
            decide_live(chosen, label, chosen.minutes, endless)
    if chosen.what in ("all", "table"):
        blocks = tables(chosen)
        print("\n\n".join(blocks.values()) or "There are no results yet.")
        if chosen.write:
            table.write(DOCUMENT, blocks)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("stopped; start again to continue")
