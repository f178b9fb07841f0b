"""Images built by a real engine: when, how it fails, and what is in them."""

from __future__ import annotations

import dataclasses
import io
import tarfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from container_helpers import BASE_IMAGE, need_image

from hasten.sandbox.building import BuildError, ImageError, Recipe, follow, pack
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import Image, find, inspect, prepare, run_once
from hasten.sandbox.pruning import prune_images


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    found = need_image()
    yield found
    found.client.close()


@pytest.fixture
def mine(engine: Engine) -> Iterator[Recipe]:
    """A recipe that nobody else has, whose images are removed in the end."""
    unique = uuid.uuid4().hex
    text = f"FROM {BASE_IMAGE}\nLABEL test={unique}\nENV COLOUR=green\nCOPY greeting /greeting\n"
    files = {"greeting": b"hello\n"}
    recipe = Recipe(f"Test {unique}", text, files, bases=(BASE_IMAGE,), modules=("json", "nonsense"))
    yield recipe
    for each in engine.client.api.images(name=recipe.repository):
        engine.client.api.remove_image(each["Id"], force=True)


def test_the_name_of_an_image() -> None:
    assert Recipe("Ärbol & Söhne_GmbH", "").repository == "hasten/rbol-s-hne-gmbh"
    assert Recipe("日本", "").repository == "hasten/repository"


def test_what_a_build_says_is_put_together(tmp_path: Path) -> None:
    heard: list[str] = []
    said = [
        {"stream": "Step 1/2 : FROM x\n"},
        {"stream": "Step 2/2 : RUN pip install y\n"},
        {"stream": " ---> Running in 0123\n"},
        {"stream": "\x1b[91mReading 5%\rRead"},
        {"stream": "ing 100%\x1b[0m\n"},
        {"stream": "half a line"},
        {"error": "The command '/bin/sh -c pip install y' returned a non-zero code: 1"},
    ]
    log = tmp_path / "log"
    with log.open("w") as file, pytest.raises(BuildError) as failure:
        follow(said, file, heard.append, log)
    assert heard == ["Step 1/2 : FROM x", "Step 2/2 : RUN pip install y", "Reading 100%", "half a line"]
    assert failure.value.message.splitlines()[0].endswith("RUN pip install y")
    assert "Reading 100%" in failure.value.message
    assert "Running in" not in failure.value.message
    assert str(log) in failure.value.hint
    assert log.read_text().splitlines()[2] == " ---> Running in 0123"


def test_the_context_holds_what_the_recipe_says(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("text")
    (tmp_path / "link").symlink_to("source")
    sources = {name: tmp_path / name for name in ("source", "link", "missing")}
    recipe = Recipe("x", "FROM y", {"a/b": b"c"}, {"ca": b"d"}, sources)
    target = io.BytesIO()
    pack(recipe, target)
    with tarfile.open(fileobj=target) as archive:
        assert set(archive.getnames()) == {"hasten.Dockerfile", "a/b", "ca", "source", "link"}
        assert archive.getmember("link").issym()
    assert dataclasses.replace(recipe, secrets={}, args={"A": "b"}).digest == recipe.digest


@pytest.mark.docker
def test_built_once_for_each_content(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    heard: list[str] = []
    first = prepare(engine, mine, tmp_path, heard.append)
    assert first.built
    assert (first.python, first.missing) == ("/usr/bin/python3", ("nonsense",))
    assert first.env["COLOUR"] == "green"
    assert first.path == first.env["PATH"]
    assert tuple(map(int, first.version.split("."))) >= (3, 8)
    assert any("COPY greeting" in line for line in heard)
    heard.clear()
    again = prepare(engine, mine, tmp_path, heard.append)
    assert not heard
    assert again == dataclasses.replace(first, built=False)
    # Without what is remembered of it, it is looked into once more and found the same.
    assert prepare(engine, mine, tmp_path / "elsewhere") == again
    changed = prepare(engine, dataclasses.replace(mine, files={"greeting": b"hi\n"}), tmp_path)
    assert changed.built
    assert changed.name.partition(":")[0] == first.name.partition(":")[0]
    assert changed.id != first.id
    assert run_once(engine, first.id, ["cat", "/greeting"]) == (0, "hello\n")
    assert run_once(engine, changed.id, ["cat", "/greeting"]) == (0, "hi\n")


@pytest.mark.docker
def test_one_hasten_builds_and_the_other_waits(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    images: list[Image] = []
    threads = [
        threading.Thread(target=lambda: images.append(prepare(engine, mine, tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(image.built for image in images) == [False, True]


@pytest.mark.docker
def test_a_base_that_is_gone_does_not_matter(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    base = f"hasten-test-{mine.name.split()[1]}:1"
    engine.client.api.tag(BASE_IMAGE, base.partition(":")[0], "1")
    recipe = dataclasses.replace(mine, dockerfile=mine.dockerfile.replace(BASE_IMAGE, base), bases=(base,))
    first = prepare(engine, recipe, tmp_path)
    engine.client.api.remove_image(base)
    assert find(engine, recipe)[0].endswith(first.name)  # Podman puts a registry before it.
    assert prepare(engine, recipe, tmp_path).id == first.id


@pytest.mark.docker
def test_a_step_that_fails(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    broken = dataclasses.replace(mine, dockerfile=f"{mine.dockerfile}RUN echo 'out of $PATIENCE'; exit 3\n")
    with pytest.raises(BuildError) as failure:
        prepare(engine, broken, tmp_path)
    assert "RUN echo" in failure.value.message
    assert "out of $PATIENCE" in failure.value.message
    [log] = tmp_path.glob("images/*.log")
    assert str(log) in failure.value.hint
    assert log.stat().st_mode & 0o077 == 0
    assert "COPY greeting" in log.read_text()


@pytest.mark.docker
@pytest.mark.parametrize("line", ["RUN --mount=type=cache,target=/c true", "RUN <<EOF\ntrue\nEOF"])
def test_what_only_buildkit_can_read(line: str, engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    if engine.kind != "docker":
        pytest.skip("other engines build what BuildKit builds")
    with pytest.raises(BuildError, match=r"requires BuildKit|cannot read the Dockerfile") as failure:
        prepare(engine, dataclasses.replace(mine, dockerfile=f"{mine.dockerfile}{line}\n"), tmp_path)
    assert "build the image yourself" in failure.value.hint


@pytest.mark.docker
def test_an_image_that_is_nowhere(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    nowhere = "localhost:9/nobody/nothing:1"
    for wanted in (nowhere, dataclasses.replace(mine, bases=(nowhere,))):
        with pytest.raises(ImageError, match="cannot be fetched") as failure:
            prepare(engine, wanted, tmp_path)
        assert nowhere in failure.value.message
        assert not isinstance(failure.value, BuildError)


@pytest.mark.docker
def test_an_image_without_python(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    text = mine.dockerfile.replace("FROM", "FROM scratch\n#")
    with pytest.raises(ImageError, match=r"no Python 3\.8"):
        prepare(engine, dataclasses.replace(mine, dockerfile=text), tmp_path)


@pytest.mark.docker
def test_a_named_image_is_taken_as_it_is(engine: Engine, tmp_path: Path) -> None:
    image = prepare(engine, BASE_IMAGE, tmp_path, modules=["pip", "nonsense"])
    assert (image.name, image.missing, image.built) == (BASE_IMAGE, ("nonsense",), False)
    assert prepare(engine, BASE_IMAGE, tmp_path, modules=["json"]).missing == ()


@pytest.mark.docker
def test_programs_of_a_probe_have_nothing(engine: Engine) -> None:
    image = inspect(engine, BASE_IMAGE)["Id"]
    code = "import os; print(os.getuid(), sorted(os.listdir('/sys/class/net')), os.access('/', os.W_OK))"
    assert run_once(engine, image, ["python3", "-c", code]) == (0, "65532 ['lo'] False\n")
    assert run_once(engine, image, ["no-such-program"])[0] == 127


@pytest.mark.docker
def test_unused_images_are_pruned(engine: Engine, mine: Recipe, tmp_path: Path) -> None:
    unused = prepare(engine, mine, tmp_path)
    used = prepare(engine, dataclasses.replace(mine, files={"greeting": b"hi\n"}), tmp_path)
    box = engine.client.containers.create(used.id, ["true"])
    try:
        pruned = prune_images(engine, tmp_path, mine.repository)
        assert (pruned.images, pruned.kept) == ((unused.name,), (used.name,))
        assert not inspect(engine, unused.name)
        assert inspect(engine, used.name)
    finally:
        box.remove()
