"""Programs in namespaces of their own, by bubblewrap: no network, no host processes, a read-only system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path

from hasten import SandboxError
from hasten.sandbox.folders import Folder
from hasten.sandbox.pool import RunnerSandbox
from hasten.sandbox.seats import Launch, Place
from hasten.sandbox.session import TRUSTED, interpreter, runner_argv, runner_env
from hasten.sandbox.wire import Pipes

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store")
HOME = "/home/user"
SCRATCH = ("/tmp", "/var/tmp", "/run", "/dev/shm", HOME)
SCRATCH_BYTES = 2 << 30  # Each scratch folder lives in memory that no limit on processes counts.
TRUSTED_AT = "/hasten-runner"
PROBE_S = 20.0
NAMESPACES = (
    *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--as-pid-1"),
    *("--cap-drop", "ALL", "--clearenv"),
)


@cache
def program() -> str:
    """Raises ``SandboxError`` when bubblewrap is not installed."""
    if found := shutil.which("bwrap"):
        return found
    raise SandboxError("bubblewrap is not installed.", "Install the package `bubblewrap`.")


@cache
def options() -> str:
    """The help text, to see which options this version has (the two asked for came with 0.7 and 0.8)."""
    return subprocess.run([program(), "--help"], capture_output=True, text=True, timeout=PROBE_S).stdout


def is_below(path: Path, folder: str | Path) -> bool:
    return Path(os.path.normpath(path)).is_relative_to(folder)


def secrets() -> list[str]:
    """What others may not read: hidden, as this user may be root and programs inside then own the files."""
    if os.geteuid() != 0:
        return []
    args = []
    for entry in os.scandir("/etc"):
        if entry.is_symlink() or entry.stat().st_mode & stat.S_IROTH:
            continue
        args += ["--tmpfs", entry.path] if entry.is_dir() else ["--ro-bind", os.devnull, entry.path]
    return args


def system() -> list[str]:
    """A root with nothing but the system's programs, and scratch folders in memory."""
    args = [*NAMESPACES, *(["--disable-userns"] if "--disable-userns" in options() else [])]
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            args += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    args += [*secrets(), "--proc", "/proc", "--dev", "/dev"]
    for folder in SCRATCH:
        args += [*(["--size", str(SCRATCH_BYTES)] if "--size" in options() else []), "--tmpfs", folder]
    return args


def sealed() -> list[str]:
    """To come last. /proc is sealed because as root a program could write system settings below /proc/sys."""
    return ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]


def binds(paths: Iterable[Path]) -> list[str]:
    """Read-only at their own places, outer folders first."""
    ordered = sorted(set(paths), key=lambda path: (len(path.parts), path))
    return [arg for path in ordered for arg in ("--ro-bind", str(path), str(path))]


def needed(paths: Iterable[Path]) -> list[Path]:
    """``paths`` with where their links lead and with what virtual environments among them are based on."""
    found = [path.absolute() for path in paths if path.exists()]
    for path in tuple(found):
        for line in (path / "pyvenv.cfg").read_text().splitlines() if (path / "pyvenv.cfg").is_file() else ():
            key, _, value = line.partition("=")
            if key.strip() == "home" and Path(value.strip()).is_dir():
                home = Path(value.strip())
                found += [home.parent, *(link.resolve().parent.parent for link in home.glob("python3*"))]
    return list(dict.fromkeys(each for path in found for each in (path, path.resolve())))


def hasten_paths() -> list[Path]:
    """What the runner needs: the prefix of hasten's own Python."""
    return [Path(sys.base_prefix), Path(sys.base_exec_prefix), Path(interpreter()).parent.parent]


def mount_point(at: Path, like: Path) -> None:
    """Make ``at`` something that ``like`` can be mounted on."""
    at.parent.mkdir(parents=True, exist_ok=True)
    if like.is_dir():
        at.mkdir(exist_ok=True)
    else:
        at.touch()


def trusted() -> list[str]:
    here = Path(__file__).resolve().parent
    return [
        arg
        for name in TRUSTED
        for arg in ("--ro-bind", str(here / name), f"{TRUSTED_AT}/hasten/sandbox/{name}")
    ]


def available() -> str | None:
    """Why this backend does not work here, and what to do; ``None`` when it does. Runs ``true`` inside."""
    if sys.platform != "linux":
        return "it needs Linux"
    try:
        argv = [program(), *system(), *sealed(), "--", "true"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=PROBE_S, stdin=subprocess.DEVNULL)
    except SandboxError as error:
        return f"{error.message} {error.hint}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap cannot be run: {error}"
    if done.returncode == 0:
        return None
    said = (done.stderr.strip().splitlines() or ["bwrap failed"])[-1]
    return f"{said}. {advice()}"


def advice() -> str:
    """What usually stands in the way of user namespaces on this system."""
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    disabled = Path("/proc/sys/kernel/unprivileged_userns_clone")
    if restricted.exists() and restricted.read_text().strip() == "1":
        return "AppArmor keeps users from making namespaces: add a profile that allows `userns` for bwrap."
    if disabled.exists() and disabled.read_text().strip() == "0":
        return "User namespaces are turned off: set kernel.unprivileged_userns_clone to 1."
    return "In a container, user namespaces have to be allowed when it is started (docker: --privileged)."


class BubblewrapSandbox(RunnerSandbox):
    """Both sides of a pair see their tree at ``mount_at``, the path of the user's repository, and nothing of
    each other. Runners have to be started from a thread that lives as long as they do (``PR_SET_PDEATHSIG``).
    """

    name = "bubblewrap"
    confined = True

    def __init__(self, mount_at: Path, readable: Sequence[Path], scratch: Path) -> None:
        """See ``RunnerSandbox``. Paths of ``readable`` inside the repository are mounted over the tree."""
        super().__init__(mount_at.absolute(), needed(readable), scratch)

    def where(self, tree: Path) -> str:
        return str(self.mount_at)

    def launch(self, place: Place, home: Path) -> Launch:
        inside = [path for path in self.readable if is_below(path, self.mount_at) and path != self.mount_at]
        outside = [path for path in needed([*hasten_paths(), *self.readable]) if path not in inside]
        outside = [path for path in outside if not any(is_below(path, folder) for folder in SYSTEM)]
        exchange = [place.exchange] if place.exchange else []
        for path in (*inside, *exchange):
            if is_below(path, self.mount_at):
                mount_point(place.tree / path.relative_to(self.mount_at), path)
        folders = [Folder.beside(place.tree, name, home / f"live{i}") for i, name in enumerate(place.folders)]
        args = [*system(), *binds(outside), *trusted()]
        args += ["--bind" if place.writable else "--ro-bind", str(place.tree), str(self.mount_at)]
        for folder in folders:
            for source, at, writable in folder.layers(place.writable):
                args += ["--bind" if writable else "--ro-bind", source, str(self.mount_at / at)]
        args += binds(inside)
        for path in exchange:
            args += ["--bind", str(path), str(path)]
        argv = [program(), *args, *sealed()]
        for name, value in runner_env().items():
            argv += ["--setenv", name, value]
        setup = {"root": str(self.mount_at), "home": HOME, "tmp": "/tmp", "scratch": SCRATCH}
        return Launch(
            partial(Pipes, [*argv, "--", *runner_argv(TRUSTED_AT)], {}, place.tasks), setup, folders
        )
