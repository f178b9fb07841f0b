"""What a repository seems to have: tests, a virtual environment, commands worth measuring."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hasten.sandbox.tree import source_files

MAX_WORKLOADS = 5
TEST_FOLDERS = frozenset({"tests", "test", "testing"})


@dataclass(frozen=True)
class Detected:
    """Suggestions for the settings; empty where nothing was found."""

    tests: str
    python: str
    workloads: tuple[str, ...]


def detect(repo: Path) -> Detected:
    """Look at file names and at the top level of modules; nothing is run."""
    files = source_files(repo)
    python = next((name for name in (".venv", "venv") if (repo / name / "pyvenv.cfg").is_file()), "")
    return Detected(find_tests(files), python, tuple(dict.fromkeys(workloads(repo, files)))[:MAX_WORKLOADS])


def find_tests(files: list[str]) -> str:
    """``pytest -q`` where there are test files (pytest runs unittest's too)."""
    tests = [f for f in files if is_test(f)]
    return "pytest -q" if tests else ""


def is_test(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".py" and (path.name.startswith("test_") or path.stem.endswith("_test"))


def workloads(repo: Path, files: list[str]) -> Iterator[str]:
    """Candidate commands: benchmark scripts first, then the project's own entry points."""
    sources = [f for f in files if f.endswith(".py") and not TEST_FOLDERS & set(PurePosixPath(f).parts)]
    runnable = [f for f in sources if not is_test(f) and has_main(repo / f)]
    for name in runnable:
        if any("bench" in part for part in PurePosixPath(name).parts):
            yield f"python {name}"
    yield from console_scripts(repo)
    for name in sources:
        path = PurePosixPath(name)
        if path.name == "__main__.py" and len(path.parts) > 1:
            yield f"python -m {dotted(path.parent)}"
    for name in runnable:
        path = PurePosixPath(name)
        if path.name != "__main__.py" and path.name != "setup.py":
            in_package = (repo / path.parent / "__init__.py").is_file() and len(path.parts) > 1
            yield f"python -m {dotted(path.with_suffix(''))}" if in_package else f"python {name}"


def dotted(path: PurePosixPath) -> str:
    parts = path.parts[1:] if path.parts[:1] == ("src",) else path.parts
    return ".".join(parts)


def console_scripts(repo: Path) -> Iterator[str]:
    """Entry points of pyproject.toml, as ``python -c`` lines that need no installation."""
    try:
        project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return
    scripts = project.get("scripts", {}) if isinstance(project, dict) else {}
    for entry in scripts.values() if isinstance(scripts, dict) else ():
        module, colon, function = str(entry).partition(":")
        if colon and function.isidentifier():
            yield f'python -c "from {module} import {function}; {function}()"'


def has_main(path: Path) -> bool:
    """Whether the module has an ``if __name__ == "__main__"`` at its top level."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
        for node in tree.body
    )
