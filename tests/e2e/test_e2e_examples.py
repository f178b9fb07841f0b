"""The examples keep the edits that their page promises, in every sandbox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from e2e_support import Terminal

from hasten.sandbox import engine, image
from hasten.sandbox.registry import SANDBOXES
from tests.support.openai_server import ModelServer, answer, patch

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
    "textindex": {"textindex/corpus.py::Corpus.document_frequency": "model:openai/scripted"},
}
"""Example -> target -> origin of what is kept. Only where no rule applies is a model asked."""
ONCE_PER_QUERY = patch(
    {
        "textindex/ranking.py::helpers": """\
def _score(document: Document, wanted: list[str], average: float, rarities: dict[str, float]) -> float:
    damping = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * (document.length / (average or 1)))
    total = 0.0
    for term in wanted:
        count = document.counts[term]
        if count:
            total += rarities[term] * count * (SATURATION + 1) / (count + damping)
    return total
""",
        "textindex/ranking.py::search": """\
def search(corpus: Corpus, query: str, limit: int = 10) -> list[Hit]:
    wanted = terms(query)
    average = corpus.average_length()
    rarities = {term: rarity(term, corpus) for term in wanted}
    hits = [Hit(document, _score(document, wanted, average, rarities)) for document in corpus.documents]
    found = [hit for hit in hits if hit.score > 0]
    return sorted(found, key=lambda hit: -hit.score)[:limit]
""",
    },
    "Take the collection's figures once per query",
)
"""What was written by hand from the prompt alone."""
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
    with ModelServer([answer(ONCE_PER_QUERY), answer("NOTHING TO GAIN: it is fast enough.")]) as server:
        if example == "textindex":
            words = (*words, "--model", "openai/scripted", "--api-base", server.url)
        done = terminal.run(*words, cwd=repo, patience_s=1800.0)
    assert done.code == 0, done.err
    assert f"sandbox {sandbox}" in done.err
    assert "(py-spy)" in done.err, "the profiler works in there"
    kept = {edit["target"]: edit["origin"] for edit in done.data["kept"]}
    assert kept == PROMISED[example], done.err
    [workload] = done.data["verdict"]["workloads"]
    assert workload["ci"][0] > 1.5
