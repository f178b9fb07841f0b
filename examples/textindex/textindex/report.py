"""``python -m textindex.report data/tickets.txt data/queries.txt``: the best hits for each query."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from textindex.corpus import Corpus, read_corpus
from textindex.ranking import search

USAGE = "usage: python -m textindex.report TEXTS QUERIES"
HITS = 3


def render(corpus: Corpus, queries: Iterable[str]) -> Iterator[str]:
    """For each query its text and the best documents with their scores."""
    yield f"{len(corpus)} documents of {corpus.average_length():.1f} words"
    for query in queries:
        yield ""
        yield query
        hits = search(corpus, query, HITS)
        for hit in hits:
            yield f"  {hit.score:8.4f}  {hit.document.name}"
        if not hits:
            yield "  nothing found"


def main(argv: list[str]) -> int:
    if len(argv) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        corpus = read_corpus(Path(argv[0]).read_text(encoding="utf-8"))
        queries = Path(argv[1]).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        print(f"textindex: {error}", file=sys.stderr)
        return 1
    for line in render(corpus, [query for query in queries if query.strip()]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
