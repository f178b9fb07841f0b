"""An image built by the engine from a recipe, with its log kept in a file."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from hasten import SandboxError
from hasten.sandbox.engine import IMAGE_LABEL, Engine, answering

VENV = "/opt/venv"
NOTES = f"{VENV}/hasten-notes"
STAGE = f"{IMAGE_LABEL}=stage"
"""The label of intermediate images; the final one has the digest of its recipe instead."""
SILENCE_S = 1800
"""How long an engine may say nothing while a step works (compiling a large package)."""
TAIL = 12
"""Lines of the log shown when a build fails."""
STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+(?:/\d+)?\s*:\s*(.*)", re.IGNORECASE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Docker paints what a step writes to stderr.
CHATTER = re.compile(r"^ ---> |^Removing intermediate container |^The command '")
MISREAD = re.compile(r"dockerfile parse error.*", re.IGNORECASE)
BY_HAND = "For what needs BuildKit, build the image yourself and name it: image in [tool.hasten.sandbox]."
Progress = Callable[[str], None]


class ImageError(SandboxError):
    """There is no image to run in."""

    code = "image"


class BuildError(ImageError):
    """A step of the build failed; the message ends with the last lines of the log."""


@dataclass(frozen=True)
class Recipe:
    """All that an image is made of. What is in ``digest`` decides whether one made before is still good."""

    name: str
    """The repository's, for people."""
    dockerfile: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files of the build's context, by their path in it."""
    secrets: Mapping[str, bytes] = field(default_factory=dict)
    """More of them, which do not decide."""
    sources: Mapping[str, Path] = field(default_factory=dict)
    """Files of the host for the context; ``facts`` tells what of them decides."""
    facts: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    """Build arguments: how to get at packages, not which; they do not decide."""
    network: str = ""
    """That of the build; the engine's usual one when empty."""
    modules: tuple[str, ...] = ()
    """What to look for in the image (``Image.missing``)."""
    notes: tuple[str, ...] = ()
    """What the user should know about it."""

    @property
    def digest(self) -> str:
        """Of everything but the base images, which may be taken from anywhere at any time."""
        files = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(self.files.items())]
        return hashlib.sha256(repr((self.dockerfile, files, self.facts)).encode()).hexdigest()[:20]

    @property
    def repository(self) -> str:
        """The image's name without its tag, in the characters that engines allow."""
        words = re.findall(r"[a-z0-9]+", self.name.lower())
        return f"hasten/{'-'.join(words) or 'repository'}"

    def tag(self, base_ids: Sequence[str]) -> str:
        key = hashlib.sha256(repr((self.digest, tuple(base_ids))).encode()).hexdigest()[:12]
        return f"{self.repository}:{key}"


def in_context(names: Sequence[str], ignore: str) -> list[str]:
    """Files that belong to a build's context by the lines of a ``.dockerignore``."""
    from docker.utils.build import PatternMatcher

    lines = [line.strip() for line in ignore.splitlines()]
    matcher = PatternMatcher([line for line in lines if line and not line.startswith("#")])
    return [name for name in names if not matcher.matches(name)]  # pyright: ignore[reportArgumentType]


def build(
    engine: Engine, recipe: Recipe, tag: str, log: Path, progress: Progress, *, anew: bool = False
) -> None:
    """Build and tag an image. ``anew``: without what earlier builds left.

    Raises ``BuildError`` when a step fails, ``SandboxError`` when the engine does not answer.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.touch(0o600)  # What programs print while they are installed is nobody else's business.
    with tempfile.TemporaryFile() as context, log.open("w", encoding="utf-8") as file:
        pack(recipe, context)
        with readable(), answering():
            said = engine.client.api.build(
                fileobj=context,
                custom_context=True,
                dockerfile="hasten.Dockerfile",
                tag=tag,
                labels={IMAGE_LABEL: recipe.digest},
                buildargs=dict(recipe.args),
                network_mode=recipe.network or None,
                nocache=anew,
                rm=True,
                forcerm=True,
                decode=True,
                timeout=SILENCE_S,
            )
            follow(said, file, progress, log)


@contextmanager
def readable() -> Iterator[None]:
    """Raises ``BuildError`` where the engine says that it cannot read the Dockerfile."""
    try:
        yield
    except SandboxError as error:
        if found := MISREAD.search(error.message):
            raise BuildError(f"The engine cannot read the Dockerfile: {found[0]}", BY_HAND) from error
        raise


def pack(recipe: Recipe, target: IO[bytes]) -> None:
    """Write the build's context. Times are left out: engines compare contents, and so do we."""
    given = {"hasten.Dockerfile": recipe.dockerfile.encode(), **recipe.files, **recipe.secrets}
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in given.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
        for name, path in recipe.sources.items():
            if path.is_symlink() or path.is_file():
                archive.add(path, name, recursive=False, filter=anonymous)
    target.seek(0)


def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def follow(said: Iterable[Mapping[str, Any]], file: IO[str], progress: Progress, log: Path) -> None:
    """Pass on what a build says, line by line. Raises ``BuildError`` when it ends in an error."""
    step, tail, rest = "its start", list[str](), ""
    for message in said:
        failed = str(message.get("error") or "")
        text = rest + str(message.get("stream") or "") + (f"\n{failed}\n" if failed else "")
        *lines, rest = COLOUR.sub("", text).split("\n")
        # Of a line that was written over several times, the last state counts.
        for line in filter(str.strip, (line.rstrip("\r").rpartition("\r")[2] for line in lines)):
            if match := STEP.match(line):
                step, tail = match[1], []
            elif not CHATTER.match(line):
                tail = [*tail, line][-TAIL:]
            file.write(f"{line}\n")
            if not CHATTER.match(line):
                progress(line)
        if failed:
            raise BuildError(
                f"The image cannot be built; the step that failed: {step}\n" + "\n".join(tail),
                BY_HAND if "requires BuildKit" in failed else f"The whole log is in {log}.",
            )
