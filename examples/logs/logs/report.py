"""``python -m logs.report data/access.log.gz``: the report on standard output."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from logs.parse import Request, family, parse
from logs.tally import most_common, percentile, share, tally
from logs.visits import newcomers_by_hour, visits

USAGE = "usage: python -m logs.report ACCESS.LOG[.GZ]"


def read_lines(path: Path) -> list[str]:
    """The lines of a log, rotated and compressed or not."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return data.decode("utf-8", errors="replace").splitlines()


def ranking(title: str, values: list[str], limit: int) -> Iterator[str]:
    """A table of the most frequent values with their share."""
    yield ""
    yield f"{title} ({len(set(values))} different)"
    for value, count in most_common(values, limit):
        yield f"  {count:>7} {share(count, len(values)):>5.1f}%  {value}"


def visit_lines(people: list[Request]) -> Iterator[str]:
    """What is known of the visits of people, robots left out."""
    found = visits(people)
    bounced = sum(visit.pages == 1 for visit in found)
    lengths = [visit.seconds for visit in found]
    yield f"visits      {len(found):>7}   ({share(bounced, len(found)):.1f}% one page only)"
    yield f"visit time  {percentile(lengths, 50):>7} s (90th percentile {percentile(lengths, 90)} s)"
    yield from ranking("landing pages", [visit.landing for visit in found], 5)
    yield from ranking("last pages", [visit.leaving for visit in found], 5)


def render(lines: list[str]) -> Iterator[str]:
    """The lines of the report on the lines of a log."""
    requests, skipped = parse(lines)
    kinds = {agent: family(agent) for agent in {request.agent for request in requests}}
    families = [kinds[request.agent] for request in requests]
    people = [request for request, kind in zip(requests, families, strict=True) if kind != "bot"]
    sizes = [request.size for request in requests]

    yield f"requests    {len(requests):>7}   ({skipped} lines skipped)"
    yield f"bytes       {sum(sizes):>11,} (median {percentile(sizes, 50):,})"
    yield from visit_lines(people)
    yield from ranking("pages", [request.path for request in people], 8)
    yield from ranking("clients", [request.client for request in requests], 8)
    yield from ranking("referrers", [request.referrer for request in people if request.referrer], 5)
    yield from ranking("kinds of agent", families, 4)
    yield ""
    yield "status  " + "  ".join(f"{s}: {n}" for s, n in tally([str(r.status) for r in requests]).items())
    yield ""
    yield "new clients by hour (UTC)"
    for hour, count in newcomers_by_hour((r.client, r.time) for r in people).items():
        yield f"  {hour:02d}h {count:>5}  {'#' * (count // 4)}".rstrip()


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        lines = read_lines(Path(argv[0]))
    except OSError as error:
        print(f"logs: {error}", file=sys.stderr)
        return 1
    for line in render(lines):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
