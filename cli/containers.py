"""What the commands of ``hasten sandbox`` do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from hasten import UsageError
from hasten.agent.workspace import cache_dir, check_repository
from hasten.cli import config
from hasten.cli.result import Result
from hasten.cli.screen import Screen

MB = 1e6


def build(folder: Path, screen: Screen, rebuild: bool) -> Result:
    """Build the image of a repository, the log on stderr."""
    from hasten.agent.images.making import image_for
    from hasten.sandbox import engine as engines

    repo = check_repository(folder)
    settings = config.load(repo, {}).settings
    engine = engines.connect()
    quiet = screen.json or screen.quiet

    def say(line: str) -> None:
        if not quiet:
            screen.err.print(escape(line), style="dim")

    began = time.monotonic()
    image = image_for(engine, repo, settings, cache_dir(), say, anew=rebuild)
    seconds = time.monotonic() - began
    done = f"Built in {seconds:.0f} s" if image.built else "Up to date"
    lines = [f"{done}: {escape(image.name)} with Python {image.version} at {escape(image.python)}"]
    lines += [f"[yellow]note:[/] {escape(note)}" for note in image.notes]
    if image.missing:
        lines.append(f"[yellow]note:[/] its Python does not have {escape(', '.join(image.missing))}.")
    data = {
        "image": image.name,
        "id": image.id,
        "built": image.built,
        "seconds": round(seconds, 3),
        "python": image.python,
        "version": image.version,
        "missing": list(image.missing),
        "notes": list(image.notes),
        "engine": {"kind": engine.kind, "version": engine.version, "host": engine.host},
    }
    return Result(data, "\n".join(lines))


def shell(folder: Path, screen: Screen, command: Sequence[str], writable: bool) -> Result:
    """A shell or a command where candidates run; its exit status becomes ours."""
    from hasten.agent.shell import inside

    repo = check_repository(folder)
    settings = config.load(repo, {}).settings
    if screen.json and not command:
        raise UsageError("A shell has no JSON.", "Name a command: hasten sandbox shell --json -- CMD.")
    caught = {1: bytearray(), 2: bytearray()}

    def catch(descriptor: int, data: bytes) -> None:
        caught[descriptor] += data

    def pass_on(descriptor: int, data: bytes) -> None:
        stream = sys.stderr if descriptor == 2 else sys.stdout
        stream.buffer.write(data)
        stream.buffer.flush()

    def progress(_kind: str, facts: Mapping[str, Any]) -> None:
        if not (screen.json or screen.quiet) and "line" in facts:
            screen.err.print(escape(str(facts["line"])), style="dim")

    code = inside(
        repo,
        settings,
        command,
        f"shell-{os.getpid()}",
        writable=writable,
        source=None if screen.json or sys.stdin is None else sys.stdin.fileno(),
        sink=catch if screen.json else pass_on,
        extra={"TERM": os.environ["TERM"]} if "TERM" in os.environ else {},
        progress=progress,
    )
    texts = {name: caught[number].decode(errors="replace") for number, name in ((1, "stdout"), (2, "stderr"))}
    return Result({"command": list(command), "exit_code": code, **texts}, exit_code=code)


def prune(folder: Path | None, images: bool) -> Result:
    """Remove what dead runs left in the engine, and images on demand."""
    from hasten.sandbox import engine as engines
    from hasten.sandbox.building import Recipe
    from hasten.sandbox.pruning import Pruned, prune_images

    engine = engines.connect()
    swept = engines.sweep(engine)
    repository = Recipe(folder.resolve().name, "").repository if folder else ""
    pruned = prune_images(engine, cache_dir(), repository) if images else Pruned()
    found = {
        "containers": swept.containers,
        "networks": swept.networks,
        "volumes": swept.volumes,
        "images": pruned.images,
    }
    lines = [
        f"Removed {kind[:-1] if len(names) == 1 else kind}: {escape(', '.join(names))}"
        for kind, names in found.items()
        if names
    ]
    if images:
        lines.append(f"Freed {pruned.freed_bytes / MB:.0f} MB of images.")
    lines += [f"[yellow]kept:[/] {escape(each)}" for each in (*swept.kept, *pruned.kept)]
    data = {
        **{kind: list(names) for kind, names in found.items()},
        "freed_bytes": pruned.freed_bytes,
        "kept": [*swept.kept, *pruned.kept],
    }
    return Result(data, "\n".join(lines) or "Nothing was left behind.")
