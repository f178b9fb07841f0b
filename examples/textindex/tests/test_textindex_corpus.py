from __future__ import annotations

import pytest

from textindex.corpus import Corpus, Document, read_corpus
from textindex.words import stem, terms


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("printers", "printer"),
        ("printing", "print"),
        ("failed", "fail"),
        ("boxes", "boxe"),
        ("bed", "bed"),
        ("is", "is"),
    ],
)
def test_stems(word: str, expected: str) -> None:
    # "boxes" would be too short without "es", so that only the "s" goes.
    assert stem(word) == expected


def test_terms_keep_order_and_repetitions() -> None:
    assert terms("The printers, the PRINTER: don't print 2 pages!") == [
        "the", "printer", "the", "printer", "don't", "print", "2", "page",
    ]  # fmt: skip
    assert terms(" -- ") == []


def test_a_document_counts_its_words() -> None:
    document = Document("d", "oak elm oak")
    assert (document.length, document.counts["oak"], document.counts["ash"]) == (3, 2, 0)


def test_document_frequency_counts_documents_not_words() -> None:
    corpus = Corpus([Document("a", "oak oak"), Document("b", "elm"), Document("c", "oak elm")])
    assert [corpus.document_frequency(term) for term in ("oak", "elm", "ash")] == [2, 2, 0]


def test_figures_follow_additions() -> None:
    corpus = Corpus([Document("a", "oak elm")])
    assert (corpus.document_frequency("oak"), corpus.average_length()) == (1, 2.0)
    corpus.add(Document("b", "oak oak oak"))
    assert (corpus.document_frequency("oak"), corpus.average_length()) == (2, 2.5)
    assert len(corpus) == 2


def test_an_empty_collection() -> None:
    corpus = Corpus()
    assert (len(corpus), corpus.average_length(), corpus.document_frequency("oak")) == (0, 0.0, 0)


def test_names_are_unique_and_a_refused_document_leaves_no_trace() -> None:
    corpus = Corpus([Document("a", "oak")])
    with pytest.raises(ValueError, match="a is in the collection"):
        corpus.add(Document("a", "elm elm elm"))
    assert (len(corpus), corpus.average_length(), corpus.document_frequency("elm")) == (1, 1.0, 0)


def test_reading() -> None:
    corpus = read_corpus("preface\n# one\noak\nelm #2\n\n# two \n\n# three\nash")
    assert [(document.name, document.length) for document in corpus.documents] == [
        ("one", 3),
        ("two", 0),
        ("three", 1),
    ]
    assert len(read_corpus("")) == 0
