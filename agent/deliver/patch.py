"""A patch file from texts, in the form that ``git apply`` and ``patch -p1`` read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

Change = tuple[str | None, str | None]
"""(old text, new text); ``None`` where the file does not exist."""


def unified_diff(changes: Mapping[str, Change]) -> str:
    """All changes as one patch, files in order of their path."""
    return "".join(file_diff(path, *changes[path]) for path in sorted(changes))


def file_diff(path: str, old: str | None, new: str | None) -> str:
    if old == new:
        return ""
    tail = "\t" if " " in path else ""  # as git does: the name ends at the tab
    head = f"diff --git a/{path} b/{path}\n"
    if old is None:
        head += "new file mode 100644\n"
    if new is None:
        head += "deleted file mode 100644\n"
    lines = difflib.unified_diff(
        split_lines(old or ""),
        split_lines(new or ""),
        "/dev/null" if old is None else f"a/{path}{tail}",
        "/dev/null" if new is None else f"b/{path}{tail}",
        lineterm="\n",
    )
    body = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return head + body


def split_lines(text: str) -> list[str]:
    r"""Lines at ``\n`` only: other separators are part of a line, as they are for git."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
