"""Settings from files, environment and flags, in rising precedence; each value knows where it came from."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from hasten import UsageError
from hasten.agent.settings import Settings, WorkloadSettings, leaves

PREFIX = "HASTEN_"
ALIASES = {"MODEL": ("model", "name"), "API_BASE": ("model", "api_base"), "SANDBOX": ("sandbox", "backend")}
NOT_SETTINGS = frozenset({"HASTEN_CACHE_DIR"})
KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """One place settings come from: nested values, a name for people, and how to find a key's line."""

    name: str
    values: Mapping[str, Any]
    text: str = ""
    table: KeyPath = ()

    def place(self, path: KeyPath) -> str:
        line = line_of(self.text, (*self.table, *path)) if self.text else None
        return f"{self.name}, line {line}" if line else self.name


@dataclass(frozen=True)
class Config:
    """Validated settings and, for every key that was set, the place that set it."""

    settings: Settings
    origin: Mapping[str, str]


def load(repo: Path, flags: Mapping[KeyPath, object], environ: Mapping[str, str] | None = None) -> Config:
    """Settings for ``repo``. ``flags`` holds only what the user typed, by key path.

    Raises ``UsageError`` naming file, line and key for anything that is not understood.
    """
    environ = os.environ if environ is None else environ
    sources = [*file_sources(repo), env_source(environ), Source("the command line", nested(flags))]
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for source in sources:
        refuse_unknown(source)
        merge(merged, source.values)
        for path in flatten(source.values):
            origin[".".join(path)] = source.place(path)
    try:
        return Config(Settings.model_validate(merged), origin)
    except ValidationError as error:
        raise explain(error, sources) from None


def file_sources(repo: Path) -> list[Source]:
    """``[tool.hasten]`` of pyproject.toml, then hasten.toml, which wins."""
    found = []
    for name, table in (("pyproject.toml", ("tool", "hasten")), ("hasten.toml", ())):
        path = repo / name
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
            values: Any = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{name} is not valid TOML: {error}.", f"Mend {path} and run again.") from None
        for key in table:
            values = values.get(key, {}) if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            raise UsageError(f"{name}: tool.hasten must be a table.", f"Write [tool.hasten] in {path}.")
        if values:
            found.append(Source(name, values, text, table))
    return found


def env_names() -> dict[str, KeyPath]:
    """Environment variable (without prefix) -> key path."""
    names = {"_".join(path).upper(): path for path in leaves() if path != ("workloads",)}
    return names | ALIASES


def env_source(environ: Mapping[str, str]) -> Source:
    """``HASTEN_TESTS``, ``HASTEN_BUDGET_USD``, ``HASTEN_WORKLOAD`` ... as settings."""
    names, values = env_names(), dict[KeyPath, object]()
    types = leaves()
    for variable in sorted(v for v in environ if v.startswith(PREFIX) and v not in NOT_SETTINGS):
        name, raw = variable.removeprefix(PREFIX), environ[variable]
        if name == "WORKLOAD":
            values[("workloads",)] = {"workload": {"command": raw}}
        elif name in names:
            values[names[name]] = raw.split(",") if takes_only_lists(types[names[name]]) else raw
        else:
            raise UsageError(
                f"{variable} is not a setting of hasten.", suggest(name, [*names, "WORKLOAD"], PREFIX)
            )
    return Source("the environment", nested(values))


def takes_only_lists(annotation: Any) -> bool:
    return get_origin(annotation) is list or (
        str not in get_args(annotation) and any(get_origin(a) is list for a in get_args(annotation))
    )


def nested(values: Mapping[KeyPath, object]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path, value in values.items():
        table = result
        for key in path[:-1]:
            table = table.setdefault(key, {})
        table[path[-1]] = value
    return result


class Replace(dict[str, Any]):
    """A table that takes the place of what lower sources said instead of merging with it."""


def merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Tables merge, everything else is replaced."""
    for key, value in values.items():
        if isinstance(value, Replace):
            into[key] = dict(value)
        elif isinstance(value, Mapping) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def flatten(values: Mapping[str, Any], prefix: KeyPath = ()) -> list[KeyPath]:
    paths: list[KeyPath] = []
    for key, value in values.items():
        path = (*prefix, key)
        paths.extend(flatten(value, path) if isinstance(value, Mapping) and value else [path])
    return paths


def refuse_unknown(source: Source) -> None:
    """One clear sentence for the first key that is not a setting, with the nearest one that is."""
    known = leaves()
    for path in flatten(source.values):
        if path[0] == "workloads":
            if len(path) > 2 and path[2] not in WorkloadSettings.model_fields:
                raise unknown(
                    source, path, [f"workloads.{path[1]}.{k}" for k in WorkloadSettings.model_fields]
                )
            continue
        if path not in known and not any(path[: len(k)] == k for k in known):
            tables = {k[:1] for k in known if len(k) > 1}
            if path in tables:
                continue  # an empty or mistyped table: validation says it better
            raise unknown(source, path, [".".join(k) for k in known])


def unknown(source: Source, path: KeyPath, options: Sequence[str]) -> UsageError:
    key = ".".join(path)
    return UsageError(f"{source.place(path)}: unknown setting '{key}'.", suggest(key, options))


def suggest(key: str, options: Sequence[str], prefix: str = "") -> str:
    close = difflib.get_close_matches(key, options, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{prefix}{close[0]}'?"
    return "The settings are listed in README.md under 'Settings'."


def explain(error: ValidationError, sources: Sequence[Source]) -> UsageError:
    """The first validation error as a sentence with file, line and key."""
    first = error.errors()[0]
    path = tuple(str(part) for part in first["loc"])
    while path and not any(path[: len(p)] == p for s in sources for p in flatten(s.values)):
        path = path[:-1]
    place = next(
        (
            s.place(p)
            for s in reversed(sources)
            for p in flatten(s.values)
            if p[: len(path)] == path or path[: len(p)] == p
        ),
        "settings",
    )
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return UsageError(
        f"{place}: '{'.'.join(str(p) for p in first['loc'] if p not in ('str', 'list[str]'))}': {message}.",
        "The settings are listed in README.md under 'Settings'.",
    )


def line_of(text: str, path: KeyPath) -> int | None:
    """1-based line of a key in a TOML text; its table's line when the key has no line of its own."""
    table: KeyPath = ()
    best: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = tuple(part.strip(" \"'") for part in header.group(1).split("."))
            if table == path[: len(table)]:
                best = number
        elif assignment := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            keys = tuple(part.strip("\"'") for part in assignment.group(1).split("."))
            full = (*table, *keys)
            if full == path[: len(full)]:
                return number
    return best
