"""What ruff would fix in a definition. One call of ruff serves every rule that wraps one of its fixes."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.module import ModuleScope, source_lines, words

CODES = frozenset(
    words(
        """C400 C401 C402 C403 C404 C405 C406 C408 C409 C410 C411 C413 C414 C416 C417 C418 C419 C420 FLY002
        FURB118 FURB129 FURB132 FURB142 FURB145 FURB148 FURB161 FURB188 G004 PERF102 PERF401 PIE810 PLR1714
        PLR1733 PLR1736 PLW0108 PLW3301 RUF005 RUF015 RUF017 RUF046 RUF055 SIM911 UP012 UP032"""
    )
)
"""Fixes that made code faster on CPython 3.11 and that some rule wraps."""

_SECONDS = 10.0
_TARGET = "py310"

Position = tuple[int, int]
"""(line counted from 1, column counted from 0, in characters) in the text of the definition."""


@dataclass(frozen=True)
class TextEdit:
    start: Position
    end: Position
    text: str


@dataclass(frozen=True)
class Fix:
    """One finding of ruff and how it would fix it. ``imports`` are statements the fix needs."""

    code: str
    start: Position
    end: Position
    edits: tuple[TextEdit, ...]
    imports: tuple[str, ...] = ()


def fixes(fn: Function) -> tuple[Fix, ...]:
    """Fixes of :data:`CODES` in the definition as it stands, in source order; none if ruff cannot be run."""
    if _untouched_and_clean(fn):
        return ()
    header = [ast.unparse(s) for s in fn.module.tree.body if _is_plain_import(s)]
    return _fixes("\n".join([*header, "", "", ""]), fn.text)


def _is_plain_import(statement: ast.stmt) -> bool:
    """Ruff resolves names through imports; a star would make every builtin uncertain."""
    if isinstance(statement, ast.ImportFrom):
        return all(alias.name != "*" for alias in statement.names)
    return isinstance(statement, ast.Import)


def _untouched_and_clean(fn: Function) -> bool:
    """The definition still stands as in its file, and ruff found nothing there: most do, in one call."""
    module = fn.module
    while module.base is not None:
        module = module.base
    node = module.definitions.get(fn.qualname)
    if node is None or node.end_lineno is None:
        return False
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    original = [line.strip() for line in module.lines[first - 1 : node.end_lineno]]
    if original != [line.strip() for line in source_lines(fn.text)]:
        return False
    return not any(first <= line <= node.end_lineno for line in _suspect_lines(module))


def _suspect_lines(module: ModuleScope) -> frozenset[int]:
    return _lines_with_fixes(module.source)


@lru_cache(maxsize=8)
def _lines_with_fixes(source: str) -> frozenset[int]:
    return frozenset(f["location"]["row"] for f in _found(source) if f["fix"])


@lru_cache(maxsize=128)
def _fixes(header: str, text: str) -> tuple[Fix, ...]:
    """``header`` ends in empty lines, where ruff adds imports; the definition comes after them."""
    offset = header.count("\n")
    found = (_as_fix(f, offset) for f in _found(header + text) if f["fix"])
    return tuple(sorted((f for f in found if f), key=lambda f: (f.start, f.code)))


def _as_fix(found: Mapping[str, Any], offset: int) -> Fix | None:
    edits = [_as_edit(e, offset) for e in found["fix"]["edits"]]
    inside = tuple(e for e in edits if e.start[0] > 0)
    span = _as_edit({**found, "content": ""}, offset)
    if not inside or span.start[0] <= 0:
        return None
    added = (line for e in edits if e.start[0] <= 0 for line in e.text.splitlines() if line.strip())
    return Fix(found["code"], span.start, span.end, inside, tuple(added))


def _as_edit(found: Mapping[str, Any], offset: int) -> TextEdit:
    def position(of: Mapping[str, int]) -> Position:
        return of["row"] - offset, of["column"] - 1

    text = found.get("content") or ""
    return TextEdit(position(found["location"]), position(found["end_location"]), text)


def _found(source: str) -> list[Mapping[str, Any]]:
    """Ruff's own words about a file; empty when there is no ruff or it gives up."""
    binary = _binary()
    if binary is None:
        return []
    command = [
        binary, "check", "--isolated", "--no-cache", "--preview", "--unsafe-fixes", "--exit-zero", "--quiet",
        "--target-version", _TARGET, "--select", ",".join(sorted(CODES)),
        "--output-format", "json", "--stdin-filename", "x.py", "-",
    ]  # fmt: skip
    settings = {k: v for k, v in os.environ.items() if not k.startswith("RUFF_")}
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=_SECONDS, env=settings, check=True
        )
        return [f for f in json.loads(done.stdout) if f["code"] in CODES]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


@cache
def _binary() -> str | None:
    return next((str(path) for path in _places() if path.is_file()), None)


def _places() -> Iterator[Path]:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        yield Path(find_ruff_bin())
    except (ImportError, FileNotFoundError):
        pass
    yield Path(sysconfig.get_path("scripts")) / f"ruff{sysconfig.get_config_var('EXE') or ''}"
    if found := shutil.which("ruff"):
        yield Path(found)
