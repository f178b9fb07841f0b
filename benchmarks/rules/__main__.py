"""``python -m benchmarks.rules pages|measure|corpus|tests``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.rules import corpus, measure, pages, suites


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("pages", help="write docs/rules from the docstrings and the gains measured")
    gains = commands.add_parser("measure", help="measure what each rule gains, through the judge")
    gains.add_argument("rules", nargs="*", metavar="ID")
    gains.add_argument("--all", action="store_true", help="measure anew what is known, too")
    gains.add_argument("--sandbox", default="process", help="process, bubblewrap or auto")
    walk = commands.add_parser("corpus", help="all rules over every function of large packages")
    walk.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where packages are kept")
    walk.add_argument("--packages", default=",".join(corpus.PACKAGES), metavar="NAME,…")
    walk.add_argument("--rules", default="", metavar="ID,…", help="only these")
    walk.add_argument("--sample", type=int, default=0, metavar="N", help="print N of the edits as patches")
    walk.add_argument("--seed", type=int, default=0, help="of the sample")
    tests = commands.add_parser("tests", help="safe rewrites all at once under the packages' own tests")
    tests.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where packages are kept")
    tests.add_argument("--packages", default=",".join(suites.SUITES), metavar="NAME,…")
    tests.add_argument("--tiers", default="safe", metavar="TIER,…", help="safe, or safe,facts")
    return parser.parse_args(arguments)


def walk(chosen: argparse.Namespace) -> int:
    names = chosen.packages.split(",")
    only = chosen.rules.split(",") if chosen.rules else None
    folder = corpus.fetch(chosen.cache, names)
    tallies = {}
    for name in names:
        tallies[name] = found = corpus.walk(folder / name, only)
        print(f"{name}: {found.lines:,} lines, {len(found.diffs)} rewritten", file=sys.stderr, flush=True)
    print(corpus.report(tallies))
    for patch in corpus.sample(tallies, chosen.sample, chosen.seed):
        print(f"\n{patch}")
    faults = [fault for tally in tallies.values() for fault in tally.faults]
    print("\n".join(["", f"{len(faults)} faults", *faults]))
    return 1 if faults else 0


def main(arguments: list[str]) -> int:
    chosen = options(arguments)
    match chosen.what:
        case "pages":
            pages.write()
        case "measure":
            measure.run(chosen.rules, chosen.sandbox, chosen.all)
            pages.write()
        case "corpus":
            return walk(chosen)
        case "tests":
            return suites.run(chosen.cache, chosen.packages.split(","), chosen.tiers.split(","))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("stopped")
