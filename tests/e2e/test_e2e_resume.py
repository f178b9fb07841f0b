"""A run that is killed or interrupted, at any moment, goes on as if nothing had happened."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e_processes import wait_until_gone
from e2e_support import (
    DISTINCT,
    KEPT,
    Done,
    Running,
    Terminal,
    events,
    folder_of,
    kept,
    of_type,
    on_branch,
    patched,
    shop,
)

from tests.support.shop_project import fingerprint, git

pytestmark = pytest.mark.e2e

Moment = Callable[[Path, Running], bool]


def after(kind: str, count: int = 1) -> Moment:
    """Once the journal has ``count`` events of a kind."""
    return lambda repo, _: len(of_type(repo, kind)) >= count


def measuring(verdicts: int) -> Moment:
    """In the middle of the measurements that come after so many verdicts."""

    def reached(repo: Path, running: Running) -> bool:
        pairs = re.findall(r" after \d+ pairs", running.err.read_text())
        return len(of_type(repo, "judged")) == verdicts and len(pairs) >= 3

    return reached


MOMENTS: dict[str, Moment] = {
    "started": after("started"),
    "prepared": after("prepared"),
    "proposed": after("proposed"),
    "measuring": measuring(0),
    "judged": after("judged"),
    "localized again": after("localized", 2),
    "second judged": after("judged", 2),
    "confirming": measuring(2),
}


@dataclass(frozen=True)
class Survivor:
    """A run that was killed at every one of ``MOMENTS`` and resumed each time."""

    repo: Path
    terminal: Terminal
    before: dict[str, str]
    done: Done


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Survivor:
    folder = tmp_path_factory.mktemp("killed")
    terminal, repo = Terminal(folder / "cache"), shop(folder / "shop")
    before = fingerprint(repo)
    words: tuple[str, ...] = ("optimize", ".", "-v")
    died_with_children = set()
    for name, moment in MOMENTS.items():
        running = terminal.start(*words, cwd=repo, err=folder / name)
        running.until(lambda moment=moment, running=running: moment(repo, running), name)  # type: ignore[misc]
        below = running.kill()
        died_with_children |= {name} if below else set()
        wait_until_gone(below, str(terminal.cache))
        assert fingerprint(repo) == before, name
        words = ("resume", "-v")
    assert died_with_children >= {"measuring", "confirming"}, "else nothing that outlives a kill was seen"
    assert list((terminal.cache / "work").iterdir()), "a killed run cannot clean up"
    return Survivor(repo, terminal, before, terminal.run("resume", "--json", cwd=repo))


def test_a_run_killed_again_and_again_ends_like_one_that_was_not(survivor: Survivor, tmp_path: Path) -> None:
    repo, done = survivor.repo, survivor.done
    assert done.code == 0, done.err
    assert done.data["state"] == "improved"
    assert kept(repo) == KEPT
    assert {c["target"]: c["origin"] for c in done.data["kept"]} == KEPT
    assert done.data["verdict"]["workloads"][0]["speedup"] > 2
    commits = git(repo, "rev-list", "--reverse", f"main..{done.data['branch']}").split()
    assert commits == done.data["commits"]
    assert len(commits) == len(KEPT)
    applied = patched(repo, Path(done.data["patch"]), tmp_path / "patched")
    assert applied == on_branch(repo, done.data["branch"])


def test_nothing_is_done_twice_by_a_run_that_was_killed(survivor: Survivor) -> None:
    repo = survivor.repo
    counts = Counter(event["type"] for event in events(repo))
    assert counts["resumed"] == len(MOMENTS)
    assert [counts[kind] for kind in ("started", "prepared", "confirmed", "delivered")] == [1, 1, 1, 1]
    for kind, key in {"judged": "candidate", "proposed": "step", "localized": "generation"}.items():
        assert set(Counter(event[key] for event in of_type(repo, kind)).values()) == {1}, kind


def test_a_killed_run_leaves_nothing_behind(survivor: Survivor) -> None:
    assert fingerprint(survivor.repo) == survivor.before
    assert list((survivor.terminal.cache / "work").iterdir()) == []
    assert len(list(survivor.repo.glob(".hasten/runs/*"))) == 1
    assert git(survivor.repo, "status", "--porcelain") == ""


def test_a_run_killed_between_its_branch_and_its_journal_delivers_once(survivor: Survivor) -> None:
    repo, folder = survivor.repo, folder_of(survivor.repo)
    assert folder is not None
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])

    again = survivor.terminal.run("resume", "--json", cwd=repo)

    assert again.code == 0, again.err
    assert again.data["note"] == ""
    assert again.data["branch"] == survivor.done.data["branch"]
    assert again.data["commits"] == survivor.done.data["commits"]
    assert [event["type"] for event in events(repo)].count("delivered") == 1


def test_a_run_that_has_ended_has_nothing_to_resume(survivor: Survivor) -> None:
    done = survivor.terminal.run("resume", "--json", cwd=survivor.repo)
    assert done.code == 2
    assert "nothing to resume" in done.error["message"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "cache")


def test_ctrl_c_keeps_what_was_found(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    before = fingerprint(repo)
    running = terminal.start("optimize", ".", "-v", cwd=repo, err=tmp_path / "err")
    running.until(lambda: after("localized", 2)(repo, running), "the first edit kept")
    below = running.interrupt()
    done = running.end()

    assert done.code == 130, done.err
    folder = folder_of(repo)
    assert folder is not None
    assert f"hasten resume {folder.name}" in done.err
    assert "Interrupted with 1 kept edit" in done.err
    assert "Traceback" not in done.err
    assert events(repo)[-1] == {"reason": "interrupted", "type": "paused"}
    wait_until_gone(below, str(terminal.cache))
    assert fingerprint(repo) == before
    assert list((terminal.cache / "work").iterdir()) == []
    first = next(iter(kept(repo)))
    shown = terminal.run("show", "--patch", cwd=repo)
    assert first.partition("::")[0] in shown.out
    applied = patched(repo, folder / "patch.diff", tmp_path / "patched")
    assert applied["shop/unique.py"] != DISTINCT


def test_a_polite_kill_is_ctrl_c_and_a_changed_repository_is_not_gone_on_with(
    terminal: Terminal, tmp_path: Path
) -> None:
    repo = shop(tmp_path / "shop")
    before = fingerprint(repo)
    running = terminal.start("optimize", ".", "--json", cwd=repo, err=tmp_path / "err")
    running.until(lambda: after("proposed")(repo, running), "the first candidate")
    running.process.send_signal(signal.SIGTERM)
    done = running.end()

    folder = folder_of(repo)
    assert folder is not None
    assert done.code == 130, done.err
    assert done.error["code"] == "interrupted"
    assert f"hasten resume {folder.name}" in done.error["hint"]
    wait_until_gone([], str(terminal.cache))
    assert fingerprint(repo) == before

    journal = events(repo)
    (repo / "shop" / "unique.py").write_text("def distinct(names):\n    return sorted(set(names))\n")
    changed = fingerprint(repo)
    refused = terminal.run("resume", "--json", cwd=repo)
    assert refused.code == 2
    assert "repository has changed" in refused.error["message"]
    assert refused.error["hint"]
    assert fingerprint(repo) == changed
    assert events(repo) == journal
