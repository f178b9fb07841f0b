"""Every command as a person or a program uses it, on a repository that a run has worked on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e_processes import cpu_seconds
from e2e_support import (
    FILES,
    KEPT,
    Done,
    Terminal,
    on_branch,
    patched,
    shop,
)

from tests.support.shop_project import commit_all, fingerprint, git

pytestmark = pytest.mark.e2e

SMALLEST = """
import typer
app = typer.Typer()
app.command()(lambda: None)
app()
"""
HELP_FACTOR = 2.0
"""Help may cost this many times that of the smallest program with typer: 0.3 s where that takes 0.15."""
ESCAPE = re.compile(r"\x1b\[")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "cache")


@dataclass(frozen=True)
class Ended:
    """A run with the rules that went to its end."""

    repo: Path
    terminal: Terminal
    before: dict[str, str]
    done: Done


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    folder = tmp_path_factory.mktemp("ended")
    terminal, repo = Terminal(folder / "cache"), shop(folder / "shop")
    before = fingerprint(repo)
    return Ended(repo, terminal, before, terminal.run("optimize", "--json", cwd=repo))


def test_a_run_keeps_what_is_faster_and_leaves_the_repository_alone(ended: Ended, tmp_path: Path) -> None:
    repo, data = ended.repo, ended.done.data
    assert ended.done.code == 0, ended.done.err
    assert data["state"] == "improved"
    assert {c["target"]: c["origin"] for c in data["kept"]} == KEPT
    assert data["verdict"]["verdict"] == "accepted"
    [measured] = data["verdict"]["workloads"]
    assert measured["decision"] == "faster"
    assert 2 < measured["ci"][0] <= measured["speedup"] <= measured["ci"][1]
    assert on_branch(repo, data["branch"]) == patched(repo, Path(data["patch"]), tmp_path / "patched")
    assert fingerprint(repo) == ended.before
    assert git(repo, "status", "--porcelain") == ""


def test_runs_and_show(ended: Ended, tmp_path: Path) -> None:
    terminal, run = ended.terminal, ended.done.data["run"]
    [listed] = terminal.run("runs", "--json", cwd=ended.repo).data
    assert (listed["run"], listed["state"], listed["kept"]) == (run, "improved", len(KEPT))
    assert run in terminal.run("runs", str(ended.repo), cwd=tmp_path).out
    report = terminal.run("show", cwd=ended.repo)
    assert report.code == 0 and report.out.startswith(f"# hasten: {run}")
    assert "shop/unique.py::distinct" in report.out
    shown = terminal.run("show", run[-4:], "--patch", "--repo", str(ended.repo), cwd=tmp_path)
    assert shown.out == Path(ended.done.data["patch"]).read_text()
    assert terminal.run("show", "--json", cwd=ended.repo).data["text"] == report.out
    unknown = terminal.run("show", "nosuchrun", "--json", cwd=ended.repo)
    assert unknown.code == 2 and "nosuchrun" in unknown.error["message"]


def test_apply_applies_once_and_exactly(ended: Ended, tmp_path: Path) -> None:
    repo, terminal = tmp_path / "clone", ended.terminal
    subprocess.run(["cp", "-a", str(ended.repo), str(repo)], check=True)
    applied = terminal.run("apply", "--json", cwd=repo)
    assert applied.code == 0, applied.err
    assert sorted(applied.data["files"]) == ["shop/known.py", "shop/unique.py"]
    expected = on_branch(repo, ended.done.data["branch"])
    assert {name: (repo / name).read_text() for name in expected} == expected
    assert git(repo, "diff", "--name-only").split() == ["shop/known.py", "shop/unique.py"]
    after = fingerprint(repo)
    again = terminal.run("apply", "--json", cwd=repo)
    assert again.code == 2
    assert "does not apply" in again.error["message"] and again.error["hint"]
    assert fingerprint(repo) == after


def test_a_damaged_run_is_in_nobodys_way(ended: Ended, tmp_path: Path) -> None:
    repo, terminal = tmp_path / "clone", ended.terminal
    subprocess.run(["cp", "-a", str(ended.repo), str(repo)], check=True)
    damaged = repo / ".hasten" / "runs" / "20990101-000000-dead"
    damaged.mkdir()
    (damaged / "journal.jsonl").write_text('{"from": "a later version"}\n')
    listed = terminal.run("runs", "--json", cwd=repo).data
    assert [each["state"] for each in listed] == ["damaged", "improved"]
    assert "nothing to resume" in terminal.run("resume", "--json", cwd=repo).error["message"]
    named = terminal.run("show", "dead", "--json", cwd=repo)
    assert named.code == 2 and "line 1 is damaged" in named.error["message"]
    failing = terminal.run("optimize", "-w", "python -c exit(3)", "--json", cwd=repo)
    assert failing.code == 3, "a new run is swept without falling over the damaged one"
    assert damaged.exists()


def test_a_branch_of_a_run_can_be_measured_again_as_its_commits_say(ended: Ended) -> None:
    branch = ended.done.data["branch"]
    message = git(ended.repo, "log", "-1", "--format=%B", branch)
    [line] = [line for line in message.splitlines() if line.startswith("Reproduce: hasten verify ")]
    words = line.removeprefix("Reproduce: hasten ").split()
    done = ended.terminal.run(*words, "--json", cwd=ended.repo)
    assert done.code == 0, done.err
    assert done.data["verdict"] == "accepted"
    assert done.data["workloads"][0]["speedup"] > 2


def test_profile_speaks_four_formats(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    before = fingerprint(repo)
    table = terminal.run("profile", cwd=repo)
    assert table.code == 0, table.err
    assert "shop/unique.py:4 distinct" in table.out
    assert not ESCAPE.search(table.out + table.err)
    [found] = json.loads(terminal.run("profile", "-f", "json", "-q", cwd=repo).out)
    assert found["workload"] == "report"
    assert found["targets"][0]["key"] == "shop/unique.py::distinct"
    quiet = terminal.run("profile", "-f", "speedscope", "-q", cwd=repo)
    assert quiet.err == ""
    speedscope = json.loads(quiet.out)
    assert speedscope["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in speedscope["shared"]["frames"]]
    [drawn] = speedscope["profiles"]
    assert any("distinct" in name for name in names)
    assert drawn["type"] == "sampled" and len(drawn["samples"]) == len(drawn["weights"]) > 0
    assert all(0 <= frame < len(names) for stack in drawn["samples"] for frame in stack)
    picture = tmp_path / "profile.svg"
    written = terminal.run("profile", "-f", "flamegraph", "-o", str(picture), "--json", cwd=repo)
    assert written.code == 0 and written.data["file"] == str(picture)
    root = ElementTree.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "distinct" in picture.read_text()
    assert fingerprint(repo) == before
    assert not (repo / ".hasten").exists()


def test_init_writes_settings_that_optimize_takes(terminal: Terminal, tmp_path: Path) -> None:
    main = "def main() -> None:\n    size = 2600\n"
    report = FILES["shop/report.py"].replace("def main() -> None:\n    size = int(sys.argv[1])\n", main)
    repo = shop(tmp_path / "shop", changes={"shop/report.py": report.replace("import sys\n\n", "")})
    (repo / "hasten.toml").unlink()
    commit_all(repo, "Without settings")
    done = terminal.run("init", "--json", cwd=repo)
    assert done.code == 0, done.err
    assert done.data["tests"] == "pytest -q"
    assert done.data["workloads"] == ["python -m shop.report"]
    text = (repo / "hasten.toml").read_text()
    again = terminal.run("init", "--json", cwd=repo)
    assert again.code == 2 and "exists already" in again.error["message"]
    assert (repo / "hasten.toml").read_text() == text
    assert terminal.run("init", "--force", cwd=repo).code == 0
    rehearsed = terminal.run("optimize", "--dry-run", "--json", cwd=repo)
    assert rehearsed.code == 0, rehearsed.err
    assert {c["target"] for c in rehearsed.data["candidates"]} == set(KEPT)


def test_doctor_speaks_to_people_and_programs(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    checks = terminal.run("doctor", "--json", cwd=repo).data
    assert all(set(check) == {"name", "ok", "says", "advice"} for check in checks)
    assert {"sandbox bubblewrap", "sandbox process", "git", "py-spy", "noise"} <= {
        check["name"] for check in checks
    }
    text = terminal.run("doctor", cwd=repo)
    assert text.code == 0
    assert all(check["name"] in text.out for check in checks)
    assert git(repo, "status", "--porcelain") == ""


def test_every_error_is_an_envelope(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    for words in (
        ("resume",),
        ("show",),
        ("apply",),
        ("verify", "nosuchcommit"),
        ("optimize", "nosuchfolder"),
        ("profile", "--workload"),
        ("rules", "show", "nosuchrule"),
        ("nosuchcommand",),
    ):
        done = terminal.run(*words, "--json", cwd=repo)
        assert done.code == 2, words
        assert done.error["code"] == "usage", words
        assert done.error["message"] and done.error["hint"], words
    assert not (repo / ".hasten").exists()
    assert len(terminal.run("rules", "--json", cwd=repo).data) > 5
    assert terminal.run("--version", "--json", cwd=repo).data["version"]


def test_a_plain_folder_quietly_with_another_place_for_runs(terminal: Terminal, tmp_path: Path) -> None:
    changes = {"shop/known.py": FILES["shop/known.py"].replace("list(customers)", "set(customers)")}
    repo = shop(tmp_path / "plain folder", changes=changes, commit=False)
    before = fingerprint(repo)
    runs = tmp_path / "runs"
    done = terminal.run("optimize", str(repo), "-q", "--runs-dir", str(runs), cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.err == ""
    assert "no commit to build on" in done.out
    assert not ESCAPE.search(done.out)
    assert fingerprint(repo) == before and not (repo / ".hasten").exists()
    applied = terminal.run("apply", "--repo", str(repo), "--runs-dir", str(runs), "--json", cwd=tmp_path)
    assert applied.code == 0 and applied.data["files"] == ["shop/unique.py"]
    assert (
        "members" in (repo / "shop" / "unique.py").read_text()
        or "set" in (repo / "shop" / "unique.py").read_text()
    )


def test_a_workload_is_chosen_by_name(terminal: Terminal, tmp_path: Path) -> None:
    more = '[workloads.small]\ncommand = "python -m shop.report 1800"\n\n[model]'
    repo = shop(tmp_path / "shop", changes={"hasten.toml": FILES["hasten.toml"].replace("[model]", more)})
    two = terminal.run("profile", "-f", "speedscope", "--json", cwd=repo)
    assert two.code == 2 and "2 are configured" in two.error["message"]
    assert "--workload" in two.error["hint"]
    one = terminal.run("profile", "-f", "speedscope", "--workload", "small", cwd=repo)
    assert json.loads(one.out)["name"] == "small"
    chosen = ("-w", "small", "-w", "mine=python -m shop.report 1700")
    both = terminal.run("profile", "--json", *chosen, cwd=repo).data
    assert [each["workload"] for each in both] == ["small", "mine"]


def make_venv(folder: Path) -> Path:
    """A virtual environment with a module that no other Python has."""
    words = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(folder)]
    subprocess.run(words, check=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "only_here.py").write_text("HERE = True\n")
    return folder


def test_the_python_of_the_code_is_the_users_choice(terminal: Terminal, tmp_path: Path) -> None:
    report = "import only_here\n" + FILES["shop/report.py"]
    repo = shop(tmp_path / "shop", changes={"shop/report.py": report, ".gitignore": ".venv/\n"})
    elsewhere = make_venv(tmp_path / "elsewhere")
    missing = terminal.run("profile", "--json", cwd=repo)
    assert missing.code == 3
    assert "only_here" in missing.error["message"]
    for words, env in (
        (("--python", str(elsewhere)), {}),
        ((), {"VIRTUAL_ENV": str(elsewhere)}),
    ):
        done = terminal.run("profile", "--json", *words, cwd=repo, env=env)
        assert done.code == 0, done.err
        assert done.data[0]["targets"][0]["key"] == "shop/unique.py::distinct"
    make_venv(repo / ".venv")
    inside = terminal.run("profile", "--json", cwd=repo)
    assert inside.code == 0, inside.err
    wrong = terminal.run("profile", "--json", "--python", "/nonexistent/python", cwd=repo)
    assert wrong.code == 2 and "/nonexistent/python" in wrong.error["message"]


def test_help_starts_fast(tmp_path: Path) -> None:
    env = Terminal(tmp_path / "cache").environment({})
    ours, smallest = [sys.executable, "-m", "hasten", "--help"], [sys.executable, "-c", SMALLEST, "--help"]
    taken = [(cpu_seconds(ours, env), cpu_seconds(smallest, env)) for _ in range(7)]
    assert min(one for one, _ in taken) < HELP_FACTOR * min(other for _, other in taken)


def test_colours_are_for_terminals(ended: Ended) -> None:
    run = ended.terminal.run("runs", cwd=ended.repo)
    assert not ESCAPE.search(run.out)
    helped = ended.terminal.run("--help", cwd=ended.repo)
    assert helped.code == 0 and not ESCAPE.search(helped.out)
    leader, follower = os.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "hasten", "rules", "show", "seen-list"],
            env={**ended.terminal.environment({}), "TERM": "xterm"},
            stdout=follower,
            check=True,
        )
        assert ESCAPE.search(os.read(leader, 65536).decode())
    finally:
        os.close(leader)
        os.close(follower)
