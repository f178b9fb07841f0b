"""Answers kept on disk, so that the same question is paid for once."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from hasten.agent.propose.conversation import Reply


class AnswerCache:
    """One JSON file for each answer, named by ``model.prompt_hash``. Safe to share between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, key: str) -> Reply | None:
        """The answer kept under ``key``, at no cost and no time; ``None`` when there is none to be read."""
        try:
            reply = Reply(**json.loads(self._file(key).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return replace(reply, usd=0.0, seconds=0.0)

    def put(self, key: str, reply: Reply) -> None:
        """Keep an answer. A cache that cannot be written costs money later, never the run."""
        with contextlib.suppress(OSError):
            file = self._file(key)
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
            temporary = Path(name)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    json.dump(asdict(reply), stream)
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.path / key[:2] / f"{key}.json"
