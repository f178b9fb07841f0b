"""The house rules that a machine can check: packaging, floors, cycles, sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {"cli": 2, "agent": 1, "profilers": 0, "sandbox": 0}
MODULES = {
    "hasten." + path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path
    for floor in FLOORS
    for path in sorted((ROOT / floor).rglob("*.py"))
}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Imports and calls, of which the house rules speak."""
    tree = ast.parse(path.read_text())
    return tuple(n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom | ast.Call))


def imports(path: Path) -> Iterator[str]:
    """Every hasten module a file imports, function-level imports included."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("hasten"))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            if node.module and node.module.startswith("hasten"):
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield full if full in MODULES or f"{full}.__init__" in MODULES else node.module


def module_name(name: str) -> str:
    return f"{name}.__init__" if f"{name}.__init__" in MODULES else name


def test_every_package_is_listed_for_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {"hasten"} | {name.removesuffix(".__init__") for name in MODULES if name.endswith(".__init__")}
    assert set(settings["packages"]) == found
    mapped = settings["package-dir"]
    assert mapped == {f"hasten.{floor}": floor for floor in FLOORS}


def test_every_folder_with_code_is_a_package() -> None:
    for path in MODULES.values():
        assert (path.parent / "__init__.py").is_file(), path.parent


def test_floors_are_kept() -> None:
    for name, path in MODULES.items():
        floor = name.split(".")[1]
        for imported in imports(path):
            parts = imported.split(".")
            if len(parts) > 1 and parts[1] in FLOORS and parts[1] != floor:
                assert FLOORS[parts[1]] < FLOORS[floor], f"{name} imports {imported}"


def test_there_are_no_import_cycles() -> None:
    graph = {
        name: {module_name(i) for i in imports(path)} & set(MODULES) - {name}
        for name, path in MODULES.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {error.args[1]}")


def test_only_the_top_floor_prints() -> None:
    for name, path in MODULES.items():
        if name.startswith("hasten.cli"):
            continue
        for node in nodes(path):
            is_print = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            )
            assert not is_print, f"{name} prints"


def test_no_file_is_a_god() -> None:
    long = {name: n for name, p in MODULES.items() if (n := len(p.read_text().splitlines())) > 300}
    assert not long


@pytest.mark.parametrize(
    ("library", "module"),
    [("litellm", "hasten.agent.propose.model"), ("jinja2", "hasten.agent.deliver.report")],
)
def test_heavy_libraries_are_named_in_few_modules(library: str, module: str) -> None:
    importers = {name for name, path in MODULES.items() if library in set(foreign(path))}
    assert module in importers
    assert len(importers) <= 2


def foreign(path: Path) -> Iterator[str]:
    """Top-level packages that a file imports, by statement or by name."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(a.value).split(".")[0] for a in node.args if isinstance(a, ast.Constant))


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = "import sys, hasten.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"litellm", "docker", "libcst", "pydantic", "git", "jinja2"} & set(done.stdout.split())
