"""A linked folder is one place, not two."""

from __future__ import annotations

from pathlib import Path

from hasten.agent.localize.links import resolve_links
from hasten.profilers.base import Frame, Profile


def test_frames_are_named_by_where_the_file_really_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "linked").symlink_to("../real")
    (tmp_path / "out").symlink_to("/usr")
    linked, direct = Frame("f", "/seen/pkg/linked/a.py", 3), Frame("f", "/seen/real/a.py", 3)
    other = Frame("g", "/seen/out/b.py", 1)
    profile = Profile({(linked,): 2.0, (direct,): 3.0, (other,): 1.0}, "py-spy")
    assert resolve_links(profile, "/seen", tmp_path).stacks == {(direct,): 5.0, (other,): 1.0}
