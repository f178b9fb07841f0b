"""A file of results, one JSON object a line: stopped at any moment, continued later, shared by writers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Results:
    """Lines are appended in one write each, so that several processes can share a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, facts: Mapping[str, object]) -> None:
        text = json.dumps(facts, separators=(",", ":")) + "\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)

    def lines(self, *kinds: str) -> list[Line]:
        """Lines of these kinds (all of them for none); a last one that was cut short is left out."""
        if not self.path.exists():
            return []
        found = []
        for text in self.path.read_text().splitlines():
            try:
                line: Line = json.loads(text)
            except json.JSONDecodeError:
                continue
            if not kinds or line["kind"] in kinds:
                found.append(line)
        return found
