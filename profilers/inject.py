"""Put a probe of ours into every Python process of a program, whatever starts it.

A folder with a ``sitecustomize.py`` goes first on PYTHONPATH, which console scripts, ``python -m``, scripts
and children inherit. It hands over to a ``sitecustomize`` of the user's own, loads the probe, and
writes what the probe found as JSON, one file a process. Interpreters started with ``-I``, ``-E`` or ``-S``
skip it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
"""Of one report. Reports lie where the program can write, so they are bounded and never unpickled."""
MAX_REPORTS = 512
FOLDER = "inject"
_LAUNCHER = Path(__file__).with_name("launcher.py")


def install(out: Path, probe: Path, options: object = None, parts: Sequence[Path] = ()) -> dict[str, str]:
    """Write the folder below ``out``; returns the variables to lay over the program's with ``layered``.

    ``parts`` run before the probe, in the same namespace.
    """
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_LAUNCHER, folder / "sitecustomize.py")
    for number, part in enumerate(parts):
        shutil.copyfile(part, folder / f"part-{number}.py")
    shutil.copyfile(probe, folder / "probe.py")
    (folder / "options.json").write_text(json.dumps(options))
    return {"PYTHONPATH": str(folder)}


def layered(env: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """``env`` with ``extra`` on top, except that a PYTHONPATH goes before the one that is there."""
    merged = {**env, **extra}
    if (ours := extra.get("PYTHONPATH")) and (theirs := env.get("PYTHONPATH")):
        merged["PYTHONPATH"] = f"{ours}:{theirs}"
    return merged


def reports(out: Path) -> Iterator[object]:
    """What each process reported, parsed; files that are too large or not JSON are left out."""
    for file in sorted((out / FOLDER).glob("report-*.json"))[:MAX_REPORTS]:
        try:
            if file.is_symlink() or file.stat().st_size > MAX_BYTES:
                continue
            yield json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
