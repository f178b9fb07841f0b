"""Okapi BM25: rare words count more than frequent ones, and long documents need more of them."""

from __future__ import annotations

import math
from typing import NamedTuple

from textindex.corpus import Corpus, Document
from textindex.words import terms

SATURATION = 1.2
"""BM25's k1: how soon repetitions of a word stop to count."""
LENGTH_WEIGHT = 0.75
"""BM25's b: how much the length of a document matters."""


class Hit(NamedTuple):
    document: Document
    score: float


def rarity(term: str, corpus: Corpus) -> float:
    """Inverse document frequency, above 0 for every term."""
    frequency = corpus.document_frequency(term)
    return math.log(1 + (len(corpus) - frequency + 0.5) / (frequency + 0.5))


def score(document: Document, wanted: list[str], corpus: Corpus) -> float:
    """How well ``document`` answers the ``wanted`` terms; 0 when it holds none of them."""
    relative_length = document.length / (corpus.average_length() or 1)
    damping = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * relative_length)
    total = 0.0
    for term in wanted:
        count = document.counts[term]
        if count:
            total += rarity(term, corpus) * count * (SATURATION + 1) / (count + damping)
    return total


def search(corpus: Corpus, query: str, limit: int = 10) -> list[Hit]:
    """The documents with at least one word of ``query``, best first; among equals, as they were added."""
    wanted = terms(query)
    hits = [Hit(document, score(document, wanted, corpus)) for document in corpus.documents]
    found = [hit for hit in hits if hit.score > 0]
    return sorted(found, key=lambda hit: -hit.score)[:limit]
