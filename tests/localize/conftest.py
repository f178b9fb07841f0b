import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hasten.agent.facts import Facts
from hasten.agent.judge.base import Progress, silent
from hasten.agent.localize.facts import observe
from hasten.agent.localize.take import take_profile
from hasten.agent.types import Definition, Workload
from hasten.profilers.base import Profile
from hasten.sandbox.base import Limits
from hasten.sandbox.process import ProcessSandbox

REPORT = """\
import json
import re
import subprocess
import sys
from collections.abc import Sequence


def squares(n):
    return sum([i * i for i in range(n)])


def descend(depth):
    if depth == 0:
        return squares(40000)
    return descend(depth - 1)


def encode(rows):
    return len(json.dumps([{"row": i, "text": "x" * 20} for i in range(rows)]))


def match(text):
    return len(re.findall(r"(a+b)+c?", text))


def main(rounds):
    for _ in range(rounds):
        descend(3)
        encode(3000)
        match("aab" * 6000)


def spawn(rounds):
    subprocess.run([sys.executable, __file__, str(rounds)], check=True)


if __name__ == "__main__":
    spawn(int(sys.argv[2])) if sys.argv[1] == "spawn" else main(int(sys.argv[1]))
"""


class Place:
    """A tree, a sandbox and an exchange folder: what ``take_profile`` and ``observe`` are given."""

    def __init__(self, sandbox: ProcessSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.tree = folder / "tree"
        self.exchange = folder / "exchange"
        self.env = {"PATH": os.environ["PATH"]}
        self.limits = Limits(wall_s=60)
        for made in (self.tree, self.exchange):
            made.mkdir()

    def write(self, path: str, source: str) -> None:
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_text(source)

    def read(self, path: str) -> str | None:
        file = self.tree / path
        return file.read_text() if file.is_file() else None

    def workload(self, *argv: str) -> Workload:
        return Workload("report", argv or (sys.executable, "report.py", "40"), timeout_s=60)

    def profile(self, workload: Workload, progress: Progress = silent) -> tuple[Profile, str]:
        return take_profile(self.sandbox, workload, self.tree, self.env, self.limits, self.exchange, progress)

    def observe(self, workload: Workload, definitions: Sequence[Definition]) -> dict[str, Facts]:
        return observe(self.sandbox, workload, self.tree, self.env, self.limits, self.exchange, definitions)


@pytest.fixture
def place(tmp_path):
    with ProcessSandbox(tmp_path / "tree", [], tmp_path / "scratch") as sandbox:
        made = Place(sandbox, tmp_path)
        made.write("report.py", REPORT)
        yield made
        assert list(made.exchange.iterdir()) == []
