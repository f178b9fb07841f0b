"""Whose code a frame is: the user's, the standard library's, a dependency's or native."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from hasten.profilers.base import Frame, Stack

Kind = Literal["user", "stdlib", "dependency", "native"]

FOREIGN_FOLDERS = frozenset(
    {
        "site-packages",
        "dist-packages",
        "node_modules",
        "__pypackages__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".eggs",
        ".git",
    }
)
"""Folders inside a checkout that hold other people's code."""

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/(?P<rest>.+)")
_STDLIB = re.compile(r".*/lib(?:64)?/(?:python|pypy)\d[\d.]*t?/(?P<rest>.+)")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+\Z")


def is_address(function: str) -> bool:
    """Whether a native frame has an address instead of a name."""
    return _ADDRESS.match(function) is not None


def relative_to(file: str, root: str) -> str | None:
    """``file`` relative to ``root``, or ``None`` when it lies elsewhere or in a virtual environment."""
    prefix = root.rstrip("/") + "/"
    if not root or not file.startswith(prefix):
        return None
    relative = file[len(prefix) :]
    if ".." in relative.split("/") or FOREIGN_FOLDERS.intersection(relative.split("/")[:-1]):
        return None
    return relative


@lru_cache(maxsize=65536)
def kind_of(file: str, native: bool, root: str = "") -> Kind:
    """Whose code lives in ``file``. Without ``root``, whatever is not installed counts as the user's."""
    if relative_to(file, root) is not None and not native:
        return "user"
    if _INSTALLED.match(file):
        return "dependency"
    if native:
        return "native"
    if file.startswith("<") or _STDLIB.match(file):
        return "stdlib"
    return "dependency" if root else "user"


def _module(path: str) -> str:
    """``json/decoder.py`` as ``json.decoder``; compiled modules lose their platform suffix."""
    parts = path.split("/")
    parts[-1] = parts[-1].split(".")[0]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def label(frame: Frame) -> str:
    """A frame as people say it: ``re.compile (stdlib)``, ``numpy.dot (numpy)``, ``memcpy (native)``."""
    name = frame.function
    if installed := _INSTALLED.match(frame.file):
        rest = installed["rest"]
        package = rest.split("/")[0].split(".")[0]
        qualified = f"{package}.{name}" if frame.native else f"{_module(rest)}.{name}"
        return f"{qualified} ({package})"
    if frame.native:
        return f"{name} (native)"
    if frame.file.startswith("<frozen "):
        return f"{frame.file[8:-1]}.{name} (stdlib)"
    if stdlib := _STDLIB.match(frame.file):
        return f"{_module(stdlib['rest'])}.{name} (stdlib)"
    return f"{frame.file.rsplit('/', 1)[-1]}:{name}"


def is_import(frame: Frame) -> bool:
    """Whether the frame belongs to Python's import machinery."""
    return frame.file.startswith("<frozen importlib") or frame.file.endswith("/importlib/__init__.py")


def is_startup(stack: Stack) -> bool:
    """Whether the interpreter itself is busy: setting up ``sys.path``, or outside of all Python code."""
    if all(frame.native for frame in stack):
        return True
    return any(frame.file == "<frozen site>" or frame.file.endswith("/site.py") for frame in stack[:6])
