"""The judge as ``hasten optimize`` and ``hasten verify`` use it, in one sandbox, with a canary beside it."""

from __future__ import annotations

import secrets
import site
import socket
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import image_with_pytest
import pytest
from attack import GAINED, HELD_OUT, Attack
from depot_project import FILES, HONEST, WORKLOAD

from hasten.agent.judge.base import Baseline, Criteria
from hasten.agent.judge.judge import Judge
from hasten.agent.judge.policy import Changes
from hasten.agent.judge.sampling import alone, fault
from hasten.agent.settings import Settings
from hasten.agent.types import Verdict
from hasten.agent.workspace import Workspace, open_workspace
from hasten.sandbox import engine, image
from hasten.sandbox.base import Command
from hasten.sandbox.registry import SANDBOXES
from hasten.sandbox.tree import digest

KEY = "sk-this-is-the-key-of-the-user"
HOST_FOLDERS = ("/tmp", "/dev/shm", "/var/tmp", "/run")
LOOK = 'ls -A "$HOME" "$TMPDIR"; for f in /tmp /dev/shm /var/tmp /run; do ls -A $f | grep depot; done; true'


def unavailable(backend: str) -> str | None:
    """Why attacks cannot be tried in a backend here."""
    if reason := SANDBOXES[backend].available():
        return reason
    if backend == "docker" and not image.inspect(engine.connect(), image_with_pytest.BASE):
        return f"there is no image {image_with_pytest.BASE}: tests/sandbox/base_image.sh makes it"
    return None


def settings(backend: str, folder: Path) -> Settings:
    """Limits that a bomb reaches soon. The least gain is far above the noise, so that nobody has to wait for
    a decision: every attack claims much more."""
    python, readable = (None, []) if backend == "docker" else interpreter(folder / "venv")
    return Settings.model_validate(
        {
            "workloads": {"evening": WORKLOAD},
            "tests": "pytest -q -p no:cacheprovider",
            "python": str(python) if python else None,
            "sandbox": {
                "backend": backend,
                "image": image_with_pytest.build() if backend == "docker" else None,
                "memory_mb": 512,
                "processes": 64,
                "output_mb": 1,
                "test_timeout": 30.0,
                "readable": readable,
            },
            "judge": {"min_speedup": 1.3},
        }
    )


@dataclass(frozen=True)
class Court:
    """Everything about one backend."""

    space: Workspace
    judges: Mapping[bool, Judge]
    """By whether the author is trusted."""
    before: Path
    baseline: Baseline
    outside: Path
    home: Path
    server: socket.socket
    """Listens on the loopback of the host."""
    mark: str
    digest: str
    host: frozenset[str]
    scratch: frozenset[str]

    @property
    def backend(self) -> str:
        return self.space.sandbox.name

    def changes(self, attack: Attack) -> tuple[dict[str, str | None], Changes]:
        """The files with their places filled in, and the changes as the judge wants them."""
        places = {
            "@OUTSIDE@": str(self.outside),
            "@HOME@": str(self.home),
            "@BEFORE@": str(self.before),
            "@PORT@": str(self.server.getsockname()[1]),
        }
        texts = attack.texts(places)
        return texts, {path: (FILES.get(path), text) for path, text in texts.items()}

    def try_out(self, attack: Attack) -> Verdict:
        """The verdict of the judge on a change that is run, as ``hasten optimize`` comes to it where reading
        has nothing against it, which is the harder case, and as ``hasten verify`` does otherwise."""
        texts, changes = self.changes(attack)
        after = self.space.trees.derive(self.before, texts)
        kept = digest(after)
        try:
            verdict = (self.verify if attack.policy else self.optimize)(attack, after, changes)
            if self.space.sandbox.confined:
                assert digest(after) == kept, "the tree of the candidate was changed"
        finally:
            self.space.trees.remove(after)
        return verdict

    def verify(self, attack: Attack, after: Path, changes: Changes) -> Verdict:
        """Without the held-out workload where it cannot matter, to save time: nothing is gained before."""
        stop = attack.stopped_by(self.backend)
        unseen = stop is None or stop in (HELD_OUT, GAINED)
        return self.judges[True].judge(self.before, after, changes, self.baseline, held_out=unseen)

    def optimize(self, attack: Attack, after: Path, changes: Changes) -> Verdict:
        """The search, and the confirmation of what it would keep. Where only the confirmation can tell, the
        search is left out to save time."""
        judge, stop = self.judges[False], attack.stopped_by(self.backend)
        if stop != HELD_OUT:
            verdict = judge.judge(self.before, after, changes, self.baseline)
            if not verdict.accepted:
                return verdict
        return judge.confirm(self.before, after, changes, self.baseline)

    def honest(self) -> Verdict:
        """The verdict on the real improvement."""
        return self.try_out(Attack("honest", "is honest", HONEST, "", None))

    def canary(self) -> list[str]:
        """What an attack has left behind; empty when the machine and the next measurement are unharmed."""
        found = [f"process {pid}" for pid in self.processes()]
        found += [f"file {name}" for name in sorted(host_files() - self.host)]
        if {path.name for path in self.outside.iterdir()} != {"secret.txt"}:
            found.append("files outside")
        if digest(self.before) != self.digest:
            found.append("the tree of the program as it was is changed")
        if list(self.space.exchange.iterdir()):
            found.append("files in the exchange folder")
        found += [f"scratch {line}" for line in sorted(scratch(self.space, self.before) - self.scratch)]
        workload = self.space.open_workloads[0]
        bench = self.judges[True].bench(workload, self.baseline)
        if trouble := fault(bench, alone(bench, self.before)):
            found.append(f"the program as it was: {trouble.reason}")
        return found

    def processes(self) -> list[int]:
        """Processes of the host that still run and carry the mark that only programs under judgement get."""
        mark, found = self.mark.encode(), []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if mark in (folder / "environ").read_bytes():
                        found.append(int(folder.name))
                except OSError:
                    pass
        return found


def scratch(space: Workspace, tree: Path) -> frozenset[str]:
    """What a program finds in the folders that it may write to."""
    [seen] = space.sandbox.run([Command(("sh", "-c", LOOK), tree, env={"PATH": "/usr/bin:/bin"})])
    return frozenset(seen.stdout.decode().split("\n"))


def host_files() -> frozenset[str]:
    """Files of attacks in the places everybody may write to: all of them have ``depot`` in their names."""
    folders = [Path(each) for each in HOST_FOLDERS if Path(each).is_dir()]
    return frozenset(str(path) for folder in folders for path in folder.glob("*depot*"))


def interpreter(folder: Path) -> tuple[Path, list[str]]:
    """A virtual environment that starts fast and finds pytest, and what it needs to be able to read."""
    venv.create(folder, symlinks=True)
    packages = next(path for path in site.getsitepackages() if Path(path, "pytest").is_dir())
    lib = next((folder / "lib").glob("python3*/site-packages"))
    (lib / "packages.pth").write_text(packages + "\n")
    return folder / "bin" / "python", [packages]


def plant(folder: Path) -> tuple[Path, Path, Path]:
    """The repository, a folder of the host with a secret, and a home with a key."""
    repo, outside, home = folder / "repo", folder / "outside", folder / "home"
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    outside.mkdir()
    (outside / "secret.txt").write_text("the secret of the host\n")
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text("the private key of the user\n")
    return repo, outside, home


@contextmanager
def open_court(backend: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Court]:
    """The court over ``depot`` in ``backend``; skips the test where that does not work."""
    if reason := unavailable(backend):
        pytest.skip(f"{backend}: {reason}")
    repo, outside, home = plant(folder)
    patch.setenv("HASTEN_CACHE_DIR", str(folder / "cache"))
    patch.setenv("HOME", str(home))
    patch.setenv("OPENAI_API_KEY", KEY)
    mark = f"DEPOT_MARK_{secrets.token_hex(8)}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        open_workspace(repo, settings(backend, folder), f"attacks-{backend}") as space,
    ):
        base = replace(space.criteria, calibrate_s=0.0, env={**space.criteria.env, mark: "1"})
        judges = {
            trusted: judge_of(space, replace(base, trusted_author=trusted)) for trusted in (False, True)
        }
        before = space.snapshot()
        yield Court(
            space=space,
            judges=judges,
            before=before,
            baseline=judges[True].baseline(before),
            outside=outside,
            home=home,
            server=server,
            mark=mark,
            digest=digest(before),
            host=host_files(),
            scratch=scratch(space, before),
        )


def judge_of(space: Workspace, criteria: Criteria) -> Judge:
    return Judge(space.sandbox, space.trees, criteria, space.workloads, space.exchange)
