"""The collection that is searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from textindex.words import terms


class Document:
    """A text with its words counted."""

    def __init__(self, name: str, text: str) -> None:
        words = terms(text)
        self.name = name
        self.length = len(words)
        self.counts = Counter(words)

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {self.length} words)"


class Corpus:
    """Documents in the order in which they were added; names are unique."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents: list[Document] = []
        self.names: set[str] = set()
        for document in documents:
            self.add(document)

    def __len__(self) -> int:
        return len(self.documents)

    def add(self, document: Document) -> None:
        """Raises ``ValueError`` when there is a document of that name."""
        if document.name in self.names:
            raise ValueError(f"{document.name} is in the collection already")
        self.names.add(document.name)
        self.documents.append(document)

    def document_frequency(self, term: str) -> int:
        """In how many documents ``term`` occurs."""
        return sum(1 for document in self.documents if term in document.counts)

    def average_length(self) -> float:
        """Words per document; 0 when there are none."""
        if not self.documents:
            return 0.0
        return sum(document.length for document in self.documents) / len(self.documents)


def read_corpus(text: str) -> Corpus:
    """Documents begin with a line ``# name`` and last until the next; what is before the first is dropped."""
    corpus = Corpus()
    for section in ("\n" + text).split("\n# ")[1:]:
        name, _, body = section.partition("\n")
        corpus.add(Document(name.strip(), body))
    return corpus
