"""``hasten verify`` on changes that a person made: faster, no different, wrong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_support import DISTINCT, FAST_DISTINCT, Terminal, shop

from tests.support.shop_project import commit_all, fingerprint, git

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Terminal]]:
    """A repository with branches that are faster, no different and wrong."""
    folder = tmp_path_factory.mktemp("judged")
    repo = shop(folder / "shop")
    for name, text in {
        "faster": FAST_DISTINCT,
        "idle": DISTINCT.replace("seen", "found"),
        "wrong": FAST_DISTINCT.replace("list(dict.fromkeys(names))", "names[: len(set(names))]"),
    }.items():
        git(repo, "checkout", "--quiet", "-b", name, "main")
        (repo / "shop" / "unique.py").write_text(text)
        commit_all(repo, name)
    git(repo, "checkout", "--quiet", "main")
    yield repo, Terminal(folder / "cache")


def test_verify_accepts_a_real_gain(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    before = fingerprint(repo)
    done = terminal.run("verify", "main", "faster", "--json", cwd=repo)
    assert done.code == 0, done.err
    assert done.data["verdict"] == "accepted"
    assert done.data["changed"] == ["shop/unique.py"]
    assert done.data["tests"]["collected"] == 2
    assert done.data["workloads"][0]["ci"][0] > 1.5
    evidence = json.loads(Path(done.data["evidence"]).read_text())
    assert evidence["verdict"]["decision"] == "accepted"
    assert evidence["verdict"]["measurements"][0]["samples"]
    assert fingerprint(repo) == before


def test_verify_refuses_a_change_that_is_no_faster(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    done = terminal.run("verify", "main", "idle", "--json", cwd=repo)
    assert done.code == 1, done.err
    assert done.data["verdict"] != "accepted"
    assert done.data["gate"] == "speed"
    assert done.data["gates"]["tests"]


def test_verify_names_the_test_that_a_change_breaks(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    done = terminal.run("verify", "main", "wrong", cwd=repo)
    assert done.code == 1, done.err
    assert "tests/test_shop.py::test_distinct_keeps_the_first_of_each" in done.out


def test_verify_judges_a_patch_from_anywhere(judged: tuple[Path, Terminal], tmp_path: Path) -> None:
    repo, terminal = judged
    patch = tmp_path / "faster.diff"
    patch.write_text(git(repo, "diff", "main", "faster") + "\n")
    done = terminal.run("verify", "--patch", patch.name, "--repo", str(repo), "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.data["verdict"] == "accepted"
    assert git(repo, "status", "--porcelain") == ""


def test_verify_judges_the_working_tree(judged: tuple[Path, Terminal], tmp_path: Path) -> None:
    repo, terminal = tmp_path / "clone", judged[1]
    subprocess.run(["cp", "-a", str(judged[0]), str(repo)], check=True)
    nothing = terminal.run("verify", "--json", cwd=repo)
    assert nothing.code == 2 and "no difference" in nothing.error["message"]
    (repo / "shop" / "unique.py").write_text(FAST_DISTINCT.replace("dict.fromkeys(names)", "names"))
    before = fingerprint(repo)
    done = terminal.run("verify", "--json", "-q", cwd=repo)
    assert done.code == 1
    assert done.data["gate"] in ("output", "tests")
    assert done.err == ""
    assert fingerprint(repo) == before
