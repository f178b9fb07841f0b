from __future__ import annotations

import math

import pytest

from textindex.corpus import Corpus, Document
from textindex.ranking import rarity, score, search

TEXTS = {
    "oaks": "oak oak elm",
    "mixed": "oak ash elm elm fir yew",
    "elms": "elm elm elm",
    "short": "ash",
}


@pytest.fixture
def corpus() -> Corpus:
    return Corpus(Document(name, text) for name, text in TEXTS.items())


def names(corpus: Corpus, query: str, limit: int = 10) -> list[str]:
    return [hit.document.name for hit in search(corpus, query, limit)]


def test_rare_words_weigh_more(corpus: Corpus) -> None:
    assert rarity("elm", corpus) == pytest.approx(math.log(1 + 1.5 / 3.5))
    assert rarity("fir", corpus) > rarity("oak", corpus) > rarity("elm", corpus) > 0
    assert rarity("unknown", corpus) > rarity("fir", corpus)


def test_the_score_by_hand(corpus: Corpus) -> None:
    # 13 words in 4 documents; "oaks" has 3 words, 2 of them oak; oak is in 2 of 4 documents.
    damping = 1.2 * (0.25 + 0.75 * 3 / 3.25)
    expected = math.log(2) * 2 * 2.2 / (2 + damping)
    assert score(corpus.documents[0], ["oak"], corpus) == pytest.approx(expected, rel=1e-12)
    assert score(corpus.documents[0], ["oak", "fir"], corpus) == pytest.approx(expected, rel=1e-12)
    assert score(corpus.documents[0], ["oak", "oak"], corpus) == pytest.approx(2 * expected, rel=1e-12)


def test_a_hit_carries_the_score_of_its_document(corpus: Corpus) -> None:
    for hit in search(corpus, "oak elms ash ash"):
        assert hit.score == score(hit.document, ["oak", "elms", "ash", "ash"], corpus)


def test_best_first(corpus: Corpus) -> None:
    assert names(corpus, "oak") == ["oaks", "mixed"]
    assert names(corpus, "elm") == ["elms", "mixed", "oaks"]
    assert names(corpus, "Ash, ash!") == ["short", "mixed"]


def test_the_limit(corpus: Corpus) -> None:
    assert names(corpus, "elm", 1) == ["elms"]
    assert names(corpus, "elm", 0) == []


@pytest.mark.parametrize("query", ["", "?!", "unknown words"])
def test_nothing_is_found(corpus: Corpus, query: str) -> None:
    assert search(corpus, query) == []


def test_equals_come_as_they_were_added() -> None:
    corpus = Corpus(Document(name, "oak elm") for name in ("z", "a", "m"))
    assert names(corpus, "oak") == ["z", "a", "m"]


def test_a_repeated_word_of_the_query_counts_again(corpus: Corpus) -> None:
    once, twice = search(corpus, "fir")[0].score, search(corpus, "fir fir")[0].score
    assert twice == pytest.approx(2 * once, rel=1e-12)


def test_a_document_added_later_is_found_and_changes_the_scores(corpus: Corpus) -> None:
    before = search(corpus, "oak")[0].score
    corpus.add(Document("late", "oak"))
    assert names(corpus, "oak")[0] == "late"
    assert {hit.document.name: hit.score for hit in search(corpus, "oak")}["oaks"] < before


def test_empty_documents_and_collections() -> None:
    assert search(Corpus(), "oak") == []
    assert search(Corpus([Document("empty", "")]), "oak") == []
