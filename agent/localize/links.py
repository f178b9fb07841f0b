"""Files that a program reached through links, by the place where they are edited."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

from hasten.profilers.base import Profile, Stack
from hasten.profilers.kinds import relative_to


def resolve_links(profile: Profile, root: str, tree: Path) -> Profile:
    """``profile`` with each file of ``tree``, which appeared to the program at ``root``, under its real name.

    A repository may link a folder to another place in it; git knows the files only where they really are.
    """
    base = tree.resolve()

    @cache
    def real(file: str) -> str:
        relative = relative_to(file, root)
        full = (base / relative).resolve() if relative else base
        inside = relative and full.is_relative_to(base)
        return f"{root}/{full.relative_to(base).as_posix()}" if inside else file

    stacks: Counter[Stack] = Counter()
    for stack, weight in profile.stacks.items():
        stacks[tuple(frame._replace(file=real(frame.file)) for frame in stack)] += weight  # type: ignore[assignment]
    return replace(profile, stacks=dict(stacks))
