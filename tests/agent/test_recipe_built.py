"""Recipes built by a real engine: what a program of the repository finds in the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hasten.agent.images.making import image_for
from hasten.agent.settings import Settings
from hasten.agent.shell import inside
from hasten.sandbox import engine as engines
from hasten.sandbox.building import BuildError
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import inspect
from hasten.sandbox.pruning import prune_images

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

PROJECTS = ("fixed", "built", "wanting", "defect")
BASE_IMAGE = "hasten-test-base:bookworm"
MODULE = """
import importlib.metadata
def main():
    print(importlib.metadata.version("{name}"), __file__)
"""
STATIC = """
[project]
name = "{name}"
version = "2.5"
[project.scripts]
{name} = "{name}:main"
"""
SETUP = """
from setuptools import setup
setup(name="{name}", version="2.5", package_dir={{"": "src"}}, packages=["{name}"],
      entry_points={{"console_scripts": ["{name}={name}:main"]}})
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if reason := engines.available():
        pytest.skip(reason)
    found = engines.connect()
    if not inspect(found, BASE_IMAGE):
        pytest.skip(f"no image {BASE_IMAGE}: tests/sandbox/base_image.sh makes it")
    yield found
    for name in PROJECTS:
        prune_images(found, Path("nowhere"), f"hasten/{name}-of-user")
    found.client.close()


def project(folder: Path, name: str, manifest: str, text: str) -> Path:
    repo = folder / f"{name} of $USER"
    (repo / "src" / name).mkdir(parents=True)
    (repo / "src" / name / "__init__.py").write_text(MODULE.format(name=name))
    (repo / manifest).write_text(text.format(name=name))
    return repo


def settings(**sandbox: object) -> Settings:
    return Settings.model_validate({"sandbox": {"base": BASE_IMAGE, **sandbox}})


@pytest.mark.parametrize(
    ("name", "manifest", "text"),
    [("fixed", "pyproject.toml", STATIC), ("built", "setup.py", SETUP)],
    ids=["static", "built"],
)
def test_the_project_is_installed_from_where_it_is_mounted(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, manifest: str, text: str
) -> None:
    monkeypatch.setenv("HASTEN_CACHE_DIR", str(tmp_path / "cache"))
    repo = project(tmp_path, name, manifest, text)
    image = image_for(engine, repo, settings(), tmp_path / "cache", lambda _line: None)
    assert image.built
    assert not image.notes
    said = bytearray()
    code = inside(
        repo,
        settings(),
        ["env", "-u", "PYTHONPATH", name],
        "test",
        writable=False,
        source=None,
        sink=lambda _descriptor, data: said.extend(data),
        extra={},
    )
    assert (code, said.decode()) == (0, f"2.5 {repo}/src/{name}/__init__.py\n")
    # Sources that change need no new image, and are what runs.
    (repo / "src" / name / "__init__.py").write_text("def main():\n    print('changed')\n")
    assert not image_for(engine, repo, settings(), tmp_path / "cache", lambda _line: None).built


def test_a_dependency_that_does_not_exist(engine: Engine, tmp_path: Path) -> None:
    text = STATIC.replace('version = "2.5"', 'version = "1"\ndependencies = ["there-is-no-such-thing-99"]')
    repo = project(tmp_path, "wanting", "pyproject.toml", text)
    with pytest.raises(BuildError, match=r"pip install -r hasten\.in") as failure:
        image_for(engine, repo, settings(), tmp_path, lambda _line: None)
    assert "there-is-no-such-thing-99" in failure.value.message


def test_a_project_that_cannot_be_built_is_a_note(engine: Engine, tmp_path: Path) -> None:
    repo = project(tmp_path, "defect", "setup.py", "raise SystemExit('{name}')")
    image = image_for(engine, repo, settings(), tmp_path, lambda _line: None)
    assert any("could not be installed" in note for note in image.notes)
    assert image.python == "/opt/venv/bin/python"
