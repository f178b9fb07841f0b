"""The image of a repository, made."""

from __future__ import annotations

import os
from pathlib import Path

from hasten.agent.images.recipe import recipe_for
from hasten.agent.interpreter import wants_pytest
from hasten.agent.settings import Settings, split_command
from hasten.sandbox.building import Progress, Recipe
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import Image, prepare


def modules_for(settings: Settings) -> list[str]:
    """What the test command needs of the image's Python."""
    return ["pytest"] if settings.tests and wants_pytest(split_command(settings.tests)) else []


def recipe_of(repo: Path, settings: Settings) -> Recipe | str:
    """The recipe by the settings and this process' environment. Raises ``UsageError``."""
    return recipe_for(repo, settings.sandbox, environ=os.environ, modules=modules_for(settings))


def image_for(
    engine: Engine, repo: Path, settings: Settings, cache: Path, say: Progress, *, anew: bool = False
) -> Image:
    """The image that programs of a repository run in, built if it is not there or ``anew``.

    Raises ``UsageError`` for manifests that cannot be read, ``SandboxError`` when no image is to be had.
    """
    wanted = recipe_of(repo, settings)
    return prepare(engine, wanted, cache, say, modules=modules_for(settings), anew=anew)
