"""Repositories in every state they come in: hasten works, says what is different, and touches nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Hasten, needs_mounts, unshared
from tests.support.shop_project import (
    FILES,
    JOB,
    REPORT,
    WORKLOAD,
    Ran,
    branches,
    commit_all,
    fingerprint,
    git,
    make_shop,
    write,
)

pytestmark = pytest.mark.e2e

Shop = Callable[..., Path]
OUTPUT_ONLY = ("-w", WORKLOAD, "--no-tests")


def improved(ran: Ran, repo: Path, *, branch: bool = True) -> str:
    """The patch of a run that kept the rule's edit; checks where the result is."""
    result = ran.result
    assert result["state"] == "improved", ran.said
    [kept] = result["kept"]
    assert (kept["origin"], kept["target"].rpartition("::")[2]) == ("rules:list-membership", "known")
    [workload] = result["verdict"]["workloads"]
    assert workload["ci"][0] > 2, ran.said
    assert branches(repo) == ([result["branch"]] if branch else []) if (repo / ".git").exists() else True
    assert bool(result["branch"]) == branch, ran.said
    patch = Path(result["patch"]).read_text(encoding="utf-8")
    assert "+    members_set = set(members)\n" in patch
    return patch


def test_without_tests_every_verdict_says_so(hasten: Hasten, shop: Shop) -> None:
    repo = shop()
    before = fingerprint(repo)
    ran = hasten("optimize", repo, *OUTPUT_ONLY, "--json")
    improved(ran, repo)
    for verdict in (ran.result["verdict"], *ran.result["kept"]):
        assert "tests" not in verdict["gates"]
        assert "no tests: behaviour was checked by it alone" in verdict["gates"]["output"]
    assert "behaviour is checked by output alone" in ran.err
    assert "checked by the workload's output alone" in git(repo, "log", "-1", "--format=%B", *branches(repo))
    assert "behaviour was checked by the output alone" in hasten("show", "--repo", repo).out
    assert fingerprint(repo) == before and hasten.leftovers == []


def test_failing_tests_are_left_out_when_the_user_says_so(hasten: Hasten, shop: Shop) -> None:
    failing = "import shop.report\n\ndef test_of_old():\n    assert shop.report.known([], []) == 7\n"
    repo = shop(files={**FILES, "tests/test_old.py": failing})
    before = fingerprint(repo)
    ran = hasten("optimize", repo, *JOB, "--allow-failing-tests", "--json")
    improved(ran, repo)
    assert "4 tests, 1 failing left out" in ran.err
    assert ran.result["verdict"]["gates"]["tests"] == "3 tests as before (1 not counted)"
    assert "3 tests (1 left out)" in git(repo, "log", "-1", "--format=%B", *branches(repo))
    assert fingerprint(repo) == before and hasten.leftovers == []


def test_uncommitted_changes_take_part_and_stay(hasten: Hasten, shop: Shop) -> None:
    repo = shop(files={**FILES, "old.py": "old = True\n", ".gitignore": "*.log\n", "notes.txt": "1\n"})
    write(repo, {"notes.txt": "2\n", "new.py": "", "trace.log": "ignored\n"})
    write(repo, {"shop/report.py": REPORT.replace("print(known", 'print("changed", known')})
    (repo / "old.py").unlink()
    git(repo, "add", "new.py")
    before, status = fingerprint(repo), git(repo, "status", "--porcelain")
    ran = hasten("optimize", repo, *JOB, "--json")
    improved(ran, repo)
    [branch] = branches(repo)
    assert fingerprint(repo) == before and hasten.leftovers == []
    assert git(repo, "status", "--porcelain") == status
    on_branch = git(repo, "show", f"{branch}:shop/report.py")
    assert 'print("changed", known' in on_branch and "members_set" in on_branch
    assert git(repo, "diff", "--name-status", "main", f"{branch}~1").split("\n") == [
        "A\tnew.py",
        "M\tnotes.txt",
        "D\told.py",
        "M\tshop/report.py",
    ]
    assert git(repo, "diff", "--name-only", f"{branch}~1", branch) == "shop/report.py"
    assert git(repo, "log", "--format=%s", f"main..{branch}").count("\n") == 1


def test_a_detached_head(hasten: Hasten, shop: Shop) -> None:
    repo = shop()
    write(repo, {"later.py": ""})
    commit_all(repo, "Later")
    git(repo, "checkout", "--quiet", "--detach", "main~1")
    before = fingerprint(repo)
    ran = hasten("optimize", repo, *OUTPUT_ONLY, "--json")
    improved(ran, repo)
    assert fingerprint(repo) == before and hasten.leftovers == []
    assert git(repo, "merge-base", *branches(repo), "main") == git(repo, "rev-parse", "main~1")


def test_a_shallow_clone(hasten: Hasten, shop: Shop, tmp_path: Path) -> None:
    origin = shop("origin")
    write(origin, {"later.py": ""})
    commit_all(origin, "Later")
    repo = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", origin.as_uri(), str(repo))
    before = fingerprint(repo)
    ran = hasten("optimize", repo, *OUTPUT_ONLY, "--json")
    improved(ran, repo)
    assert fingerprint(repo) == before and hasten.leftovers == []
    assert git(repo, "rev-parse", f"{branches(repo)[0]}~1") == git(repo, "rev-parse", "HEAD")


@pytest.mark.parametrize("where", ["beside", "inside"])
def test_a_submodule(hasten: Hasten, shop: Shop, tmp_path: Path, where: str) -> None:
    """The slow function may lie in it: then there is a patch, as the branch cannot hold the edit."""
    inside = where == "inside"
    part = tmp_path / "part"
    make_shop(part, files={"report.py": REPORT, "__init__.py": ""})
    repo = shop(files={"main.py": "from lib.report import main\n\nmain()\n"} if inside else FILES)
    git(repo, "submodule", "--quiet", "add", part.as_uri(), "lib")
    commit_all(repo, "With its part")
    before = fingerprint(repo)
    workload = "python main.py 12000" if inside else WORKLOAD
    ran = hasten("optimize", repo, "-w", workload, "--no-tests", "--json")
    patch = improved(ran, repo, branch=not inside)
    assert fingerprint(repo) == before and hasten.leftovers == []
    assert branches(repo / "lib") == []
    if inside:
        assert "--- a/lib/report.py" in patch
        assert "lib/report.py lies in a submodule" in ran.result["note"]
        assert hasten("apply", "--repo", repo).code == 0
        assert "members_set" in (repo / "lib/report.py").read_text()


@pytest.mark.parametrize("tracked", [True, False], ids=["no commits", "no git"])
def test_nothing_to_commit_on(hasten: Hasten, shop: Shop, tracked: bool) -> None:
    """In a place with spaces and letters from elsewhere."""
    repo = shop("Zürich – 商店 'shop'", tracked=False)
    if tracked:
        git(repo, "init", "--quiet")
    before = fingerprint(repo)
    ran = hasten("optimize", repo, *(JOB if tracked else OUTPUT_ONLY), "--json")
    improved(ran, repo, branch=False)
    assert fingerprint(repo) == before and hasten.leftovers == []
    assert "no commit to build on, so the result is the patch file alone" in ran.result["note"]
    assert not tracked or git(repo, "rev-list", "--all") == ""
    applied = hasten("apply", "--repo", repo)
    assert applied.code == 0 and "shop/report.py" in applied.out, applied.said
    assert "members_set" in (repo / "shop/report.py").read_text(encoding="utf-8")


def test_a_folder_of_a_larger_repository_in_an_odd_place(hasten: Hasten, tmp_path: Path) -> None:
    top = tmp_path / "größer als nötig"
    repo = top / "le café"
    write(top, {"other.py": "", **{f"le café/{name}": text for name, text in FILES.items()}})
    git(top, "init", "--quiet")
    commit_all(top, "Everything")
    before = fingerprint(top)
    ran = hasten("optimize", repo, *OUTPUT_ONLY, "--json")
    result = ran.result
    assert result["state"] == "improved", ran.said
    assert fingerprint(top) == before and hasten.leftovers == []
    assert branches(top) == [result["branch"]]
    [changed] = git(top, "diff", "-z", "--name-only", "HEAD", result["branch"]).rstrip("\0").split("\0")
    assert changed == "le café/shop/report.py"
    assert git(top, "status", "--porcelain") == ""


@needs_mounts
def test_a_read_only_repository_with_its_runs_elsewhere(hasten: Hasten, shop: Shop, tmp_path: Path) -> None:
    repo, runs = shop(), tmp_path / "runs"
    before = fingerprint(repo)
    sealed = unshared('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', repo)
    ran = hasten("optimize", repo, *OUTPUT_ONLY, "--runs-dir", runs, "--json", before=sealed)
    improved(ran, repo, branch=False)
    assert "git refused to write the branch" in ran.result["note"]
    assert "hasten apply" in ran.result["note"]
    assert fingerprint(repo) == before and not (repo / ".hasten").exists() and hasten.leftovers == []
    assert (runs / "runs" / ran.result["run"] / "report.md").is_file()
    applied = hasten("apply", "--repo", repo, "--runs-dir", runs)
    assert applied.code == 0, applied.said


def test_no_function_of_the_repository_runs(hasten: Hasten, shop: Shop) -> None:
    repo = shop()
    before = fingerprint(repo)
    ran = hasten("optimize", repo, "-w", "python -c 'print(sum(range(6_000_000)))'", "--no-tests")
    words = "no measurable time in functions of this repository"
    assert ran.code == 3 and words in ran.err and "hasten profile" in ran.err, ran.said
    assert "Traceback" not in ran.err
    assert fingerprint(repo) == before and not (repo / ".hasten").exists() and hasten.leftovers == []


def test_git_that_refuses_to_read_is_quoted(hasten: Hasten, shop: Shop) -> None:
    repo = shop()
    shutil.rmtree(repo / ".git/refs")
    ran = hasten("optimize", repo, *OUTPUT_ONLY)
    assert ran.code == 2 and "git cannot list the files" in ran.err and " hint: See what 'git" in ran.err
