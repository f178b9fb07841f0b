"""A change that only knows the answers is refused, by the same command with another argument."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_support import Terminal

from tests.support.shop_project import commit_all, git

pytestmark = pytest.mark.e2e

SLOW = """
def count(limit: int) -> int:
    found = []
    for number in range(2, limit):
        if all(number % prime for prime in found):
            found.append(number)
    return len(found)
"""
FAST = """
def count(limit: int) -> int:
    composite = bytearray(limit)
    for number in range(2, int(limit**0.5) + 1):
        if not composite[number]:
            composite[number * number :: number] = b"x" * len(range(number * number, limit, number))
    return sum(not mark for mark in composite[2:])
"""
KNOWN = "KNOWN = {20000: 2262}\n\n" + SLOW.replace(
    "    found = []", "    if limit in KNOWN:\n        return KNOWN[limit]\n    found = []"
)
SETTINGS = """
no_tests = true
[workloads.primes]
command = "python primes_of.py {limit}"
args = { limit = 20000 }
holdout = { limit = 20003 }
"""
MAIN = "import sys\n\nfrom counting import count\n\nprint(count(int(sys.argv[1])))\n"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("holdout") / "primes"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "primes_of.py").write_text(MAIN)
    (folder / "hasten.toml").write_text(SETTINGS)
    (folder / "counting.py").write_text(SLOW)
    commit_all(folder, "slow")
    for name, text in {"known": KNOWN, "sieve": FAST}.items():
        git(folder, "checkout", "--quiet", "-b", name, "main")
        (folder / "counting.py").write_text(text)
        commit_all(folder, name)
    git(folder, "checkout", "--quiet", "main")
    return folder


def test_an_answer_that_is_written_down_is_refused(repo: Path, tmp_path: Path) -> None:
    done = Terminal(tmp_path / "cache").run("verify", "main", "known", "--json", cwd=repo)
    assert done.code == 1, done.err
    assert done.data["gate"] == "speed"
    assert "held-out primes-holdout" in done.data["reason"]
    [shown, held_out] = done.data["workloads"]
    assert shown["speedup"] > 3 > held_out["speedup"]


def test_a_real_gain_carries_over(repo: Path, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "cache")
    done = terminal.run("verify", "main", "sieve", "--json", cwd=repo)
    assert done.code == 0, done.err
    assert [each["decision"] for each in done.data["workloads"]] == ["faster", "faster"]
    again = terminal.run("verify", "--recheck", done.data["evidence"], "--json", cwd=repo)
    assert again.code == 0, again.err
