"""The one branch that is written; everything else of the user's repository stays as it was."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from hasten import DeliveryError, UsageError
from hasten.agent.deliver import repository
from hasten.agent.deliver.repository import CommitStep

ENV = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def run_git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, env=ENV, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "répo with space"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "mod.py").write_text("def f():\n    return 1\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "-m", "first")
    return folder


def fingerprint(folder: Path) -> dict[str, str]:
    """Everything but the object store, the new branch and its reflog."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "objects" not in path.parts and "hasten" not in path.parts
    }


def test_commits_land_on_a_new_branch_and_nothing_else_changes(repo: Path) -> None:
    (repo / "pkg" / "mod.py").write_text("def f():\n    return 1  # mine\n")
    before = fingerprint(repo)
    head = run_git(repo, "rev-parse", "HEAD").strip()
    commits = repository.commit_stack(
        repo,
        "hasten/x",
        head,
        [
            CommitStep("one\n\nbody", {"pkg/mod.py": b"def f():\n    return 2\n"}),
            CommitStep("two", {"run.sh": b"#!/bin/sh\n:\n"}),
        ],
    )
    assert fingerprint(repo) == before
    assert run_git(repo, "log", "--format=%s", "main..hasten/x").split() == ["two", "one"]
    assert run_git(repo, "rev-parse", "hasten/x").strip() == commits[-1]
    assert run_git(repo, "show", "hasten/x:pkg/mod.py") == "def f():\n    return 2\n"
    assert run_git(repo, "ls-tree", "hasten/x", "run.sh").startswith("100755")
    assert run_git(repo, "diff", "--stat", "main", "hasten/x", "--", "pkg").count("mod.py") == 1


def test_a_subfolder_of_a_repository_is_committed_below_its_prefix(repo: Path) -> None:
    head = run_git(repo, "rev-parse", "HEAD").strip()
    repository.commit_stack(repo / "pkg", "hasten/y", head, [CommitStep("m", {"mod.py": b"x = 1\n"})])
    assert run_git(repo, "show", "hasten/y:pkg/mod.py") == "x = 1\n"


def test_deleted_and_binary_files_can_be_committed(repo: Path) -> None:
    head = run_git(repo, "rev-parse", "HEAD").strip()
    repository.commit_stack(repo, "hasten/z", head, [CommitStep("m", {"run.sh": None, "b.bin": b"\x00\xff"})])
    assert run_git(repo, "ls-tree", "--name-only", "hasten/z").split() == ["b.bin", "pkg"]


def test_an_existing_branch_is_never_moved(repo: Path) -> None:
    run_git(repo, "branch", "hasten/x")
    head = run_git(repo, "rev-parse", "HEAD").strip()
    with pytest.raises(DeliveryError):
        repository.commit_stack(repo, "hasten/x", head, [CommitStep("m", {"a.py": b""})])
    assert run_git(repo, "rev-parse", "hasten/x").strip() == head


def test_a_branch_called_hasten_is_in_the_way_and_said(repo: Path) -> None:
    run_git(repo, "branch", "hasten")
    head = run_git(repo, "rev-parse", "HEAD").strip()
    with pytest.raises(DeliveryError, match="refused"):
        repository.commit_stack(repo, "hasten/x", head, [CommitStep("m", {"a.py": b""})])


def test_without_an_identity_the_commits_are_ours(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("HOME", str(repo.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(repo.parent))
    head = run_git(repo, "rev-parse", "HEAD").strip()
    repository.commit_stack(repo, "hasten/x", head, [CommitStep("m", {"a.py": b""})])
    assert run_git(repo, "log", "-1", "--format=%an", "hasten/x").strip() == "hasten"


def test_what_git_says_of_a_folder(repo: Path) -> None:
    clean = repository.inspect(repo)
    assert clean is not None and clean.dirty == () and clean.branch == "main" and clean.prefix == ""
    (repo / "pkg" / "new ü.py").write_text("")
    (repo / "run.sh").unlink()
    dirty = repository.inspect(repo)
    assert dirty is not None and dirty.dirty == ("pkg/new ü.py", "run.sh")
    inner = repository.inspect(repo / "pkg")
    assert inner is not None and inner.prefix == "pkg/" and inner.dirty == ("new ü.py",)
    run_git(repo, "checkout", "-q", "--detach")
    detached = repository.inspect(repo)
    assert detached is not None and detached.branch == "" and len(detached.head) == 40


def test_a_repository_without_commits_has_no_head(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("")
    found = repository.inspect(tmp_path)
    assert found is not None and found.head == "" and found.dirty == ("a.py",)


def test_a_plain_folder_is_no_checkout(tmp_path: Path) -> None:
    assert repository.inspect(tmp_path) is None


def test_runs_are_hidden_from_git_once(repo: Path) -> None:
    (repo / ".hasten").mkdir()
    (repo / ".hasten" / "x").write_text("")
    repository.exclude_runs(repo)
    repository.exclude_runs(repo)
    assert run_git(repo, "status", "--porcelain") == ""
    assert (repo / ".git" / "info" / "exclude").read_text().count(".hasten/") == 1


def test_a_commit_is_exported_whole_even_what_archives_leave_out(repo: Path, tmp_path: Path) -> None:
    (repo / ".gitattributes").write_text("run.sh export-ignore\n")
    run_git(repo, "add", "-A")
    run_git(repo, "commit", "-q", "-m", "attributes")
    out = tmp_path / "out"
    out.mkdir()
    repository.export_commit(repo, repository.resolve_commit(repo, "HEAD"), out)
    assert (out / "run.sh").exists() and (out / "pkg" / "mod.py").read_text() == "def f():\n    return 1\n"
    inner = tmp_path / "inner"
    inner.mkdir()
    repository.export_commit(repo / "pkg", repository.resolve_commit(repo, "HEAD"), inner)
    assert (inner / "mod.py").exists()


def test_an_unknown_revision_is_a_usage_error(repo: Path) -> None:
    with pytest.raises(UsageError, match="no commit 'nowhere'"):
        repository.resolve_commit(repo, "nowhere")


def test_submodules_are_known(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run_git(other, "init", "-q")
    run_git(other, "commit", "-q", "--allow-empty", "-m", "x")
    run_git(
        repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "vendor/other"
    )
    assert repository.submodules(repo) == ("vendor/other",)
