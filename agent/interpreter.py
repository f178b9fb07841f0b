"""Which Python runs the user's code, and what it needs to be able to read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hasten import UsageError

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
PROBE = """
import importlib.util, json, sys
print(json.dumps({
    "executable": sys.executable, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "version": ".".join(map(str, sys.version_info[:3])),
    "path": [p for p in sys.path if p],
    "missing": [m for m in sys.argv[1:] if importlib.util.find_spec(m) is None],
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python found and asked. Paths are absolute."""

    executable: str
    version: str
    origin: str
    """Why this one: ``--python``, ``.venv``, ``VIRTUAL_ENV``, ``PATH``, ``hasten's own``."""
    readable: tuple[Path, ...]
    """Folders it loads code from; a sandbox must show them."""
    missing: tuple[str, ...] = ()
    """Modules it was asked for and does not have."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment of the image it lives in; empty for one of this machine."""


def find_interpreter(
    repo: Path, explicit: str | None, environ: Mapping[str, str], modules: Sequence[str] = ()
) -> Interpreter:
    """The interpreter of the user's code.

    What the user chose (``--python``, the repository's ``.venv``, ``VIRTUAL_ENV``) is final. Without a
    choice, the first of the PATH's Python and hasten's own that has every one of ``modules`` (the test
    runner). Raises ``UsageError`` when the chosen one does not run or nothing is found.
    """
    guesses = []
    for origin, program, chosen in candidates(repo, explicit, environ):
        found = ask(program, origin, modules)
        if found is None and chosen:
            raise UsageError(
                f"{program} ({origin}) does not run as a Python interpreter.",
                "Name another one with --python PATH.",
            )
        if found and (chosen or not found.missing):
            return found
        if found:
            guesses.append(found)
    if guesses:
        return guesses[0]
    raise UsageError("No Python interpreter was found for this repository.", "Name one with --python PATH.")


def candidates(
    repo: Path, explicit: str | None, environ: Mapping[str, str]
) -> Iterator[tuple[str, str, bool]]:
    """(origin, program, whether the user chose it), best first."""
    if explicit:
        path = (repo / explicit).absolute()
        if path.is_dir():
            path = path / "bin" / "python"
        yield (
            "--python",
            str(path) if "/" in explicit or path.exists() else shutil.which(explicit) or explicit,
            True,
        )
        return
    for name in (".venv", "venv"):
        if (repo / name / "pyvenv.cfg").is_file():
            yield name, str(repo / name / "bin" / "python"), True
            return
    if active := environ.get("VIRTUAL_ENV"):
        yield "VIRTUAL_ENV", str(Path(active) / "bin" / "python"), True
        return
    for name in ("python3", "python"):
        if program := shutil.which(name, path=environ.get("PATH", SYSTEM_PATH)):
            yield "PATH", program, False
    yield "hasten's own", sys.executable, False


def ask(program: str, origin: str, modules: Sequence[str]) -> Interpreter | None:
    """Run ``program`` on a probe of ours; ``None`` when it is no working Python 3.8 or later."""
    try:
        done = subprocess.run(
            [program, "-I", "-c", PROBE, *modules],
            capture_output=True,
            timeout=60,
            check=True,
            cwd="/",
            env={"PATH": os.environ.get("PATH", SYSTEM_PATH), "HOME": os.environ.get("HOME", "/")},
        )
        facts = json.loads(done.stdout.decode().strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    roots = [facts["prefix"], facts["base_prefix"], *facts["path"]]
    real = Path(facts["executable"]).resolve().parent
    folders = {Path(root) for root in roots if Path(root).exists()} | {real}
    return Interpreter(
        executable=facts["executable"],
        version=facts["version"],
        origin=origin,
        readable=tuple(sorted(folders)),
        missing=tuple(facts["missing"]),
    )


def outermost(folders: set[Path]) -> set[Path]:
    """Folders that lie in no other one of the set."""
    return {f for f in folders if not any(parent in folders for parent in f.parents)}


def base_env(interpreter: Interpreter) -> dict[str, str]:
    """The minimal environment of every execution: nothing of the host's is passed on, only an image's own."""
    env = {
        **interpreter.env,
        "PATH": f"{Path(interpreter.executable).parent}:{interpreter.env.get('PATH', SYSTEM_PATH)}",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    if interpreter.env:
        return env
    if Path(interpreter.executable).parent.parent.joinpath("pyvenv.cfg").is_file():
        env["VIRTUAL_ENV"] = str(Path(interpreter.executable).parent.parent)
    return env


def resolve_argv(argv: Sequence[str], interpreter: Interpreter, repo: Path) -> tuple[str, ...]:
    """``argv`` with its program made certain.

    ``python`` and ``python3`` mean the chosen interpreter; ``pytest`` is run as its module, so that it
    need not be installed as a script; a path into a virtual environment (``.venv/bin/x``) becomes absolute.
    """
    program, *rest = argv
    if program in ("python", "python3"):
        return (interpreter.executable, *rest)
    if program in ("pytest", "py.test"):
        return (interpreter.executable, "-m", "pytest", *rest)
    if "/" in program and not program.startswith("/"):
        inside = repo / program
        first = repo / Path(program).parts[0]
        if inside.exists() and (first / "pyvenv.cfg").is_file():
            if interpreter.env:  # An image has the same programs on its PATH.
                return resolve_argv((Path(program).name, *rest), interpreter, repo)
            return (str(inside.absolute()), *rest)
    return tuple(argv)


def wants_pytest(argv: Sequence[str]) -> bool:
    """Whether the command is pytest, directly, as a module, or in a shell line."""
    words = " ".join(argv).split()
    return any(Path(word).name in ("pytest", "py.test") for word in words)
