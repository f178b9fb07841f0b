"""What a repository's manifests say it depends on. Read only: nothing is installed or run."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from hasten import UsageError
from hasten.agent.images.editable import normal

NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?")
INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)")
LOCAL = re.compile(
    r"^\s*(?:(?:-e|--editable)[\s=]+)?['\"]?(?:file:)?(\.{1,2}(?:/[^\s\[;'\"]*)?)(\[[^\]]*\])?"
)
TEST = "(?:dev|develop|test|tests|testing)"
TEST_FILE = re.compile(
    rf"(?:requirements[-_.]{TEST}|{TEST}[-_.]requirements|requirements/{TEST})\.(?:txt|in)", re.IGNORECASE
)
MAIN_FILES = ("requirements.txt", "requirements/base.txt", "requirements/main.txt")


@dataclass(frozen=True)
class FileSet:
    """Requirements files with all they include, by path; what they say of folders is taken out of them."""

    first: tuple[str, ...] = ()
    """The ones to install, in this order."""
    texts: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    """Folders of the repository that they ask for, other than the whole of it."""
    names: frozenset[str] = frozenset()
    """The distributions they name."""


def toml_of(path: Path) -> dict[str, Any]:
    """A TOML file; empty when there is none. Raises ``UsageError`` when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}.", f"Mend {path} and run again.") from None


def name_of(requirement: str) -> str:
    """The distribution that a requirement names; ``""`` for a URL, a path or an option."""
    match = NAME.match(requirement)
    return normal(match[1]) if match and "/" not in requirement.split("@")[0] else ""


def flat(requirements: Iterable[object], tables: Mapping[str, Any], project: str) -> Iterator[str]:
    """Requirements with ``project[extra]`` and ``{include-group = ...}`` replaced by what they stand for.

    ``tables``: the extras and groups by normal name.
    """
    todo, seen = list(requirements), set[str]()
    while todo:
        each = todo.pop(0)
        if isinstance(each, dict):
            inner = [str(each.get("include-group", ""))]
        elif isinstance(each, str) and project and name_of(each) == project:
            match = NAME.match(each)
            inner = (match[2] or "").split(",") if match else []
        else:
            if isinstance(each, str):
                yield each
            continue
        for name in map(normal, map(str.strip, inner)):
            if name in tables and name not in seen:
                seen.add(name)
                todo += tables[name]


def setup_extras(repo: Path) -> list[str]:
    """Names of the extras in ``setup.cfg``."""
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read(repo / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return []
    section = "options.extras_require"
    return list(settings[section]) if settings.has_section(section) else []


def requirement_files(repo: Path, files: Iterable[str], main: bool, test: bool) -> FileSet:
    """The requirements files of a repository, read with their includes."""
    there = set(files)
    found = [name for name in MAIN_FILES if main and name in there][:1]
    if test:
        found += sorted(name for name in there if TEST_FILE.fullmatch(name) and name.endswith(".txt"))
    texts: dict[str, str] = {}
    folders: list[str] = []
    names: set[str] = set()
    todo = list(found)
    while todo:
        name = todo.pop(0)
        if name in texts:
            continue
        lines, includes, inside = parts(repo, name)
        texts[name] = "".join(f"{line}\n" for line in lines)
        todo += includes
        folders += inside
        names |= {name_of(line) for line in lines}
    return FileSet(tuple(found), texts, tuple(dict.fromkeys(folders)), frozenset(names - {""}))


def parts(repo: Path, name: str) -> tuple[list[str], list[str], list[str]]:
    """The lines of a requirements file that hold anywhere, the files it includes, the folders it names.

    Raises ``UsageError`` for a file that is not there.
    """
    try:
        text = (repo / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The requirements file {name} cannot be read: {error}.", "Mend it and run again."
        ) from None
    here = PurePosixPath(name).parent
    lines, includes, folders = list[str](), list[str](), list[str]()
    for line in text.splitlines():
        if match := INCLUDE.match(line):
            if "://" not in match[1]:
                includes.append(plain(here / match[1]))
        elif match := LOCAL.match(line):
            if (folder := plain(PurePosixPath(match[1]))) not in (".", ""):
                folders.append(folder)
            continue
        lines.append(line)
    return lines, includes, folders


def plain(path: PurePosixPath) -> str:
    """A relative path without detours; ``""`` when it leads out of the repository."""
    found: list[str] = []
    for part in path.parts:
        if part == ".." and not found:
            return ""
        found = found[:-1] if part == ".." else [*found, part]
    return "/".join(found) or "."
