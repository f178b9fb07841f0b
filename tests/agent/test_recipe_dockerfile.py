"""The recipe of a Dockerfile that the repository has itself."""

from __future__ import annotations

from pathlib import Path

from hasten.agent.images.recipe import host_settings, own_dockerfile

FILES = {
    "Dockerfile": "FROM python:3.12-slim AS base\nFROM base\nCOPY . /app\n",
    "app.py": "print(1)\n",
    "notes/a.md": "text\n",
    "notes/keep.md": "text\n",
    "data/deep/big.bin": "0\n",
}


def context(repo: Path) -> set[str]:
    return set(own_dockerfile(repo, "Dockerfile", host_settings({}), ()).sources)


def test_ignored_files_are_no_part_of_it(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert context(tmp_path) == set(FILES)
    before = own_dockerfile(tmp_path, "Dockerfile", host_settings({}), ())
    assert before.bases == ("python:3.12-slim",)
    (tmp_path / ".dockerignore").write_text("# not needed\n\nnotes/*.md\n!notes/keep.md\n**/deep\n")
    assert context(tmp_path) == {".dockerignore", "Dockerfile", "app.py", "notes/keep.md"}
    ignoring = own_dockerfile(tmp_path, "Dockerfile", host_settings({}), ())
    (tmp_path / "notes" / "a.md").write_text("other text\n")
    assert own_dockerfile(tmp_path, "Dockerfile", host_settings({}), ()).digest == ignoring.digest
    (tmp_path / "app.py").write_text("print(2)\n")
    assert own_dockerfile(tmp_path, "Dockerfile", host_settings({}), ()).digest != ignoring.digest
