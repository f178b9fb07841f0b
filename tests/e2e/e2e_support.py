"""A small slow shop in a git repository, and hasten run on it as a person would: as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e_processes import descendants

from tests.support.shop_project import commit_all, git, write

PATIENCE_S = 300.0
"""A machine at work on other things may take this long over a whole run; no test asserts on it."""
POLL_S = 0.01

DISTINCT = '''\
"""Which customers ordered."""


def distinct(names: list[str]) -> list[str]:
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen
'''
KNOWN = '''\
"""Orders of known customers."""


def known(orders: list[str], customers: list[str]) -> list[str]:
    allowed = list(customers)
    found = []
    for order in orders:
        if order in allowed:
            found.append(order)
    return found
'''
REPORT = '''\
"""The report of a day."""

import sys

from shop.known import known
from shop.unique import distinct


def orders(count: int, step: int, size: int) -> list[str]:
    return [f"customer{(number * step) % size}" for number in range(count)]


def main() -> None:
    size = int(sys.argv[1])
    names = distinct(orders(3 * size, 7919, size))
    paid = known(orders(2 * size, 104729, size), [f"customer{number}" for number in range(0, size, 2)])
    print(len(names), names[-1])
    print(len(paid), paid[-1])


if __name__ == "__main__":
    main()
'''
TESTS = """\
from shop.known import known
from shop.unique import distinct


def test_distinct_keeps_the_first_of_each():
    assert distinct(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_known_keeps_the_order():
    assert known(["c", "x", "a", "c"], ["a", "c"]) == ["c", "a", "c"]
"""
SETTINGS = """\
tests = "pytest -q -p no:cacheprovider"
min_share = 0.01

[workloads.report]
command = "python -m shop.report 2600"

[rules]
include = ["seen-list", "list-membership"]

[model]
strategies = ["algorithm"]
targets = 1
"""
FILES = {
    "shop/__init__.py": "",
    "shop/unique.py": DISTINCT,
    "shop/known.py": KNOWN,
    "shop/report.py": REPORT,
    "tests/test_shop.py": TESTS,
    "hasten.toml": SETTINGS,
}
KEPT = {"shop/unique.py::distinct": "rules:seen-list", "shop/known.py::known": "rules:list-membership"}
"""What a run with the rules keeps: target -> origin."""

FAST_DISTINCT = "def distinct(names: list[str]) -> list[str]:\n    return list(dict.fromkeys(names))\n"


def shop(folder: Path, *, changes: Mapping[str, str] | None = None, commit: bool = True) -> Path:
    """The shop in ``folder``, committed unless it is to be a plain folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, {**FILES, **(changes or {})})
    if commit:
        git(folder, "init", "--quiet", "--initial-branch=main")
        commit_all(folder, "The shop")
    return folder


@dataclass(frozen=True)
class Done:
    """A finished hasten."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The result in the envelope; the envelope is checked on the way."""
        envelope = json.loads(self.out)
        assert set(envelope) == {"schema", "command", "ok", "result", "error"}
        assert envelope["schema"] == "hasten/1"
        assert envelope["ok"] is (envelope["error"] is None)
        return envelope["result"]

    @property
    def error(self) -> Any:
        """The error in the envelope."""
        envelope = json.loads(self.out)
        assert envelope["ok"] is False and envelope["result"] is None
        assert set(envelope["error"]) == {"code", "message", "hint"}
        return envelope["error"]


@dataclass
class Terminal:
    """Where hasten is started from: an environment of its own, and a cache folder nobody else uses."""

    cache: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        foreign = ("HASTEN_", "GIT_", "VIRTUAL_ENV", "PYTHON", "PYTEST", "OPENAI", "COV")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        path = f"{Path(sys.executable).parent}:{kept.get('PATH', '')}"  # a Python with pytest comes first
        own = {"HASTEN_CACHE_DIR": str(self.cache), "DOCKER_HOST": "unix:///nowhere/docker.sock"}
        return {**kept, "PATH": path, **own, **self.env, **extra}

    def start(self, *words: str, cwd: Path, err: Path, env: Mapping[str, str] | None = None) -> Running:
        """Start hasten in a session of its own, so that a signal to its group is what a terminal sends."""
        with err.open("ab") as stderr, err.with_suffix(".out").open("wb") as stdout:
            process = subprocess.Popen(
                [sys.executable, "-m", "hasten", *words],
                cwd=cwd,
                env=self.environment(env or {}),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=hear_ctrl_c,
            )
        return Running(process, err)

    def run(
        self,
        *words: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        patience_s: float = PATIENCE_S,
    ) -> Done:
        """Run hasten to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "hasten", *words],
            cwd=cwd,
            env=self.environment(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=patience_s,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@dataclass
class Running:
    """A hasten at work, its stderr in a file."""

    process: subprocess.Popen[bytes]
    err: Path

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until ``condition`` holds; the process must not end before."""
        ends = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, f"it ended before {what}: {self.err.read_text()}"
            assert time.monotonic() < ends, f"waited too long for {what}: {self.err.read_text()}"
            time.sleep(POLL_S)

    def end(self) -> Done:
        """Wait for the end."""
        code = self.process.wait(PATIENCE_S)
        return Done(code, self.err.with_suffix(".out").read_text(), self.err.read_text())

    def kill(self) -> list[tuple[int, str]]:
        """SIGKILL to hasten alone, as the kernel does when memory is short; the descendants it had."""
        below = descendants(self.process.pid)
        self.process.kill()
        self.process.wait(PATIENCE_S)
        return below

    def interrupt(self) -> list[tuple[int, str]]:
        """Ctrl-C: SIGINT to everything in the terminal's foreground."""
        below = descendants(self.process.pid)
        os.killpg(self.process.pid, signal.SIGINT)
        return below


def hear_ctrl_c() -> None:
    """In the child, as in a terminal: what a shell starts in the background ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def folder_of(repo: Path) -> Path | None:
    """The newest run's folder."""
    return max(repo.glob(".hasten/runs/*"), default=None)


def events(repo: Path) -> list[dict[str, Any]]:
    """Every whole event of the newest run's journal."""
    folder = folder_of(repo)
    if folder is None or not (folder / "journal.jsonl").is_file():
        return []
    *lines, _torn = (folder / "journal.jsonl").read_bytes().split(b"\n")
    return [json.loads(line)["event"] for line in lines]


def of_type(repo: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in events(repo) if event["type"] == kind]


def kept(repo: Path) -> dict[str, str]:
    """Target -> origin of what the newest run keeps, in the order it was kept."""
    proposed = {c["id"]: c for event in of_type(repo, "proposed") for c in event["candidates"]}
    return {
        proposed[event["candidate"]]["target"]: proposed[event["candidate"]]["origin"]
        for event in of_type(repo, "judged")
        if event["verdict"]["decision"] == "accepted"
    }


def prompts(requests: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a model server was sent, one text for each request."""
    for request in requests:
        yield "\n".join(f"{message['role']}: {message['content']}" for message in request["messages"])


def patched(repo: Path, patch: Path, folder: Path) -> dict[str, str]:
    """The sources of the repository's first commit with a patch applied, in a new ``folder``."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    write(folder, {name: text for name, text in FILES.items() if name.startswith("shop/")})
    git(folder, "apply", str(patch))
    return {name: (folder / name).read_text() for name in FILES if name.startswith("shop/")}


def on_branch(repo: Path, branch: str) -> dict[str, str]:
    """The sources as they are on a branch."""
    names = [name for name, text in FILES.items() if name.startswith("shop/") and text]
    return {"shop/__init__.py": "", **{n: git(repo, "show", f"{branch}:{n}") + "\n" for n in names}}
