"""The first gate: is the change in scope, and does it play fair? Pure; reads nothing but the change."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from hasten.agent.judge.bans import Finding, new_offences
from hasten.agent.judge.base import Criteria
from hasten.agent.judge.listed import UNNEEDED
from hasten.agent.judge.signatures import broken_promise

Changes = Mapping[str, tuple[str | None, str | None]]
"""Path relative to the repository -> its text before and after; None where there is no such file."""

TESTS = (
    "**/tests/**",
    "**/test/**",
    "**/test_*.py",
    "**/*_test.py",
    "**/tests.py",
    "**/conftest.py",
)
CONFIGURATION = (
    "**/*.toml",
    "**/*.cfg",
    "**/*.ini",
    "**/*.lock",
    "**/*.pth",
    "**/*.yml",
    "**/*.yaml",
    "**/setup.py",
    "**/noxfile.py",
    "**/tasks.py",
    "**/sitecustomize.py",
    "**/usercustomize.py",
    "**/*.dist-info/**",
    "**/*.egg-info/**",
    "**/entry_points.txt",
    "**/requirements*.txt",
    "**/Makefile",
    "**/Dockerfile*",
    "**/Jenkinsfile",
    "**/.*",
    "**/.*/**",
)

EMPTY = ast.Module(body=[], type_ignores=[])
RUNNERS = {
    "pytest",
    "_pytest",
    "py",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "exceptiongroup",
    "xdist",
}


def check(changes: Changes, criteria: Criteria) -> str | None:
    """Why the change is refused, as a clause (``it changes tests/test_a.py, …``); None when it may go on."""
    return check_paths(changes, criteria) or check_content(changes, criteria)


def check_paths(changes: Changes, criteria: Criteria) -> str | None:
    """Whether only source files that may be changed are changed, and none appears or disappears."""
    if not any(old != new for old, new in changes.values()):
        return "it changes nothing"
    for path, (old, new) in sorted(changes.items()):
        if not _is_plain(path):
            return f"{path} is not a path inside the repository"
        if criteria.trusted_author:
            continue
        if is_protected(path):
            return f"it changes {path}, and tests and configuration are not to be changed"
        if matches(path, criteria.protect_paths):
            return f"it changes {path}, which is protected"
        if not matches(path, criteria.allow_paths):
            return f"it changes {path}, which is outside {', '.join(criteria.allow_paths)}"
        if old is None or new is None:
            return f"it {'adds' if old is None else 'deletes'} the file {path}"
    return None


def check_content(changes: Changes, criteria: Criteria) -> str | None:
    """Whether Python files keep their promises and start nothing that would fool the measurement.

    A file that does not parse is refused too: what cannot be read cannot be checked.
    """
    if criteria.trusted_author:
        return None
    for path, (old, new) in sorted(changes.items()):
        if not path.endswith(".py") or old is None or new is None:
            continue
        reason = _content(old, new, criteria.allow_cache)
        if reason is not None:
            return f"{reason} ({path})"
    return None


def worth_a_look(changes: Changes) -> list[str]:
    """What a reviewer should know of a trusted author's change, a sentence for each file: source code that
    starts to do what a candidate would be refused for."""
    said = []
    for path, (old, new) in sorted(changes.items()):
        after = _parsed(new or "") if path.endswith(".py") and not is_protected(path) else None
        found = new_offences(_parsed(old or "") or EMPTY, after) if after else []
        if found := [(what, why) for what, why in found if why != UNNEEDED]:
            said.append(f"Worth a look: {path} introduces {_named(found)}.")
    return said


def _content(old: str, new: str, allow_cache: bool) -> str | None:
    try:
        after = ast.parse(new)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"it does not parse: {error}"
    before = _parsed(old) or EMPTY
    if found := new_offences(before, after):
        return f"it introduces {_named(found)}"
    return broken_promise(before, after, allow_cache=allow_cache)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _named(found: Sequence[Finding]) -> str:
    """One example of each kind."""
    by_kind = {why: what for what, why in reversed(found)}
    return " and ".join(f"{what}, which {why}" for why, what in by_kind.items())


def is_protected(path: str) -> bool:
    """Whether ``path`` is a test, configuration, build or CI file: never changed, put back before tests."""
    return matches(path, TESTS + CONFIGURATION)


def shadows(path: str) -> bool:
    """Whether a module would be found before one of the standard library or of pytest itself."""
    first, *rest = PurePosixPath(path.removeprefix("src/")).parts
    name = first if rest else PurePosixPath(first).stem
    return path.endswith((".py", ".pyc", ".so")) and name in RUNNERS | sys.stdlib_module_names


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether ``path`` matches one of the globs; ``**/`` stands for any number of folders, also none."""
    return any(_compiled(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=512)
def _compiled(glob: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


def _is_plain(path: str) -> bool:
    pure = PurePosixPath(path)
    clean = not pure.is_absolute() and ".." not in pure.parts and str(pure) == path
    return clean and not any(character in path for character in "\\\0\n")
