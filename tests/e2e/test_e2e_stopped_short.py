"""A model that fails or a disk that is full in the middle of a run: nothing found is lost, no key is told."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Hasten, needs_mounts
from tests.support.openai_server import ModelServer, Step, answer, failure, hang, patch
from tests.support.shop_project import FILES, WORKLOAD, Ran, branches, fingerprint

pytestmark = pytest.mark.e2e

Shop = Callable[..., Path]
KEY = "sk-hasten-0123456789abcdef"
SETTINGS = """\
no_tests = true
min_share = 0.01

[model]
name = "openai/scripted"
strategies = ["algorithm"]
targets = 1
"""
PURCHASES = '''\
def purchases(count: int) -> list[str]:
    """Names as a shop's log has them, each a few times."""
    size = count // 3
    names = [f"customer {number:05d}" for number in range(size)]
    return [names[number * 7919 % size] for number in range(count)]
'''


@pytest.fixture
def repo(hasten: Hasten, shop: Shop) -> Iterator[Path]:
    """A repository whose settings name a model; checks that nothing in it was changed and no key was kept."""
    folder = shop(files={**FILES, "hasten.toml": SETTINGS})
    before = fingerprint(folder)
    yield folder
    assert fingerprint(folder) == before
    assert hasten.leftovers == []
    for place in (folder / ".hasten", hasten.home):
        for file in place.rglob("*"):
            assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def ask(hasten: Hasten, server: ModelServer, *words: object, env: Mapping[str, str] | None = None) -> Ran:
    given = {"OPENAI_API_KEY": KEY, "HASTEN_API_BASE": server.url}
    ran = hasten(*words, env={**given, **(env or {})})
    assert KEY not in ran.out + ran.err
    assert "Traceback" not in ran.err and len(server.keys) == len(server.requests) > 0, ran.said
    assert set(server.keys) == {f"Bearer {KEY}"}
    return ran


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The events of a kind in the only run below ``folder``."""
    [journal] = folder.glob("runs/*/journal.jsonl")
    found = [json.loads(line)["event"] for line in journal.read_text().splitlines()]
    return [event for event in found if event["type"] == kind]


def resume_words(ran: Ran) -> list[str]:
    """The command that the hint of an error names, without its first word."""
    [hint] = [line for line in ran.err.splitlines() if line.startswith(" hint: ")]
    assert "What was judged is kept; go on with: hasten resume " in hint, ran.said
    return shlex.split(hint.partition("go on with: hasten ")[2])


def test_a_wrong_key_after_a_rule_was_kept(hasten: Hasten, repo: Path) -> None:
    echoing = failure(401, f"Incorrect API key provided: {KEY}. You can find your key elsewhere.")
    better = answer(patch({"shop/report.py::purchases": PURCHASES}))
    with ModelServer([echoing, better]) as server:
        ran = ask(hasten, server, "optimize", repo, "-w", WORKLOAD, "-v")
        assert ran.code == 4 and len(server.requests) == 1 and branches(repo) == [], ran.said
        patched = read_patch(repo)
        again = ask(hasten, server, *resume_words(ran), "--json")
    assert "error: The provider does not accept the API key for openai/scripted" in ran.err
    assert "(key)" in ran.err and "+    members_set = set(members)\n" in patched
    kept = events(repo / ".hasten", "judged")[0]
    assert "does not accept the API key" in events(repo / ".hasten", "paused")[0]["reason"]
    assert again.result["state"] == "improved", again.said
    assert again.result["kept"][0]["id"] == kept["candidate"]
    judged = [e["candidate"] for e in events(repo / ".hasten", "judged")]
    assert len(judged) == len(set(judged)) and branches(repo) == [again.result["branch"]]


def read_patch(repo: Path) -> str:
    [saved] = (repo / ".hasten").glob("runs/*/patch.diff")
    return saved.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("step", "words", "asked"),
    [
        (failure(429, retry_after=0), "limits the rate of requests to openai/scripted", 4),
        (hang(), "openai/scripted did not answer in time", 1),
    ],
    ids=["rate limited", "timing out"],
)
def test_a_model_that_cannot_be_asked(hasten: Hasten, repo: Path, step: Step, words: str, asked: int) -> None:
    timeout = "3" if step.then == "hang" else "120"
    with ModelServer([step]) as server:
        words_of_job = ("-w", WORKLOAD, "--no-rules", "--json")
        ran = ask(hasten, server, "optimize", repo, *words_of_job, env={"HASTEN_MODEL_TIMEOUT": timeout})
    assert ran.code == 4, ran.said
    error = ran.envelope["error"]
    assert error["code"] == "model" and words in error["message"] and error["hint"], ran.said
    assert len(server.requests) == asked
    assert branches(repo) == [] and not (repo / ".hasten").exists(), "nothing was judged yet"


def test_a_model_that_answers_garbage_is_refused_and_the_run_goes_on(hasten: Hasten, repo: Path) -> None:
    with ModelServer([answer("Buy more memory!"), answer("```python\ndef purchases(:\n```")]) as server:
        ran = ask(hasten, server, "optimize", repo, "-w", WORKLOAD, "--json")
    assert [kept["origin"] for kept in ran.result["kept"]] == ["rules:list-membership"]
    assert len(server.requests) == 2, "one question, and one chance to repair the answer"
    refusals = [event["refusal"] for event in events(repo / ".hasten", "proposed") if event["refusal"]]
    assert len(refusals) == 2 and ran.err.count("no candidate") == 2
    assert branches(repo) == [ran.result["branch"]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    place = tmp_path / "small disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path) -> Path:
    """A file that takes all that is left."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


@needs_mounts
def test_a_disk_that_fills_up_in_the_middle_of_a_run(hasten: Hasten, shop: Shop, small_disk: Path) -> None:
    repo = shop()
    before = fingerprint(repo)
    words = ("optimize", repo, "-w", WORKLOAD, "--no-tests", "--runs-dir", small_disk)
    running = hasten.start(*words)
    assert running.stderr
    lines = []
    while not lines or "r1 kept" not in lines[-1]:
        lines.append(running.stderr.readline())
        assert lines[-1], "".join(lines)
    filler = fill(small_disk)
    out, err = running.communicate(timeout=240)
    ran = Ran(running.returncode, out, "".join(lines) + err)
    assert ran.code == 4 and "No space left on device" in ran.err and "Traceback" not in ran.err, ran.said
    assert [line for line in ran.err.splitlines() if line.startswith("error: ") and "small disk" in line]
    assert fingerprint(repo) == before and branches(repo) == [] and hasten.leftovers == []

    words_again = resume_words(ran)
    still_full = hasten(*words_again)
    assert still_full.code == 4 and "No space left on device" in still_full.err, still_full.said
    filler.unlink()
    again = hasten(*words_again, "--json")
    assert again.result["state"] == "improved" and branches(repo) == [again.result["branch"]]
    assert [event["candidate"] for event in events(small_disk, "judged")] == ["r1"]
    assert fingerprint(repo) == before and hasten.leftovers == []
