"""Reading the sources of a tree as text, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from hasten.agent.types import Definition

Reader = Callable[[str], str | None]
"""Path relative to the tree -> text; ``None`` for what is not there or not UTF-8."""


def read_text(path: Path) -> str | None:
    """The text with its line ends kept; ``None`` for a file that is missing or not UTF-8 (never edited)."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None


def reader(tree: Path) -> Reader:
    return lambda path: read_text(tree / path)


def overlay(tree: Path, texts: Mapping[str, str]) -> Reader:
    """Reads ``texts`` first, then the tree."""
    return lambda path: texts[path] if path in texts else read_text(tree / path)


def digest(read: Reader, definition: Definition) -> str:
    """Short digest of a definition's text."""
    lines = (read(definition.path) or "").splitlines()[definition.start - 1 : definition.end]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
