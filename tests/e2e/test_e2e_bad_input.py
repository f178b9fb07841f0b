"""What cannot be worked on ends in one clear sentence, a hint, the right exit code, and nothing touched."""

from __future__ import annotations

import shutil
import signal
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Hasten, needs_mounts, unshared
from tests.support.shop_project import (
    FILES,
    JOB,
    TEST_COMMAND,
    WORKLOAD,
    Ran,
    branches,
    fingerprint,
    write,
)

pytestmark = pytest.mark.e2e
Shop = Callable[..., Path]
FAILING = "python -c \"import sys; print('no such table', file=sys.stderr); sys.exit(4)\""


def said(ran: Ran) -> str:
    """The error with its hint, and that there is nothing but one of each."""
    lines = ran.err.splitlines()
    errors = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    hints = [line for line in lines if line.startswith(" hint: ")]
    assert len(errors) == len(hints) == 1, ran.said
    assert lines[-1] == hints[0] and len(hints[0]) > len(" hint: ") + 10, ran.said
    assert "Traceback" not in ran.err and not ran.out, ran.said
    return "\n".join(lines[errors[0] :])


def refused(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran.said
    text = said(ran)
    for word in words:
        assert word in text, ran.said


def enveloped(ran: Ran, code: int, name: str, *words: str) -> None:
    """The same for machines."""
    assert ran.code == code, ran.said
    envelope = ran.envelope
    assert (envelope["schema"], envelope["command"], envelope["ok"]) == ("hasten/1", "optimize", False)
    assert envelope["result"] is None and envelope["error"]["code"] == name, ran.said
    assert envelope["error"]["hint"] and all(word in envelope["error"]["message"] for word in words), ran.said
    assert "Traceback" not in ran.err and "error:" not in ran.err, ran.said


@contextmanager
def untouched(hasten: Hasten, repo: Path) -> Iterator[None]:
    """Nothing is written to the repository, and nothing of ours stays anywhere."""
    before = fingerprint(repo)
    yield
    assert fingerprint(repo) == before
    assert not (repo / ".hasten").exists()
    assert not (repo / ".git").exists() or branches(repo) == []
    assert hasten.leftovers == []


@pytest.fixture
def repo(hasten: Hasten, shop: Shop) -> Iterator[Path]:
    """A good repository, which nothing of what is done to it may change."""
    folder = shop()
    with untouched(hasten, folder):
        yield folder


# The command line and the folder.


def test_a_folder_that_is_not_there(hasten: Hasten, tmp_path: Path) -> None:
    refused(hasten("optimize", tmp_path / "nowhere", *JOB), 2, "no folder", "nowhere")


def test_a_file_instead_of_a_folder(hasten: Hasten, repo: Path) -> None:
    refused(hasten("optimize", repo / "shop/report.py", *JOB), 2, "report.py is not a folder")


@pytest.mark.parametrize("files", [{}, {"README.md": "Notes", "main.c": "int main;"}], ids=["empty", "other"])
def test_no_python_project(hasten: Hasten, tmp_path: Path, files: dict[str, str]) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    write(folder, files)
    with untouched(hasten, folder):
        refused(hasten("optimize", folder, *JOB), 2, "elsewhere", "no Python source files")


def test_a_path_through_another_repository_leads_where_it_says(
    hasten: Hasten, repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    refused(hasten("optimize", repo / "../plain", *JOB), 2, "plain", "no Python source files")


def test_an_empty_workload(hasten: Hasten, repo: Path) -> None:
    refused(hasten("optimize", repo, "-w", "", "-t", TEST_COMMAND), 2, "command is empty")


def test_no_workload(hasten: Hasten, repo: Path) -> None:
    refused(hasten("optimize", repo, "-t", TEST_COMMAND), 2, "No workload was given", "--workload")


def test_no_tests(hasten: Hasten, repo: Path) -> None:
    refused(hasten("optimize", repo, "-w", WORKLOAD), 2, "No test command was given", "--no-tests")
    ran = hasten("optimize", repo, "-w", WORKLOAD, "--json")
    enveloped(ran, 2, "usage", "No test command was given")


def test_an_interpreter_that_is_none(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, *JOB, "--python", "/bin/false")
    refused(ran, 2, "/bin/false (--python)", "does not run as a Python interpreter")


# Settings.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tests = 'pytest'\nworkloads = {\n", ("hasten.toml is not valid TOML", "line 2")),
        ("tests = 'pytest'\n[budget]\nminuets = 3\n", ("hasten.toml, line 3", "'budget.minuets'", "Did you")),
        (
            "tests = 'pytest'\nbudget.minutes = 'soon'\n",
            ("hasten.toml, line 2", "'budget.minutes'", "number"),
        ),
    ],
    ids=["broken", "unknown key", "wrong type"],
)
def test_settings_that_are_not_understood(
    hasten: Hasten, shop: Shop, text: str, words: tuple[str, ...]
) -> None:
    folder = shop(files={**FILES, "hasten.toml": text})
    with untouched(hasten, folder):
        refused(hasten("optimize", folder), 2, *words)


def test_an_unknown_variable_in_the_environment(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, *JOB, env={"HASTEN_BUDGET_MINUETS": "3"})
    refused(ran, 2, "HASTEN_BUDGET_MINUETS", "Did you mean 'HASTEN_BUDGET_MINUTES'?")


# The workload as it is.


def test_a_workload_that_fails(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, "-w", FAILING, "--no-tests")
    refused(ran, 3, "The workload exited with status 4", "no such table")
    ran = hasten("optimize", repo, "-w", FAILING, "--no-tests", "--json")
    enveloped(ran, 3, "workload", "exited with status 4", "no such table")


def test_a_workload_that_is_not_there(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, "-w", "nosuchprogram --fast", "--no-tests")
    refused(ran, 3, "nosuchprogram", "No such file or directory")


def test_a_workload_that_takes_too_long(hasten: Hasten, shop: Shop) -> None:
    settings = "no_tests = true\n[workloads.long]\ncommand = 'sleep 60'\ntimeout = 0.2\n"
    folder = shop(files={**FILES, "hasten.toml": settings})
    with untouched(hasten, folder):
        refused(hasten("optimize", folder), 3, "workload long", "time limit", "more than 0.2 s")


@pytest.mark.parametrize(
    "code",
    ["time.time()", "{str(n) for n in range(30)}"],
    ids=["time", "hash order"],
)
def test_output_that_differs_from_run_to_run(hasten: Hasten, repo: Path, code: str) -> None:
    workload = f"python -c 'import time; print(\"fixed\"); print({code})'"
    ran = hasten("optimize", repo, "-w", workload, "--no-tests")
    refused(ran, 3, "differs in line 2", "expected", "seeds")


def test_a_workload_of_a_moment(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, "-w", "python -c pass", "--no-tests")
    refused(ran, 3, "too short to be measured", "more input")


# The tests as they are.


def test_a_test_runner_that_is_missing(hasten: Hasten, repo: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    venv.create(bare, symlinks=True)
    ran = hasten("optimize", repo, *JOB, env={"VIRTUAL_ENV": str(bare)})
    refused(ran, 3, "pytest is not installed", "VIRTUAL_ENV", "-m pip install pytest")


def test_tests_that_fail(hasten: Hasten, shop: Shop) -> None:
    failing = "import shop.report\n\ndef test_of_old():\n    assert shop.report.known([], []) == 7\n"
    folder = shop(files={**FILES, "tests/test_old.py": failing})
    with untouched(hasten, folder):
        ran = hasten("optimize", folder, "-w", "python -m shop.report 4000", "-t", TEST_COMMAND)
        refused(ran, 3, "1 test(s) fail", "tests/test_old.py::test_of_old", "allow failing tests")


# The surroundings.


READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"'


@needs_mounts
def test_a_repository_that_cannot_be_written(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, *JOB, before=unshared(READ_ONLY, repo))
    refused(ran, 2, "Cannot write runs", "Read-only file system", "--runs-dir")


def test_a_place_for_runs_that_is_a_file(hasten: Hasten, repo: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ran = hasten("optimize", repo, *JOB, "--runs-dir", tmp_path / "taken/runs")
    refused(ran, 2, "Cannot write runs", "taken", "--runs-dir")


@needs_mounts
def test_no_room_for_source_trees(hasten: Hasten, shop: Shop) -> None:
    folder = shop(files={**FILES, "data.csv": "1;2;3\n" * 50_000})
    hasten.cache.mkdir()
    small = unshared('mount -t tmpfs -o size=128k tmpfs "$1"', hasten.cache)
    with untouched(hasten, folder):
        refused(hasten("optimize", folder, *JOB, before=small), 4, "no space left", "HASTEN_CACHE_DIR")
        ran = hasten("optimize", folder, *JOB, "--json", before=small)
        enveloped(ran, 4, "sandbox", "no space left")


@needs_mounts
def test_no_room_for_the_journal(hasten: Hasten, repo: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    full = unshared('mount -t tmpfs -o size=8k tmpfs "$1"; head -c 8k /dev/zero > "$1/full"', runs)
    ran = hasten("optimize", repo, *JOB, "--runs-dir", runs, before=full)
    refused(ran, 4, "No space left on device", str(runs))


def test_two_runs_at_once(hasten: Hasten, repo: Path) -> None:
    first = hasten.start("optimize", repo, "-w", "sleep 600", "--no-tests")
    assert first.stderr
    try:
        while "prepare:" not in (line := first.stderr.readline()):
            assert line, "the first run ended"
        ran = hasten("optimize", repo, *JOB)
        refused(ran, 2, "Another run is at work", f"process {first.pid}", "hasten resume")
    finally:
        first.send_signal(signal.SIGTERM)
        said = first.communicate(timeout=60)[1]
    assert first.returncode == 130, said
    assert "Interrupted" in said and "your repository is as it was" in said
    assert (repo / ".hasten/runs").is_dir()  # a run that was stopped may go on
    shutil.rmtree(repo / ".hasten")


# A model.


def test_a_model_without_its_key(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, *JOB, "--model", "openai/gpt-4o", "--sandbox", "process")
    refused(ran, 4, "openai/gpt-4o needs an API key", "OPENAI_API_KEY")


@pytest.mark.e2e
def test_a_model_of_nobody(hasten: Hasten, repo: Path) -> None:
    ran = hasten("optimize", repo, *JOB, "--model", "gpt-of-nobody", "--sandbox", "process")
    refused(ran, 4, "No provider is known for the model gpt-of-nobody")
