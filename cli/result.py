"""What a command returns; rendered once, by the error boundary in ``cli.app``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hasten import HastenError

SCHEMA = "hasten/1"


@dataclass(frozen=True)
class Result:
    """Data for machines, text (rich markup) for people, and the exit code."""

    data: Any
    text: str = ""
    exit_code: int = 0
    raw: str = ""
    """Printed as it is instead of ``text`` (JSON, SVG asked for with ``--format``)."""


def envelope(command: str, result: Any = None, error: HastenError | None = None) -> str:
    """The one JSON document of ``--json``."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "command": command,
            "ok": error is None,
            "result": result,
            "error": {"code": error.code, "message": error.message, "hint": error.hint} if error else None,
        },
        indent=2,
        ensure_ascii=False,
    )
