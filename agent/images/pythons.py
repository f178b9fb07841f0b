"""Which Python a project asks for, by its manifests: the tag of an image that has it."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hasten import UsageError

KNOWN = range(8, 15)
"""Minor versions of Python 3 that there are images of and that hasten's runner can work with."""
LAST_PATCH = 99  # Images of a minor version hold its newest patch.
CLAUSE = re.compile(r"^(~=|===?|!=|<=|>=|<|>|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?$")
CLASSIFIER = re.compile(r"^Programming Language :: Python :: 3\.(\d+)$")


def python_version(repo: Path, pyproject: Mapping[str, Any]) -> str:
    """Such as ``3.12``, or ``3.12.4`` when exactly that is asked for.

    ``.python-version`` decides; else the newest version that ``requires-python`` allows, of those that the
    project says it is tested with when it says so. Raises ``UsageError`` when none fits.
    """
    if pinned := pinned_version(repo):
        return pinned
    project = pyproject.get("project", {})
    asked = required(repo, pyproject)
    if exact := re.fullmatch(r"===?\s*(3\.\d+\.\d+)", asked.strip()):
        return exact[1]
    fitting = [minor for minor in KNOWN if allows(asked, minor)]
    if not fitting:
        raise UsageError(
            f"There is no Python that fits requires-python '{asked}'.",
            "Name an image that has one: base in [tool.hasten.sandbox].",
        )
    tested = tested_minors(project.get("classifiers", ()))
    return f"3.{max([minor for minor in fitting if minor in tested] or fitting)}"


def pinned_version(repo: Path) -> str:
    """The first line of ``.python-version`` that is a version of CPython 3; ``""`` without one."""
    try:
        lines = (repo / ".python-version").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    found = (re.fullmatch(r"(?:cpython-|python-?)?(3\.\d+(?:\.\d+)?)", line.strip()) for line in lines)
    return next((match[1] for match in found if match), "")


def required(repo: Path, pyproject: Mapping[str, Any]) -> str:
    """What the manifests say about Python; ``""`` when they say nothing."""
    if said := pyproject.get("project", {}).get("requires-python"):
        return str(said)
    poetry = pyproject.get("tool", {}).get("poetry", {}).get("dependencies", {})
    if isinstance(poetry, dict) and isinstance(said := poetry.get("python"), str):
        return said
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read(repo / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return ""
    return settings.get("options", "python_requires", fallback="") or setup_py_value(repo, "python_requires")


def setup_py_value(repo: Path, name: str) -> str:
    """The text given for an argument in ``setup.py``, which is not run; ``""`` when it is no plain text."""
    try:
        tree = ast.parse((repo / "setup.py").read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == name and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return ""


def tested_minors(classifiers: Iterable[str]) -> set[int]:
    return {int(match[1]) for each in classifiers if (match := CLASSIFIER.match(str(each)))}


def allows(specifiers: str, minor: int) -> bool:
    """Whether the newest patch of ``3.minor`` fits. Clauses that are not understood are passed over.

    PEP 440, with ``==3.11`` taken for any 3.11 as its writers mean it, and Poetry's carets and tildes.
    """
    version = (3, minor, LAST_PATCH)
    return all(
        fits(version, match) for text in specifiers.split(",") if (match := CLAUSE.match(text.strip()))
    )


def fits(version: tuple[int, ...], clause: re.Match[str]) -> bool:
    operator, numbers = clause[1] or "==", tuple(map(int, clause[2].split(".")))
    same = version[: len(numbers)] == numbers
    prefix = same and (len(numbers) < 3 or clause[3] is not None)
    checks = {
        ">=": version >= numbers,
        ">": version > (*numbers, LAST_PATCH) if len(numbers) < 3 else version > numbers,
        "<": version < numbers,
        "<=": version <= numbers or prefix,
        "!=": not prefix,
        "^": version >= numbers and version[:1] == numbers[:1],
        "~=": version >= numbers and version[: len(numbers) - 1] == numbers[:-1],
        "~": version >= numbers and version[: min(2, len(numbers))] == numbers[:2],
    }
    return checks.get(operator, same if len(numbers) < 3 else version[:2] == numbers[:2])
