"""A checkout that is installed in its own environment: what is measured is the tree, not the checkout."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from hasten.sandbox.registry import SANDBOXES
from tests.e2e.conftest import Hasten
from tests.support.shop_project import make_shop

pytestmark = pytest.mark.e2e
MODULE = """
def distinct(items: list[str]) -> list[str]:
    seen: list[str] = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen


def main() -> None:
    print(len(distinct([str(i % 3000) for i in range(15000)])))
"""


@pytest.mark.parametrize("layout", ["src", "."])
@pytest.mark.parametrize("sandbox", [name for name in SANDBOXES if not SANDBOXES[name].own_system])
def test_an_editable_install_does_not_hide_the_candidate(
    hasten: Hasten, tmp_path: Path, sandbox: str, layout: str
) -> None:
    if reason := SANDBOXES[sandbox].available():
        pytest.skip(reason)
    files = {f"{layout}/wares/__init__.py": "", f"{layout}/wares/core.py": MODULE, ".gitignore": ".venv/\n"}
    repo = make_shop(tmp_path / "checkout", files=files)
    venv.create(repo / ".venv")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = repo / ".venv" / "lib" / version / "site-packages"
    (site / "wares.pth").write_text(f"{(repo / layout).resolve()}\n")  # what `pip install -e` leaves behind
    script = repo / ".venv" / "bin" / "wares"
    script.write_text(f"#!{repo}/.venv/bin/python\nfrom wares.core import main\nmain()\n")
    script.chmod(0o755)
    ran = hasten("optimize", repo, "-w", ".venv/bin/wares", "--no-tests", "--sandbox", sandbox, "--json")
    assert ran.code == 0, ran
    assert ran.result["kept"][0]["target"].endswith("wares/core.py::distinct")
    assert ran.result["verdict"]["verdict"] == "accepted"
