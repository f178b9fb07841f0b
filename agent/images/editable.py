"""A wheel that makes a project importable from where its sources will be, without running its build backend.

As PEP 660 has it: the project's metadata and entry points, and a ``.pth`` file in place of its modules.
Nothing in it depends on the sources, so an image with it stays good while they change.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

WHEEL = "Wheel-Version: 1.0\nGenerator: hasten\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # The first time a zip file can tell: the same project, the same bytes.


def normal(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel(project: Mapping[str, Any], version: str, roots: Sequence[PurePosixPath]) -> tuple[str, bytes]:
    """File name and content. ``project``: the ``[project]`` table; ``roots``: folders to import from."""
    stem = f"{normal(str(project['name'])).replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    files = {
        f"__editable__.{stem}.pth": "".join(f"{root}\n" for root in roots),
        f"{info}/METADATA": "\n".join(metadata(project, version)) + "\n",
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": entry_points(project),
    }
    record = "".join(f"{name},sha256={digest(text)},{len(text.encode())}\n" for name, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), text)
    return f"{stem}-py3-none-any.whl", content.getvalue()


def metadata(project: Mapping[str, Any], version: str) -> Iterator[str]:
    """Core metadata 2.1, as far as programs ask for it at run time."""
    yield "Metadata-Version: 2.1"
    yield f"Name: {project['name']}"
    yield f"Version: {version}"
    if isinstance(summary := project.get("description"), str) and summary:
        yield f"Summary: {' '.join(summary.split())}"
    if asked := project.get("requires-python"):
        yield f"Requires-Python: {asked}"
    for requirement in project.get("dependencies", ()):
        yield f"Requires-Dist: {requirement}"
    for extra, requirements in project.get("optional-dependencies", {}).items():
        yield f"Provides-Extra: {extra}"
        for requirement in requirements:
            wanted, _, marker = requirement.partition(";")
            also = f"({marker.strip()}) and " if marker.strip() else ""
            yield f'Requires-Dist: {wanted.strip()} ; {also}extra == "{extra}"'


def entry_points(project: Mapping[str, Any]) -> str:
    groups = {
        "console_scripts": project.get("scripts", {}),
        "gui_scripts": project.get("gui-scripts", {}),
        **project.get("entry-points", {}),
    }
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items()) + "\n"
        for group, entries in groups.items()
        if entries
    )


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
