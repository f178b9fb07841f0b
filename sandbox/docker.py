"""Programs in containers of an engine (Docker, Podman): one container a place, kept while it is of use."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hasten import SandboxError
from hasten.sandbox import engine as engines
from hasten.sandbox.base import MIB, Command
from hasten.sandbox.bubblewrap import HOME, TRUSTED_AT, mount_point, needed
from hasten.sandbox.container import Box, Container, Mount, engine_errors
from hasten.sandbox.engine import Engine
from hasten.sandbox.folders import Folder, Owner, own
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.seats import Launch, Place
from hasten.sandbox.session import BOOT, TRUSTED
from hasten.sandbox.tree import show
from hasten.sandbox.wire import Wire

if TYPE_CHECKING:
    from hasten.sandbox.image import Image

SCRATCH = ("/tmp", "/var/tmp", "/run", "/dev/shm", "/dev/mqueue", HOME)
SCRATCH_BYTES = 2048 * MIB
RUNNER_BYTES = 64 * MIB  # On top of what programs may use, for what watches them.
NOBODY = 65532
CLOSED = ("/root",)  # In most images only root may enter it.
NICE = 19  # A thousand forks in one control group leave the runner its share: ended in 1 s instead of 27.
PATIENCE_S = 30.0  # How long an engine may take to come back when it is restarted.
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


def available() -> str | None:
    """Why this backend does not work here; ``None`` when an engine answers."""
    return engines.available()


def user_inside(engine: Engine) -> str:
    """``uid:gid`` of programs. In an engine without root, number 0 is the very user who calls us."""
    if engine.rootless:
        return "0:0"
    uid, gid = os.geteuid(), os.getegid()
    return f"{uid}:{gid}" if uid else f"{NOBODY}:{NOBODY}"


class DockerSandbox(RunnerSandbox):
    """Each place has a container of its own: no network, a read-only system, no capabilities, memory and
    processes bounded by the kernel, and no file of the host but the tree (and, in runs of tests and
    profilers, the folder of exchange). A measured program cannot leave its core.
    """

    name = "docker"
    confined = True
    immune = True

    def __init__(
        self, engine: Engine, image: Image, mount_at: Path, scratch: Path, readable: Sequence[Path] = ()
    ) -> None:
        """Sweeps away what dead runs left. ``readable``: what the user names of the host, shown read-only at
        the same paths. Raises ``SandboxError`` when the engine does not answer."""
        super().__init__(mount_at.absolute(), needed(readable), scratch)
        self.engine, self.image = engine, image
        self.user = user_inside(engine)
        uid, gid = map(int, self.user.split(":"))
        self.owner: Owner = (uid, gid) if os.geteuid() == 0 and uid else None
        try:
            with engine_errors(engine):
                self.can: Mapping[str, Any] = engine.client.info()
                engines.sweep(engine)
        except ConnectionError as error:
            raise SandboxError(f"{str(error).capitalize()}.", "Run 'hasten doctor'.") from error

    def where(self, tree: Path) -> str:
        return str(self.mount_at)

    def place(self, command: Command) -> Place:
        return replace(super().place(command), cpu=command.cpu)

    def before(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if command.exchange:
                own(command.exchange, self.owner)
                if self.strict and not command.writable:  # Root without capabilities is a stranger there.
                    for folder, _, _ in os.walk(command.exchange):
                        Path(folder).chmod(0o777)

    def launch(self, place: Place, home: Path) -> Launch:
        box, folders = self.box(place, home)
        setup = {
            "root": str(self.mount_at),
            "home": HOME,
            "tmp": "/tmp",
            "scratch": box.scratch,
            "nice": NICE,
        }
        return Launch(partial(self.start, box), setup, folders)

    def box(self, place: Place, home: Path) -> tuple[Box, list[Folder]]:
        """What a container for ``place`` may see and use, and its folders for artefacts. ``home`` as in
        ``launch``."""
        if place.cpu is not None and place.cpu >= self.can.get("NCPU", 0):
            raise SandboxError(f"Core {place.cpu} is not among the {self.can.get('NCPU', 0)} of the engine.")
        show(place.tree)
        folders = [
            Folder.beside(place.tree, name, home / f"live{i}", self.owner)
            for i, name in enumerate(place.folders)
        ]
        mounts = [*trusted(), Mount(str(place.tree), str(self.mount_at), place.writable)]
        for folder in folders:
            for source, at, writable in folder.layers(place.writable):
                mounts.append(Mount(source, str(self.mount_at / at), writable))
        for path in self.readable:
            if path.is_relative_to(self.mount_at):
                mount_point(place.tree / path.relative_to(self.mount_at), path)
            mounts.append(Mount(str(path), str(path)))
        if place.exchange:
            mounts.append(Mount(str(place.exchange), str(place.exchange), True))
        if place.writable:
            own(place.tree, self.owner)
        last = {mount.at: mount for mount in mounts}  # Artefacts at the top of a tree take its place.
        memory = place.bounds[0]
        box = Box(
            image=self.image.id,
            argv=[self.image.python, "-I", "-S", "-X", "utf8", "-c", BOOT, TRUSTED_AT],
            user=self.user,
            mounts=[*passages(mounts, home), *last.values()],
            # An engine's own volumes would be on its disk and keep what one execution writes for the next.
            scratch=list(dict.fromkeys([*SCRATCH, *(at for at in self.image.volumes if at not in last)])),
            scratch_bytes=SCRATCH_BYTES,
            memory_bytes=memory + RUNNER_BYTES if memory else None,
            tasks=place.tasks,
            cpu=place.cpu,
        )
        return self.for_profiler(place, box), folders

    @property
    def strict(self) -> bool:
        """Whether the kernel lets only those with the capability look into other processes."""
        return not self.engine.rootless and ptrace_scope() >= 2

    def for_profiler(self, place: Place, box: Box) -> Box:
        """With what py-spy needs, in its runs only: the engine's filter of system calls lets those who could
        have this capability read the memory of their own children, which is all they get of it as nobody.
        """
        if place.exchange is None or place.writable:
            return box
        return replace(box, user="0:0" if self.strict else box.user, capabilities=("SYS_PTRACE",))

    def start(self, box: Box) -> Wire:
        """Waits for an engine that is being restarted. Raises ``SandboxError`` when it does not come back."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Container(self.engine, box, self.can)
            except ConnectionError as error:
                if time.monotonic() > deadline:
                    raise SandboxError(
                        f"{str(error).capitalize()}.", "Start it again, then 'hasten resume'."
                    ) from error
                time.sleep(0.5)


def ptrace_scope() -> int:
    """Yama's restriction: 0 none, 1 only own children, 2 only with a capability, 3 nobody."""
    return int(YAMA.read_text()) if YAMA.exists() else 0


def passages(mounts: Sequence[Mount], home: Path) -> list[Mount]:
    """Empty folders over those that only root may walk through, where something is mounted below them."""
    found = []
    for closed in CLOSED:
        below = [mount for mount in mounts if mount.at.startswith(f"{closed}/")]
        cover = home / f"passage{closed.replace('/', '-')}"
        for mount in below:  # The places to mount on: nothing can be made in a folder that is read-only.
            mount_point(cover / mount.at.removeprefix(f"{closed}/"), Path(mount.source))
        found += [Mount(str(cover), closed)] if below else []
    return found


def trusted() -> list[Mount]:
    here = Path(__file__).resolve().parent
    return [Mount(str(here / name), f"{TRUSTED_AT}/hasten/sandbox/{name}") for name in TRUSTED]
