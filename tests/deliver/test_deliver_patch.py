"""Patch files are read by git as they were meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hasten import UsageError
from hasten.agent.deliver.patch import unified_diff
from hasten.agent.deliver.repository import apply_patch

lines = st.lists(st.sampled_from(["a\n", "b\n", "\n", "  c\r\n", "x\u2028y\n", "\x0c\n", "é\n"]), max_size=12)
texts = st.builds(lambda body, tail: "".join(body) + tail, lines, st.sampled_from(["", "end", "end\n"]))


@given(old=texts, new=texts)
@settings(max_examples=25, deadline=None)
def test_git_applies_what_we_wrote(tmp_path_factory: pytest.TempPathFactory, old: str, new: str) -> None:
    folder = tmp_path_factory.mktemp("patch")
    file = folder / "dir" / "a file.py"
    file.parent.mkdir()
    file.write_bytes(old.encode())
    diff = unified_diff({"dir/a file.py": (old, new)})
    if old == new:
        assert diff == ""
        return
    (folder / "p.diff").write_bytes(diff.encode())
    apply_patch(folder, folder / "p.diff")
    assert file.read_bytes() == new.encode()


def test_new_and_deleted_files(tmp_path: Path) -> None:
    (tmp_path / "gone.py").write_text("x = 1\n")
    patch = tmp_path / "p.diff"
    patch.write_text(unified_diff({"gone.py": ("x = 1\n", None), "new.py": (None, "y = 2\n")}))
    apply_patch(tmp_path, patch)
    assert not (tmp_path / "gone.py").exists() and (tmp_path / "new.py").read_text() == "y = 2\n"


def test_a_patch_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("other\n")
    patch = tmp_path / "p.diff"
    patch.write_text(unified_diff({"a.py": ("x = 1\n", "x = 2\n"), "b.py": ("y = 1\n", "y = 2\n")}))
    with pytest.raises(UsageError, match="does not apply"):
        apply_patch(tmp_path, patch)
    assert (tmp_path / "a.py").read_text() == "x = 1\n"
