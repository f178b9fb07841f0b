"""The container engine and the repository's image, as ``hasten doctor`` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hasten import HastenError
from hasten.agent.images.making import recipe_of
from hasten.agent.settings import Settings
from hasten.sandbox import engine as engines
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import find, inspect

Line = tuple[str, bool, str, str]
"""Name, whether it works, what was seen, what to do."""


def container_lines(repo: Path, settings: Settings | None) -> Iterator[Line]:
    """Which engine answers and which image would be used; nothing where none does.

    Nothing is built or fetched; never raises.
    """
    if engines.available():
        return
    try:
        engine = engines.connect()
    except HastenError as error:
        yield "container engine", False, error.message, error.hint
        return
    root = ", without root" if engine.rootless else ""
    yield "container engine", True, f"{engine.kind} {engine.version} at {engine.host}{root}", ""
    if settings is None:
        return
    try:
        yield image_line(engine, repo, settings)
    except HastenError as error:
        yield "image", False, error.message, error.hint


def image_line(engine: Engine, repo: Path, settings: Settings) -> Line:
    """Raises ``HastenError`` where no recipe can be made or the engine breaks."""
    wanted = recipe_of(repo, settings)
    name, _ = find(engine, wanted)
    if name:
        return "image", True, f"{name} is up to date", ""
    if isinstance(wanted, str):
        return "image", False, f"{wanted} is not on this machine", "It is fetched when it is needed."
    missing = [base for base in wanted.bases if not inspect(engine, base)]
    if missing:
        advice = "It is fetched when it is needed; name another with base in [tool.hasten.sandbox]."
        return "image", False, f"to be built upon {', '.join(missing)}, not on this machine yet", advice
    says = f"{wanted.repository} is to be built upon {', '.join(wanted.bases) or 'nothing'}"
    return "image", True, says, "'hasten sandbox build' does it now, the first run else."
