"""Several rewrites of one function: judged together, without the one that adds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_support import Terminal, events, shop

pytestmark = pytest.mark.e2e

DAY = '''\
"""The work of a day."""

import sys


def stamp(order: str) -> int:
    total = 0
    for number in range(100):
        total += number ^ len(order)
    return total


def work(orders: list[str], known: list[str]) -> list[int]:
    waiting = list(orders)
    served = 0
    while waiting:
        waiting.pop(0)
        served += 1
    found = 0
    for order in orders:
        if order in known:
            found += 1
    stamps = []
    for customer in orders:
        stamps.append(stamp(customer))
    return [served, found, sum(stamps)]


if __name__ == "__main__":
    size = int(sys.argv[1])
    names = [f"customer{(number * 7919) % size}" for number in range(size)]
    print(work(names, names[:400]))
'''
TESTS = """\
from shop.day import work


def test_work():
    assert work(["a", "b", "a"], ["a"])[:2] == [3, 2]
"""
SETTINGS = """\
tests = "pytest -q -p no:cacheprovider"

[workloads.day]
command = "python -m shop.day 40000"
"""


def test_a_bundle_is_kept_without_what_adds_nothing(tmp_path: Path) -> None:
    changes = {"shop/day.py": DAY, "tests/test_shop.py": TESTS, "hasten.toml": SETTINGS}
    repo = shop(tmp_path / "repo", changes=changes)
    rules = "list-membership,pop-front,append-comprehension"
    done = Terminal(tmp_path / "cache").run("optimize", "--rules", rules, "--json", cwd=repo)
    assert done.code == 0, done.err
    happened = events(repo)
    proposed = [e for e in happened if e["type"] == "proposed" and e["candidates"]]
    first = [c for c in proposed[0]["candidates"] if c["target"] == "shop/day.py::work"]
    assert len(first) == 4 and first[0]["origin"].count(",") == 2, done.err
    kept = [k["origin"] for k in done.data["kept"]]
    assert kept == ["rules:list-membership,pop-front"], done.err
    lean = next(c for e in proposed for c in e["candidates"] if c["parent"])
    assert lean["parent"] == first[0]["id"] and lean["origin"] == kept[0]
    text = Path(done.data["patch"]).read_text()
    assert "popleft" in text and "known_set" in text and "stamps.append" not in text
    # The rules looked at the new text, too, and what it still offered gained nothing.
    later = [e for e in happened if e["type"] == "localized" and e["generation"] == 1]
    assert len(later) == 1
