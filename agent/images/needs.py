"""What has to be installed for a repository's programs and tests, and how it is found out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from hasten import UsageError
from hasten.agent.images.editable import normal, wheel
from hasten.agent.images.requirements import (
    FileSet,
    flat,
    name_of,
    requirement_files,
    setup_extras,
    toml_of,
)

TEST_EXTRAS = ("test", "tests", "testing", "dev")
TEST_GROUPS = ("test", "tests", "dev")
DYNAMIC = frozenset({"dependencies", "optional-dependencies", "scripts", "entry-points"})
LOCKED_FOLDER = re.compile(r'^source = \{ (?:editable|virtual|directory) = "([^"]+)" \}', re.MULTILINE)
VERSION_LINE = re.compile(
    r"""^\s*(?:__version__|VERSION|version)\b[^=\n]*=\s*['"]([^'"]+)['"]""", re.MULTILINE
)
OTHER_LOCKS = ("poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")


@dataclass(frozen=True)
class Needs:
    """What to install. ``lines`` are requirements (PEP 508)."""

    lines: tuple[str, ...] = ()
    files: FileSet = field(default_factory=FileSet)
    locked: tuple[str, ...] = ()
    """uv.lock and what it takes to read it; then nothing else says what is needed."""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    wheels: Mapping[str, bytes] = field(default_factory=dict)
    """Wheels of the repository's own projects."""
    added: tuple[str, ...] = ()
    """What the tests need and no manifest names."""
    build: bool = False
    """Only the project's build backend knows what it depends on."""
    notes: tuple[str, ...] = ()


def find_needs(
    repo: Path,
    files: Sequence[str],
    pyproject: Mapping[str, Any],
    chosen: Sequence[str] | None,
    modules: Iterable[str],
    mount_at: Path,
) -> Needs:
    """What the repository needs, test dependencies included.

    From ``uv.lock``, else ``[project]``, else requirements files, with the build backend asked where the
    manifests leave it to it. ``chosen``: the extras and groups the user names (``None``: those for tests);
    ``modules``: what the tests need, added when nothing names it. Raises ``UsageError``.
    """
    project = pyproject.get("project", {})
    tables = project.get("optional-dependencies", {}), pyproject.get("dependency-groups", {})
    dynamic = DYNAMIC & set(project.get("dynamic", ()))
    builds = bool(dynamic) or ("name" not in project and has_backend(repo, pyproject))
    extras, groups = choose(chosen, *tables, setup_extras(repo), lenient=builds)
    known = {normal(name): value for table in tables for name, value in table.items()}
    asked: list[object] = [f"{own_name(pyproject)}[{name}]" for name in extras if name in tables[0]]
    asked += [{"include-group": group} for group in groups]
    lines = tuple(flat([*project.get("dependencies", ()), *asked], known, own_name(pyproject)))
    main = "dependencies" not in project and not builds
    found = requirement_files(repo, files, main=main, test=chosen is None and not (extras or groups))
    needs = Needs(lines, found, extras=extras, groups=groups, build=builds, notes=lock_notes(repo))
    folders = list(found.folders)
    if (repo / "uv.lock").is_file() and "name" in project:
        members = LOCKED_FOLDER.findall((repo / "uv.lock").read_text(encoding="utf-8"))
        folders = [member for member in dict.fromkeys(members) if member != "." and inside(repo, member)]
        locked = ("uv.lock", "pyproject.toml", *(f"{folder}/pyproject.toml" for folder in folders))
        needs = replace(needs, files=FileSet(), locked=tuple(f for f in locked if (repo / f).is_file()))
    needs = replace(needs, wheels=own_wheels(repo, pyproject, folders, mount_at, own=not builds))
    return with_modules(needs, modules)


def own_name(pyproject: Mapping[str, Any]) -> str:
    return normal(str(pyproject.get("project", {}).get("name", "")))


def inside(repo: Path, folder: str) -> bool:
    return (repo / folder).resolve().is_relative_to(repo.resolve())


def has_backend(repo: Path, pyproject: Mapping[str, Any]) -> bool:
    """Whether a project is described in the way of its build backend only."""
    tool = pyproject.get("tool", {})
    described = any("name" in tool.get(backend, {}) for backend in ("poetry", "flit"))
    return described or (repo / "setup.py").is_file() or has_section(repo / "setup.cfg", "metadata")


def has_section(path: Path, section: str) -> bool:
    return path.is_file() and f"[{section}]" in path.read_text(encoding="utf-8", errors="replace")


def choose(
    chosen: Sequence[str] | None,
    extras: Mapping[str, Any],
    groups: Mapping[str, Any],
    of_setup: Sequence[str],
    lenient: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The extras and the dependency groups to install, by their own names.

    ``lenient``: what is not found may be known to the build backend. Raises ``UsageError``.
    """
    of_project = {normal(name): name for name in (*of_setup, *extras)}
    of_groups = {normal(name): name for name in groups}
    if chosen is None:
        guessed = TEST_EXTRAS if lenient and not of_project else ()
        found = tuple(of_project[name] for name in TEST_EXTRAS if name in of_project) or guessed
        return found, tuple(of_groups[name] for name in TEST_GROUPS if name in of_groups)
    for name in chosen:
        if normal(name) not in {*of_project, *of_groups} and not lenient:
            known = ", ".join(sorted({*of_project.values(), *of_groups.values()})) or "none"
            raise UsageError(
                f"The project has no extra or dependency group '{name}'.",
                f"Mend extras in [tool.hasten.sandbox]; there are: {known}.",
            )
    wanted = [(name, normal(name)) for name in chosen]
    taken = tuple(of_project.get(n, name) for name, n in wanted if n in of_project or n not in of_groups)
    return taken, tuple(of_groups[n] for _, n in wanted if n in of_groups)


def with_modules(needs: Needs, modules: Iterable[str]) -> Needs:
    """Add what no manifest names; pip leaves what is there already as it is."""
    named = {name_of(line) for line in needs.lines} | needs.files.names
    missing = tuple(module for module in modules if normal(module) not in named)
    if not missing:
        return needs
    note = f"{', '.join(missing)} is added, which the tests need and nothing the project installs names."
    return replace(needs, added=missing, notes=(*needs.notes, note))


def lock_notes(repo: Path) -> tuple[str, ...]:
    if (repo / "uv.lock").is_file():
        return ()
    there = [name for name in OTHER_LOCKS if (repo / name).is_file()]
    return tuple(
        f"{name} is not read: the newest versions that fit the manifests are taken." for name in there
    )


def own_wheels(
    repo: Path, pyproject: Mapping[str, Any], folders: Sequence[str], mount_at: Path, *, own: bool
) -> dict[str, bytes]:
    """Wheels of the repository's project and of those in ``folders``, as far as manifests describe them."""
    described = [(".", pyproject)] if own else []
    described += [(folder, toml_of(repo / folder / "pyproject.toml")) for folder in folders]
    found: dict[str, bytes] = {}
    for folder, manifest in described:
        if "name" in (project := manifest.get("project", {})):
            at = PurePosixPath(mount_at) / folder
            roots = [at, *(at / each for each in source_folders(manifest))]
            name, content = wheel(project, version_of(repo / folder, manifest), roots)
            found[name] = content
    return found


def source_folders(pyproject: Mapping[str, Any]) -> Iterator[str]:
    """Where modules are, relative to the project: ``src`` and what the build settings say."""
    tool = pyproject.get("tool", {})
    setuptools = tool.get("setuptools", {})
    packages = setuptools.get("packages", {})
    where = packages.get("find", {}).get("where", []) if isinstance(packages, dict) else []
    hatch = tool.get("hatch", {}).get("build", {}).get("targets", {}).get("wheel", {}).get("packages", [])
    said = [*where, setuptools.get("package-dir", {}).get(""), *(str(PurePosixPath(p).parent) for p in hatch)]
    yield from dict.fromkeys(["src", *(each for each in said if each and each != ".")])


def version_of(folder: Path, pyproject: Mapping[str, Any]) -> str:
    """The project's version; where it is computed, the one in the file it is computed from, else ``0``."""
    project, tool = pyproject.get("project", {}), pyproject.get("tool", {})
    if said := project.get("version"):
        return str(said)
    dynamic = tool.get("setuptools", {}).get("dynamic", {}).get("version", {})
    hatch = tool.get("hatch", {}).get("version", {}).get("path")
    module = str(dynamic.get("attr", "")).rpartition(".")[0].replace(".", "/")
    package = normal(str(project.get("name", ""))).replace("-", "_")
    names = [hatch, *([f"{module}.py", f"{module}/__init__.py"] if module else []), f"{package}/__init__.py"]
    for name in [name for name in names if name]:
        for root in (folder, folder / "src"):
            if match := VERSION_LINE.search(text_of(root / name)):
                return match[1]
    file = dynamic.get("file")
    text = text_of(folder / str(file[0] if isinstance(file, list) else file)).strip() if file else ""
    return text if text and "\n" not in text else "0"


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
