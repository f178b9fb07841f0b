from __future__ import annotations

import errno
import os
import py_compile
import shutil
import subprocess
from pathlib import Path

import pytest

from hasten import SandboxError, UsageError
from hasten.sandbox import tree as tree_module
from hasten.sandbox.tree import Trees, digest, source_files

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always")


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *IDENTITY, *args], cwd=folder, check=True, capture_output=True)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def repo(pattern: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pattern, tmp_path / "my répo", symlinks=True))


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Committed, changed, new, ignored, deleted, linked and executable files, and a submodule."""
    tmp_path = tmp_path_factory.mktemp("pattern")
    other = tmp_path / "other"
    write(other, {"lib.py": "lib\n"})
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "other")
    repo = tmp_path / "my répo"
    write(repo, {"a.py": "a\n", "deleted.py": "", "süb dir/b c.py": "b\n", ".gitignore": "ignored*\n.venv\n"})
    write(repo, {"tool": "#!/bin/sh\n", "ignored.dat": "x", ".venv/pyvenv.cfg": "", ".hasten/log": "x"})
    (repo / "tool").chmod(0o755)
    (repo / "link").symlink_to("süb dir/b c.py")
    (repo / "broken").symlink_to("nowhere")
    git(repo, "init", "-q")
    git(repo, "submodule", "add", "-q", str(other), "vendor/other")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "first")
    write(repo, {"a.py": "changed\n", "new.py": "new\n", "vendor/other/lib.py": "changed lib\n"})
    (repo / "deleted.py").unlink()
    return repo


FILES = [
    ".gitignore",
    ".gitmodules",
    "a.py",
    "broken",
    "link",
    "new.py",
    "süb dir/b c.py",
    "tool",
    "vendor/other/lib.py",
]


def test_source_files_are_what_is_in_the_working_tree(repo: Path) -> None:
    index = (repo / ".git" / "index").read_bytes(), (repo / ".git" / "index").stat().st_mtime_ns
    assert source_files(repo) == FILES
    assert index == ((repo / ".git" / "index").read_bytes(), (repo / ".git" / "index").stat().st_mtime_ns)


def test_source_files_of_a_folder_in_a_repository(repo: Path) -> None:
    assert source_files(repo / "süb dir") == ["b c.py"]


def test_source_files_of_a_plain_folder(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": "", "d/b.py": "", "env/pyvenv.cfg": "", "env/x.py": "", ".hasten/x": ""})
    write(
        tmp_path / "p", {"d/__pycache__/b.pyc": "", "node_modules/m/i.js": "", "p.egg-info/SOURCES.txt": ""}
    )
    (tmp_path / "p" / "up").symlink_to("..")
    assert source_files(tmp_path / "p") == ["a.py", "d/b.py", "up"]


def test_git_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(UsageError, match="git cannot list"):
        source_files(tmp_path)


def test_snapshot(repo: Path, tmp_path: Path) -> None:
    trees = Trees(tmp_path / "trees", link=False)
    tree = trees.snapshot(repo, also=["ignored.dat"])
    found = {p.relative_to(tree).as_posix() for p in tree.rglob("*") if p.is_symlink() or p.is_file()}
    assert found == {*FILES, "ignored.dat"}
    assert (tree / "a.py").read_text() == "changed\n"
    assert (tree / "a.py").stat().st_mtime_ns == (repo / "a.py").stat().st_mtime_ns
    assert os.access(tree / "tool", os.X_OK) and not os.access(tree / "a.py", os.X_OK)
    assert (tree / "link").readlink() == Path("süb dir/b c.py")
    assert (tree / ".venv").is_dir() and not list((tree / ".venv").iterdir())
    assert len(str(trees.copy(tree))) == len(str(tree))


@pytest.mark.parametrize("link", [True, False])
def test_derived_tree_leaves_its_base_alone(repo: Path, tmp_path: Path, link: bool) -> None:
    trees = Trees(tmp_path / "trees", link)
    base = trees.snapshot(repo)
    before = digest(base)
    new = trees.derive(
        base, {"a.py": "x\r\ny\u2028\n", "new.py": None, "deep/er/c.py": "c\n", "tool": "#!/bin/ls\n"}
    )
    assert digest(base) == before != digest(new)
    assert (new / "a.py").read_bytes() == "x\r\ny\u2028\n".encode()
    assert not (new / "new.py").exists()
    assert (new / "deep/er/c.py").read_text() == "c\n"
    assert os.access(new / "tool", os.X_OK)
    shared = (new / "süb dir/b c.py").stat().st_ino == (base / "süb dir/b c.py").stat().st_ino
    assert shared is link
    assert (new / "süb dir/b c.py").stat().st_mtime_ns == (base / "süb dir/b c.py").stat().st_mtime_ns
    own = trees.copy(new)
    (own / "süb dir/b c.py").write_text("written")
    assert (new / "süb dir/b c.py").read_text() == "b\n"


def test_edit_of_a_link_does_not_reach_what_it_points_to(repo: Path, tmp_path: Path) -> None:
    trees = Trees(tmp_path / "trees", link=True)
    base = trees.snapshot(repo)
    new = trees.derive(base, {"link": "own\n"})
    assert (new / "süb dir/b c.py").read_text() == "b\n"
    assert (new / "link").read_text() == "own\n" and not (new / "link").is_symlink()


def test_stale_byte_code_goes_and_the_rest_stays_valid(repo: Path, tmp_path: Path) -> None:
    trees = Trees(tmp_path / "trees", link=False)
    base = trees.snapshot(repo)
    for name in ("a.py", "new.py"):
        (base / name).write_text("pass\n")
        py_compile.compile(str(base / name), doraise=True)
    new = trees.derive(base, {"a.py": "1234\n"})
    assert [path.name.split(".")[0] for path in (new / "__pycache__").iterdir()] == ["new"]
    assert digest(trees.derive(new, {"a.py": "pass\n"})) == digest(base)


@pytest.mark.parametrize("path", ["/etc/x.py", "../x.py", "d/../../x.py", "out/x.py"])
def test_edits_stay_in_the_tree(tmp_path: Path, path: str) -> None:
    write(tmp_path / "repo", {"a.py": "", "d/b.py": ""})
    (tmp_path / "repo" / "out").symlink_to(tmp_path)
    trees = Trees(tmp_path / "trees", link=False)
    base = trees.snapshot(tmp_path / "repo")
    with pytest.raises(SandboxError, match="leads out"):
        trees.derive(base, {path: "x"})
    assert not (tmp_path / "x.py").exists()


def test_remove_and_clear(repo: Path, tmp_path: Path) -> None:
    trees = Trees(tmp_path / "trees", link=True)
    base = trees.snapshot(repo)
    new = trees.derive(base, {})
    (new / "süb dir").chmod(0o500)
    trees.remove(new)
    assert [base] == list((tmp_path / "trees").iterdir())
    with pytest.raises(SandboxError):
        trees.remove(repo)
    trees.clear()
    assert not list((tmp_path / "trees").iterdir())
    assert (repo / "a.py").read_text() == "changed\n"


def test_full_disk_is_said(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tree_module, "place", full)
    with pytest.raises(SandboxError, match="no space left"):
        Trees(tmp_path / "trees", link=False).snapshot(repo)
