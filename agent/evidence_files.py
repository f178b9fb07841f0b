"""Evidence on disk: written whole or not at all, and read with distrust."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hasten import UsageError
from hasten.agent.disk import enough_disk
from hasten.agent.evidence import EVIDENCE, SCHEMA, Evidence

FILE = "evidence.json"
ELSEWHERE = "Choose another place with --runs-dir DIR (or HASTEN_RUNS_DIR)."


def demand_writable(folder: Path) -> None:
    """Raise ``UsageError`` where evidence could not be kept, before anything is measured."""
    there = next(f for f in (folder, *folder.parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"Cannot write evidence to {folder}: {there} is "
            f"{'not writable' if there.is_dir() else 'no folder'}.",
            ELSEWHERE,
        )


def write(root: Path, name: str, files: Mapping[str, str]) -> Path:
    """The new folder ``root/name`` with ``files`` (name -> text): whole, or not there at all.

    Raises ``DiskError`` when the disk is full, ``UsageError`` when ``root`` cannot be written.
    """
    draft = root / f".{name}"
    with enough_disk(root), writable(root):
        draft.mkdir(parents=True)
        try:
            for each, content in files.items():
                (draft / each).write_text(content, "utf-8", "backslashreplace", newline="")
            draft.rename(root / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return root / name


def as_json(evidence: Evidence) -> str:
    """The text of ``evidence.json``."""
    return to_json(EVIDENCE.dump_python(evidence, mode="json"))


def to_json(told: object) -> str:
    """As a file's text. Infinite bounds (of few pairs) are written as Python's reader takes them."""
    return json.dumps(told, indent=1) + "\n"


@contextlib.contextmanager
def writable(root: Path) -> Iterator[None]:
    try:
        yield
    except (PermissionError, NotADirectoryError) as error:
        raise UsageError(
            f"Cannot write evidence to {root}: {error.strerror}.",
            ELSEWHERE,
        ) from None


def read(path: Path) -> Evidence:
    """The evidence in a file, or in the folder that holds it. Raises ``UsageError`` for anything else."""
    file = path / FILE if path.is_dir() else path
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"There is no evidence file {file}.", "'hasten verify' names the file at its end."
        ) from None
    except OSError as error:
        raise UsageError(
            f"Cannot read {file}: {error.strerror}.", "Name an evidence.json of 'hasten verify'."
        ) from None
    try:
        loaded: Any = json.loads(content)
    except ValueError as error:
        raise UsageError(
            f"{file} is damaged: {error}.", "Take the file as 'hasten verify' wrote it."
        ) from None
    said = loaded.get("schema") if isinstance(loaded, dict) else None
    if said != SCHEMA:
        what = f"has the schema '{said}'" if said else "is no evidence of hasten"
        raise UsageError(
            f"{file} {what}; this version reads {SCHEMA}.", "Measure again with 'hasten verify'."
        )
    try:
        return EVIDENCE.validate_python(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{file} is damaged: {place}: {first['msg'][:1].lower()}{first['msg'][1:]}.",
            "Take the file as 'hasten verify' wrote it.",
        ) from None
