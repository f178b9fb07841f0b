"""Images that hasten built and that nothing uses: found and removed."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hasten import SandboxError
from hasten.sandbox.engine import IMAGE_LABEL, Engine, answering


@dataclass(frozen=True)
class Pruned:
    """Images removed, by name (by the start of their id where they have none)."""

    images: tuple[str, ...] = ()
    freed_bytes: int = 0
    """By how much the engine's layers shrank."""
    kept: tuple[str, ...] = ()
    """Those that containers use or that could not be removed."""


def prune_images(engine: Engine, cache: Path, repository: str = "") -> Pruned:
    """Remove the images of recipes, and what building them left, unless a container uses them.

    They are built again when they are needed. ``cache``: the folder that was given to ``prepare``; while one
    is being built, intermediate images stay. ``repository``: only those of this name (``Recipe.repository``).
    Raises ``SandboxError`` when the engine does not answer.
    """
    api = engine.client.api
    with no_build(cache / "images") as idle, answering():
        before = layers(engine)
        found = api.images(filters={"label": IMAGE_LABEL})
        used = {box["ImageID"] for box in api.containers(all=True)}
        removed, kept = list[str](), list[str]()
        # Those with names first: intermediate ones may be what they were made of.
        for each in sorted(found, key=lambda image: not names(image)):
            known = names(each)
            name = known[0] if known else str(each["Id"]).partition(":")[2][:12]
            if repository and not name.startswith(f"{repository}:"):
                continue
            if each["Id"] in used or not (known or idle):
                kept.append(name)
                continue
            (removed if all(gone(engine, tag) for tag in known or [each["Id"]]) else kept).append(name)
        return Pruned(tuple(removed), max(0, before - layers(engine)), tuple(kept))


def names(image: dict[str, list[str] | None]) -> list[str]:
    """Its names, without the registry that Podman puts before them."""
    tags = [tag for tag in image.get("RepoTags") or [] if not tag.startswith("<none>")]
    return [tag.removeprefix("docker.io/").removeprefix("localhost/") for tag in tags]


def layers(engine: Engine) -> int:
    return int(engine.client.api.df().get("LayersSize") or 0)


def gone(engine: Engine, name: str) -> bool:
    """Remove an image if nothing depends on it. False when something does."""
    from docker.errors import ImageNotFound

    try:
        with answering():
            engine.client.api.remove_image(name)
    except SandboxError as error:
        return isinstance(error.__cause__, ImageNotFound)
    return True


@contextmanager
def no_build(folder: Path) -> Iterator[bool]:
    """Whether nothing is being built; if so nothing will be until the end."""
    locks = [path.open("a") for path in sorted(folder.glob("*.lock"))]
    try:
        for lock in locks:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        for lock in locks:
            lock.close()
