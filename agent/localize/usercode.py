"""Which definition of the user's repository a profiler's frame stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hasten.agent.languages import python
from hasten.agent.types import Definition
from hasten.profilers.base import Frame
from hasten.profilers.kinds import relative_to

Read = Callable[[str], str | None]
"""The source of a file of the tree by its relative path; ``None`` when it is not there."""

MODULE = "<module>"
WHOLE_LINES = 120
"""A nested function is edited with the one around it, unless that is longer than this: then on its own."""
_TEST_FOLDERS = frozenset({"tests", "test", "testing"})


@dataclass
class UserCode:
    """Maps frames below ``root`` to definitions, reading and parsing every file at most once."""

    root: str
    read: Read
    _functions: dict[str, list[Definition]] = field(default_factory=dict)
    _paths: dict[str, str | None] = field(default_factory=dict)
    _owners: dict[tuple[str, int, str], Definition | None] = field(default_factory=dict)

    def path(self, frame: Frame) -> str | None:
        """The frame's file relative to the tree; ``None`` for other people's code."""
        if frame.native:
            return None
        if frame.file not in self._paths:
            relative = relative_to(frame.file, self.root)
            self._paths[frame.file] = relative if relative and not self._in_environment(relative) else None
        return self._paths[frame.file]

    def owner(self, frame: Frame) -> Definition | None:
        """The definition to edit for a user's frame; ``None`` for module-level code and foreign frames."""
        path = self.path(frame)
        if path is None or frame.function == MODULE:
            return None
        where = (path, frame.line, "" if frame.line else frame.function)
        if where not in self._owners:
            self._owners[where] = self._locate(*where)
        return self._owners[where]

    def _locate(self, path: str, line: int, qualname: str) -> Definition | None:
        if path not in self._functions:
            self._functions[path] = python.functions(path, self.read(path) or "")
        found = self._functions[path]
        inner = python.innermost(found, line) if line else python.named(found, qualname)
        if inner is None:
            return None
        outer = python.outermost(found, inner)
        return outer if outer.end - outer.start < WHOLE_LINES else inner

    def _in_environment(self, path: str) -> bool:
        """Whether a folder above the file is a virtual environment, whatever it is called."""
        folders = path.split("/")[:-1]
        above = ("/".join(folders[: depth + 1]) for depth in range(len(folders)))
        return any(self.read(f"{folder}/pyvenv.cfg") is not None for folder in above)


def is_test(path: str) -> bool:
    """Whether the file belongs to the tests, which are never edited."""
    *folders, name = path.split("/")
    if name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py"):
        return True
    return not _TEST_FOLDERS.isdisjoint(folders)
