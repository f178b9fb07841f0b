"""Runs on disk: replay, torn lines, locks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasten import UsageError
from hasten.agent.events import ENTRY, Answered, Entry, Judged, Prepared, Proposed, Started
from hasten.agent.journal import Journal, RunStore, new_run_id, read_entries
from hasten.agent.run import replay
from hasten.agent.settings import Settings
from hasten.agent.types import Candidate, Edit, Measurement, Sample, Verdict

MEASURED = Measurement(
    "main",
    "faster",
    2.0,
    1.9,
    2.1,
    8,
    "cpu",
    "duet",
    0.004,
    3.0,
    0.5,
    0.25,
    raw=((Sample(0.5, 0.5, 1), Sample(0.25, 0.25, 1)),),
)
EVENTS = (
    Started("20260101-000000-abcd", "/repo/ü x", Settings(tests="pytest -q"), "digest", dirty=("a b.py",)),
    Prepared("process", "3.12.1", 3, flaky=("t::x",), seconds={"main": 0.5}),
    Answered("model a.py::f hoist", "hash", "```python\n...```\u2028", 0.01, 12),
    Proposed(
        "step", (Candidate("r1", (Edit("a.py", "def f(): ...", qualname="f"),), "a.py::f", "rules:x", "t"),)
    ),
    Judged("r1", Verdict("accepted", "speed", "2x", {"tests": "ok"}, (MEASURED,))),
)


def write(folder: Path) -> Path:
    journal = Journal(folder)
    for event in EVENTS:
        journal.append(event)
    journal.close()
    return folder / "journal.jsonl"


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert [entry.event for entry in read_entries(path)] == list(EVENTS)
    run = replay(read_entries(path))
    assert run is not None and run.stack == ("r1",) and run.usd == 0.01


def test_a_journal_cut_at_any_byte_is_a_shorter_journal(tmp_path: Path) -> None:
    path = write(tmp_path)
    data = path.read_bytes()
    for cut in range(0, len(data), 37):
        path.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n")
        assert [entry.event for entry in read_entries(path)] == list(EVENTS[:whole])
        journal = Journal(tmp_path)
        journal.append(EVENTS[-1])
        journal.close()
        assert len(read_entries(path)) == whole + 1


def test_damage_in_the_middle_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{broken\n" + lines[2])
    with pytest.raises(UsageError, match="line 2"):
        read_entries(path)


def test_time_at_work_adds_up_over_sessions(tmp_path: Path) -> None:
    write(tmp_path)
    before = read_entries(tmp_path / "journal.jsonl")[-1].worked_s
    journal = Journal(tmp_path)
    entry = journal.append(EVENTS[-1])
    journal.close()
    assert entry.worked_s >= before


@given(st.text(), st.floats(0, 1e6), st.integers(0, 10**9))
def test_any_answer_survives_the_trip(text: str, usd: float, tokens: int) -> None:
    entry = Entry(0.0, 0.0, Answered("step", "hash", text.encode(errors="replace").decode(), usd, tokens))
    line = ENTRY.dump_json(entry)
    assert b"\n" not in line
    assert ENTRY.validate_json(line) == entry


def test_the_lock_is_exclusive_and_dies_with_its_process(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    code = (
        "import sys, pathlib\nfrom hasten.agent.journal import RunStore\n"
        "with RunStore(pathlib.Path(sys.argv[1])).lock():\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout and holder.stdout.readline() == b"held\n"
    with pytest.raises(UsageError, match=str(holder.pid)), store.lock():
        pass
    holder.kill()
    holder.wait()
    with store.lock():
        assert (store.root / "lock").read_text() == str(os.getpid())


def test_runs_are_found_by_part_of_their_id(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(UsageError, match="no runs"):
        store.resolve(None)
    for name in ("20260101-000000-aaaa", "20260102-000000-bbbb"):
        write(store.create(name))
    assert store.resolve(None) == "20260102-000000-bbbb"
    assert store.resolve("aaaa") == "20260101-000000-aaaa"
    with pytest.raises(UsageError, match="More than one"):
        store.resolve("2026")
    with pytest.raises(UsageError, match="No run"):
        store.resolve("cccc")


def test_a_run_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    folder = store.create(new_run_id())
    journal = Journal(folder)
    journal.append(EVENTS[0])
    journal.close()
    store.sweep()
    assert list(tmp_path.iterdir()) == []
