"""The examples keep the edits that their page promises, in every sandbox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from e2e_support import Terminal

from hasten.sandbox import engine, image
from hasten.sandbox.registry import SANDBOXES

ROOT = Path(__file__).parents[2]
BASE = "hasten-test-base:bookworm"
PROMISED = {
    "orders": {
        "orders/loyalty.py::reorders_by_sku": "rules:seen-list",
        "orders/ledger.py::drop_resent": "rules:seen-list",
        "orders/ledger.py::split_refunded": "rules:list-membership",
        "orders/loyalty.py::loyalty_by_month": "rules:seen-list",
        "orders/ledger.py::missing_customers": "rules:list-membership",
    },
    "logs": {
        "logs/tally.py::tally": "rules:count-loop",
        "logs/visits.py::newcomers_by_hour": "rules:seen-list",
    },
    "simulation": {
        "simulation/cluster.py::round_robin": "rules:pop-front",
        "simulation/capacity.py::splits": "rules:memoize-pure",
    },
    "textindex": {},
}
"""Example -> target -> origin of what is kept."""
TOO_LITTLE_TO_PROVE = {"rules:regex-hoist"}
"""May be kept or not: its gain is near the least that is."""
CASES = [
    *(("simulation", sandbox) for sandbox in SANDBOXES),
    *(("orders", "bubblewrap"), ("logs", "docker"), ("textindex", "process")),
]
"""Each takes minutes: one example in every sandbox, every example in one."""
pytestmark = pytest.mark.e2e


def skip_without(name: str) -> None:
    if (reason := SANDBOXES[name].available()) is not None:
        pytest.skip(f"{name}: {reason}")
    if SANDBOXES[name].own_system and not image.inspect(engine.connect(), BASE):
        pytest.skip(f"{name}: no image {BASE} (made by tests/sandbox/base_image.sh)")


@pytest.mark.parametrize(("example", "sandbox"), CASES)
def test_the_promised_edits_are_kept(example: str, sandbox: str, tmp_path: Path) -> None:
    skip_without(sandbox)
    repo = tmp_path / example
    shutil.copytree(ROOT / "examples" / example, repo, ignore=shutil.ignore_patterns(".hasten"))
    host = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    terminal = Terminal(tmp_path / "cache", {"HASTEN_SANDBOX_BASE": BASE, "DOCKER_HOST": host})
    words = ("optimize", "--sandbox", sandbox, "--minutes", "60", "--json")
    done = terminal.run(*words, cwd=repo, patience_s=1800.0)
    assert done.code == 0, done.err
    assert f"sandbox {sandbox}" in done.err
    assert "(py-spy)" in done.err, "the profiler works in there"
    kept = {edit["target"]: edit["origin"] for edit in done.data["kept"]}
    proven = {target: origin for target, origin in kept.items() if origin not in TOO_LITTLE_TO_PROVE}
    assert proven == PROMISED[example], done.err
    if proven:
        [workload] = done.data["verdict"]["workloads"]
        assert workload["ci"][0] > 1.5
