"""``hasten verify`` on changes that a person made: faster, no different, wrong."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        "sensing": "import os\n\nWHO = os.getpid()\n\n\n" + DISTINCT,
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
    assert len(evidence["verdict"]["measurements"][0]["raw"]) == done.data["workloads"][0]["pairs"]
    assert evidence["compared"]["before_commit"] == git(repo, "rev-parse", "main")
    assert fingerprint(repo) == before


def test_verify_refuses_a_change_that_is_no_faster(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    done = terminal.run("verify", "main", "idle", "--json", cwd=repo)
    assert done.code == 1, done.err
    assert done.data["verdict"] != "accepted"
    assert done.data["gate"] == "speed"
    assert done.data["gates"]["tests"]


def test_verify_points_out_what_a_candidate_would_be_refused_for(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    done = terminal.run("verify", "main", "sensing", "--json", cwd=repo)
    assert done.code == 1, done.err
    notes = [note for note in done.data["notes"] if note.startswith("Worth a look: ")]
    assert notes == ["Worth a look: shop/unique.py introduces os.getpid, which looks at its surroundings."]


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
    words = shlex.split(done.data["reproduce"])
    assert words[2:4] == [git(repo, "rev-parse", "HEAD"), "--patch"], "the working tree will have changed"
    git(repo, "apply", "--reverse", "--check", words[4])
    assert fingerprint(repo) == before


# Evidence.


@pytest.fixture(scope="module")
def proven(judged: tuple[Path, Terminal]) -> dict[str, Any]:
    """What ``verify main faster`` says."""
    repo, terminal = judged
    done = terminal.run("verify", "main", "faster", "--max-cpu-growth", "1.2", "--json", cwd=repo)
    assert done.code == 0, done.err
    return dict(done.data)


def test_the_evidence_is_rechecked_without_the_repository(
    judged: tuple[Path, Terminal], proven: dict[str, Any], tmp_path: Path
) -> None:
    alone = tmp_path / "elsewhere.json"
    alone.write_text(Path(proven["evidence"]).read_text())
    again = judged[1].run("verify", "--recheck", alone.name, "--json", cwd=tmp_path)
    assert again.code == 0, again.err
    assert again.data["reproduced"] is True and again.data["faults"] == []
    assert again.data["workloads"][0]["speedup"] == proven["workloads"][0]["speedup"]
    assert list(tmp_path.iterdir()) == [alone]
    said = judged[1].run("verify", "--recheck", alone.name, cwd=tmp_path)
    assert "The samples give the same: accepted." in said.out
    assert "not rechecked: that the tests pass" in said.out


def test_a_forged_file_is_named_as_such(
    judged: tuple[Path, Terminal], proven: dict[str, Any], tmp_path: Path
) -> None:
    content = json.loads(Path(proven["evidence"]).read_text())
    content["verdict"]["measurements"][0]["speedup"] = 17.0
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(content))
    done = judged[1].run("verify", "--recheck", str(forged), cwd=tmp_path)
    assert done.code == 1
    assert "the speedup: the file says 17, its samples give" in done.out


def test_the_report_and_its_plots_lie_beside_the_evidence(proven: dict[str, Any]) -> None:
    report = Path(proven["report"])
    text = report.read_text()
    assert proven["reproduce"] in text and "It computes on one core" in text
    pictures = sorted(path.name for path in report.parent.glob("*.svg"))
    assert pictures == ["1-report-interval.svg", "1-report-pairs.svg"]
    assert "+++ b/shop/unique.py" in (report.parent / "change.diff").read_text()


def test_the_command_in_the_evidence_measures_it_again(
    judged: tuple[Path, Terminal], proven: dict[str, Any], tmp_path: Path
) -> None:
    words = shlex.split(proven["reproduce"])
    assert words[:2] == ["hasten", "verify"] and words[-2:] == ["--max-cpu-growth", "1.2"]
    done = judged[1].run(*words[1:], "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    first, second = (json.loads(Path(d["evidence"]).read_text())["compared"] for d in (proven, done.data))
    for side in ("before_commit", "after_commit", "before_tree", "after_tree", "changed"):
        assert first[side] == second[side] != ""


# Two folders.


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The shop before and after, without git, settings on both sides."""
    before = shop(tmp_path / "before", commit=False)
    return before, shop(tmp_path / "after", changes={"shop/unique.py": FAST_DISTINCT}, commit=False)


def test_two_folders_are_compared(judged: tuple[Path, Terminal], folders: tuple[Path, Path]) -> None:
    (folders[1] / "hasten.toml").write_text("nonsense = true\n")  # the side that is judged does not count
    done = judged[1].run("verify", "before", "after", "--no-tests", "--json", cwd=folders[0].parent)
    assert done.code == 0, done.err
    assert done.data["compared"]["kind"] == "folders"
    assert done.data["changed"] == ["hasten.toml", "shop/unique.py"]
    assert Path(done.data["evidence"]).is_relative_to(folders[0] / ".hasten" / "verify")
    assert not (folders[1] / ".hasten").exists()


def test_a_revision_wins_over_a_folder_of_its_name(judged: tuple[Path, Terminal], tmp_path: Path) -> None:
    repo, terminal = tmp_path / "clone", judged[1]
    subprocess.run(["cp", "-a", str(judged[0]), str(repo)], check=True)
    (repo / "faster").mkdir()
    said = terminal.run("verify", "main", "faster", "--patch", "x.diff", cwd=repo)
    assert said.code == 2 and "exclude each other" in said.err
    half = terminal.run("verify", "main", "./faster", cwd=repo)
    assert half.code == 2 and "'./faster' is a folder" in half.err
    done = terminal.run("verify", "main", "faster", "--no-tests", cwd=repo)
    assert done.code == 0, done.err
    assert "'faster' is read as a revision; write ./faster for the folder." in done.err


# A tree against itself.


def test_a_tree_is_judged_against_itself(judged: tuple[Path, Terminal]) -> None:
    repo, terminal = judged
    before = fingerprint(repo)
    done = terminal.run("verify", "--aa", str(repo), "--seconds", "4", "--json", cwd=repo.parent)
    assert done.code == (1 if done.data["accepted"] else 0), done.err
    [workload] = done.data["workloads"]
    assert done.data["decisions"] == workload["decisions"] >= 1
    assert workload["pairs"] >= 8 and 0 < workload["noise"] < 1
    assert 0 < done.data["false_accept_upper_95"] <= 1
    assert workload["replayed"]["overlapping"] is True
    session = json.loads(Path(done.data["evidence"]).read_text())
    assert len(session["workloads"][0]["measurements"]) == workload["decisions"]
    assert fingerprint(repo) == before


# The command line.


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--recheck", "none.json"), "There is no evidence file none.json"),
        (("--recheck", "hasten.toml"), "hasten.toml is damaged"),
        (("--recheck", "none.json", "main"), "--recheck takes everything from the evidence file"),
        (("--recheck", "none.json", "--min-speedup", "2"), "nothing else can be given"),
        (("--aa", "main", "faster"), "--aa judges one tree against itself"),
        (("--aa", "--seconds", "0"), "--seconds has to be above 0"),
        (("main", "--seconds", "3"), "--seconds goes with --aa only"),
        (("main", "--patch", "none.diff"), "There is no patch file none.diff"),
        (("main", "faster", "--metric", "joules"), "There is no metric 'joules'"),
        (("main", "faster", "--min-speedup", "1"), "greater than or equal to 1.01"),
        (("main", "faster", "--minutes", "0"), "greater than 0"),
        (("shop", "tests"), "holds no Python source files"),
        (("shop",), "'shop' is a folder"),
        (("./nothing", "main"), "There is no commit './nothing'"),
    ],
)
def test_mistakes_are_told(
    judged: tuple[Path, Terminal], words: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    repo = tmp_path / "clone"
    subprocess.run(["cp", "-a", str(judged[0]), str(repo)], check=True)
    shutil.rmtree(repo / ".hasten", ignore_errors=True)
    if words == ("shop", "tests"):
        (repo / "tests" / "test_shop.py").unlink()
        (repo / "tests" / "data.csv").write_text("1\n")
    done = judged[1].run("verify", *words, "--json", cwd=repo)
    assert done.code == 2, done.out
    assert told in done.error["message"] + done.error["hint"]
    assert done.error["hint"]
    assert not (repo / ".hasten").exists()


def test_the_help_shows_how(judged: tuple[Path, Terminal]) -> None:
    said = judged[1].run("verify", "--help", cwd=judged[0]).out
    for words in ("hasten verify main my-branch", "./before ./after", "--recheck", "--aa --seconds 120"):
        assert words in said
