"""Where the user's programs run and with which Python: chosen together, as an image brings its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hasten import HastenError, SandboxError, UsageError
from hasten.agent.images.recipe import recipe_for
from hasten.agent.interpreter import Interpreter, find_interpreter, wants_pytest
from hasten.agent.judge.base import Progress, silent
from hasten.agent.settings import Settings, split_command
from hasten.sandbox import registry
from hasten.sandbox.registry import Equipment


@dataclass(frozen=True)
class Stage:
    """The sandbox to open and the Python in it."""

    backend: str
    interpreter: Interpreter
    equipment: Equipment | None = None
    """Engine and image, for a backend with a system of its own."""
    notes: tuple[str, ...] = ()
    """Why a backend that would have come first was left out, and what is to know about the image."""


def set_stage(repo: Path, settings: Settings, cache: Path, progress: Progress = silent) -> Stage:
    """The first backend that works, or the one that the user named, which then has to.

    ``cache`` is a folder of ours for what is remembered of images. Raises ``SandboxError`` when none works,
    ``UsageError`` for an unknown name.
    """
    modules = ["pytest"] if settings.tests and wants_pytest(split_command(settings.tests)) else []
    chosen = settings.sandbox.backend
    if chosen != "auto":
        return try_backend(chosen, repo, settings, modules, cache, progress)
    notes: list[str] = []
    for name in registry.SANDBOXES:
        try:
            stage = try_backend(name, repo, settings, modules, cache, progress)
        except (SandboxError, UnfitError) as error:
            if registry.SANDBOXES[name].available() is None:
                notes.append(f"the sandbox {name} was left out: {first_line(error)}")
            continue
        return Stage(stage.backend, stage.interpreter, stage.equipment, (*notes, *stage.notes))
    raise SandboxError(f"No sandbox works here: {'; '.join(notes)}.", "Run 'hasten doctor' for the details.")


class UnfitError(UsageError):
    """A backend that works, but not with what the user asked for."""


def first_line(error: HastenError) -> str:
    return error.message.strip().splitlines()[0].rstrip(".:")


def try_backend(
    name: str, repo: Path, settings: Settings, modules: Sequence[str], cache: Path, progress: Progress
) -> Stage:
    """Raises ``SandboxError`` where it does not work."""
    registry.demand(name)
    if not registry.SANDBOXES[name].own_system:
        return Stage(name, find_interpreter(repo, settings.python, os.environ, modules))
    return stage_with_image(name, repo, settings, modules, cache, progress)


def stage_with_image(
    name: str, repo: Path, settings: Settings, modules: Sequence[str], cache: Path, progress: Progress
) -> Stage:
    """Raises ``SandboxError`` when there is no image to be had."""
    from hasten.sandbox import engine, image

    if settings.sandbox.backend == "auto" and any(
        w.metric == "instructions" for w in settings.workload_list()
    ):
        raise UnfitError("Instructions are counted by a tool of this machine.", "Put valgrind in the image.")
    if settings.python and settings.sandbox.backend == "auto":
        raise UnfitError(
            "--python names an interpreter of this machine, not of an image.", "Leave one of them out."
        )
    found = engine.connect()
    try:
        wanted = recipe_for(repo, settings.sandbox, environ=os.environ, modules=modules)
    except UsageError as error:
        if settings.sandbox.backend != "auto":
            raise
        raise UnfitError(error.message, error.hint) from error  # The environment on this machine may do.
    made = image.prepare(
        found, wanted, cache, lambda line: progress("image", {"line": line}), modules=modules
    )
    interpreter = Interpreter(
        executable=settings.python or made.python,
        version=made.version,
        origin=f"image {made.name}",
        readable=(),
        missing=made.missing,
        env={**made.env, "PATH": made.path},
    )
    return Stage(name, interpreter, Equipment(found, made), made.notes)
