"""Images that programs run in: built once for each content, asked once what is in them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hasten import SandboxError
from hasten.sandbox.building import VENV, ImageError, Progress, Recipe, build
from hasten.sandbox.engine import IMAGE_LABEL, Engine, answering, labels, ulimits

PROBE_S = 60
OLDEST = (3, 8)
"""The oldest Python that hasten's runner works with."""
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NO_PROGRAM = re.compile(r'exec: "|executable')
"""How engines complain of a program that cannot be run, as opposed to a container that cannot be started."""
STRANGER = "65532:65532"
PROBE = """
import importlib.util, json, os, sys
notes = os.path.join(sys.prefix, "hasten-notes")
print(json.dumps({
    "python": sys.executable, "version": list(sys.version_info[:3]),
    "missing": [m for m in sys.argv[1:] if importlib.util.find_spec(m) is None],
    "notes": open(notes).read().splitlines() if os.path.isfile(notes) else [],
}))
"""


@dataclass(frozen=True)
class Image:
    """An image on the engine, and what is in it."""

    id: str
    name: str
    python: str
    """Absolute path of the Python that runs the user's programs."""
    version: str
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment that the image defines."""
    path: str = USUAL_PATH
    """Its PATH."""
    volumes: tuple[str, ...] = ()
    """Folders that it declares as volumes."""
    missing: tuple[str, ...] = ()
    """Modules asked for that this Python does not have."""
    notes: tuple[str, ...] = ()
    """What the user should know about it."""
    built: bool = False
    """Whether it was built just now."""


def prepare(
    engine: Engine,
    wanted: Recipe | str,
    cache: Path,
    progress: Progress = lambda _line: None,
    *,
    modules: Sequence[str] = (),
    anew: bool = False,
) -> Image:
    """The image of a recipe or of a name, built or fetched if it is not there.

    ``cache``: a folder of ours, where ``images`` keeps logs and what is known of images; ``modules``: those
    to look for in a named image; ``anew``: build it even if it is there. Milliseconds when there is nothing
    to do. Raises ``BuildError``, ``ImageError`` when a (base) image is not to be had or holds no Python, or
    ``SandboxError`` when the cache cannot be written to.
    """
    folder = cache / "images"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        message = f"Cannot write to {folder}: {error.strerror}."
        raise SandboxError(message, "Choose another place with HASTEN_CACHE_DIR.") from error
    if isinstance(wanted, str):
        return look_into(engine, wanted, have(engine, wanted, progress), folder, modules)
    with alone(folder / f"{wanted.repository.replace('/', '-')}.lock"):
        name, facts = ("", {}) if anew else find(engine, wanted)
        built = not facts
        if built:
            name, facts = made(engine, wanted, folder, progress, anew)
    return look_into(engine, name, facts, folder, wanted.modules, wanted.notes, built=built)


def find(engine: Engine, wanted: Recipe | str) -> tuple[str, Mapping[str, Any]]:
    """Name and description of an image that is there; both empty when there is none."""
    if isinstance(wanted, str):
        facts = inspect(engine, wanted)
        return (wanted, facts) if facts else ("", {})
    ids = [inspect(engine, base).get("Id", "") for base in wanted.bases]
    if all(ids):
        facts = inspect(engine, wanted.tag(ids))
        return (wanted.tag(ids), facts) if facts else ("", {})
    with answering():  # The base is gone, but what was built upon it before is as good.
        found = engine.client.api.images(filters={"label": f"{IMAGE_LABEL}={wanted.digest}"})
    tagged = sorted((each["Created"], each["RepoTags"][0]) for each in found if each.get("RepoTags"))
    return (tagged[-1][1], inspect(engine, tagged[-1][1])) if tagged else ("", {})


def made(
    engine: Engine, recipe: Recipe, folder: Path, progress: Progress, anew: bool
) -> tuple[str, Mapping[str, Any]]:
    """Build the image of a recipe, with its log in ``folder``. Its name and description."""
    tag = recipe.tag([have(engine, base, progress)["Id"] for base in recipe.bases])
    progress(f"Building the image {tag}")
    log = folder / f"{recipe.repository.replace('/', '-')}.log"
    build(engine, recipe, tag, log, progress, anew=anew)
    if facts := inspect(engine, tag):
        return tag, facts
    raise ImageError(f"The image {tag} is gone right after it was built.", "Run it again.")


def inspect(engine: Engine, name: str) -> Mapping[str, Any]:
    """What the engine tells of an image; empty when it has none of that name."""
    from docker.errors import ImageNotFound

    with answering():
        try:
            facts: Mapping[str, Any] = engine.client.api.inspect_image(name)
        except ImageNotFound:
            return {}
    return facts


def have(engine: Engine, name: str, progress: Progress) -> Mapping[str, Any]:
    """The description of a named image, fetched if it is not there. Raises ``ImageError``."""
    if facts := inspect(engine, name):
        return facts
    progress(f"Fetching the image {name}")
    try:
        with answering():
            for message in engine.client.api.pull(*parts(name), stream=True, decode=True):
                if said := message.get("error"):
                    raise SandboxError(str(said))
    except SandboxError as error:
        raise ImageError(
            f"The image {name} is not on this machine and cannot be fetched: "
            f"{error.message.removeprefix('The container engine does not do it: ').rstrip('.')}.",
            "Fetch it by hand, or name another with base or image in [tool.hasten.sandbox].",
        ) from error
    return inspect(engine, name)


def parts(name: str) -> tuple[str, str | None]:
    """Repository and tag (``latest`` when there is none) or digest."""
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(name)
    return repository, tag or "latest"


def look_into(
    engine: Engine,
    name: str,
    facts: Mapping[str, Any],
    folder: Path,
    modules: Sequence[str],
    notes: tuple[str, ...] = (),
    *,
    built: bool = False,
) -> Image:
    """What is in an image, from what is remembered of it or by running its Python once."""
    memory = folder / f"{facts['Id'].partition(':')[2]}.json"
    volumes = tuple(sorted(map(os.path.normpath, facts["Config"].get("Volumes") or ())))
    if volumes:
        notes = (*notes, f"the volumes of the image begin empty in every execution: {', '.join(volumes)}.")
    with suppress(OSError, ValueError, TypeError):
        said = json.loads(memory.read_text(encoding="utf-8"))
        if said.pop("asked") == list(modules):
            said = {**said, "missing": tuple(said["missing"]), "notes": (*notes, *said["notes"])}
            return Image(**{**said, "name": name, "volumes": volumes, "built": built})
    env = dict(entry.split("=", 1) for entry in facts["Config"].get("Env") or () if "=" in entry)
    path = env.get("PATH", USUAL_PATH)
    found = ask(engine, facts["Id"], path, modules)
    if hiding := [at for at in volumes if Path(found["python"]).is_relative_to(at)]:
        raise ImageError(
            f"The Python of the image {name} is in its volume {hiding[0]}, which begins empty.",
            "Install it elsewhere, or leave out that VOLUME.",
        )
    image = Image(
        id=facts["Id"],
        name=name,
        python=found["python"],
        version=".".join(map(str, found["version"])),
        env=env,
        path=path,
        volumes=volumes,
        missing=tuple(found["missing"]),
        notes=tuple(found["notes"]),
        built=built,
    )
    memory.write_text(json.dumps({**asdict(image), "asked": list(modules)}), encoding="utf-8")
    return Image(**{**asdict(image), "notes": (*notes, *image.notes)})


def ask(engine: Engine, image: str, path: str, modules: Sequence[str]) -> Mapping[str, Any]:
    """What the first Python that is not too old says. Raises ``ImageError`` when there is none."""
    for program in (f"{VENV}/bin/python", "python3", "python"):
        code, output = run_once(engine, image, [program, "-I", "-c", PROBE, *modules])
        if code == 0:
            with suppress(ValueError, IndexError):
                found: Mapping[str, Any] = json.loads(output.strip().splitlines()[-1])
                if tuple(found["version"]) >= OLDEST:
                    return found
    oldest = ".".join(map(str, OLDEST))
    raise ImageError(
        f"The image {image[:19]} holds no Python {oldest} or later that any user may run (PATH is {path}).",
        "Name an image that has one with image or base in [tool.hasten.sandbox].",
    )


def run_once(engine: Engine, image: str, argv: Sequence[str]) -> tuple[int, str]:
    """Exit status and output of a program in an image, without network, rights or files of the host.

    127 when there is no such program. Raises ``ImageError`` when containers of the image do not start.
    """
    from docker.errors import APIError

    api = engine.client.api
    config = api.create_host_config(
        network_mode="none",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        ulimits=ulimits(engine),
    )
    with answering():
        box = api.create_container(
            image, entrypoint=list(argv), command=[], user=STRANGER, labels=labels(), host_config=config
        )["Id"]
        try:
            api.start(box)
            code = int(api.wait(box, timeout=PROBE_S)["StatusCode"])
            return code, api.logs(box, stdout=True, stderr=False).decode(errors="replace")
        except APIError as error:
            if NO_PROGRAM.search(str(error.explanation)):
                return 127, ""
            reason = str(error.explanation).rstrip(".")
            message = f"A container of the image {image[:19]} does not start: {reason}."
            raise ImageError(message, "Run 'hasten doctor'.") from error
        finally:
            api.remove_container(box, force=True, v=True)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other hasten builds the same, which is then there for us as well."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
