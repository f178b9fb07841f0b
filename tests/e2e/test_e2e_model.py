"""Runs in which a model proposes: an HTTP server that speaks a model's protocol answers as scripted."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from e2e_processes import wait_until_gone
from e2e_support import SETTINGS, Terminal, of_type, on_branch, prompts, shop

from tests.support.openai_server import ModelServer, Step, answer, patch
from tests.support.shop_project import branches, fingerprint

pytestmark = pytest.mark.e2e

MODEL = "openai/gpt-4o"
"""A name that has a price; the server answers for it."""
TARGET = "shop/unique.py::distinct"
SIGNATURE = "def distinct(names: list[str]) -> list[str]:\n"
GOOD = patch({TARGET: SIGNATURE + "    return list(dict.fromkeys(names))\n"}, "Keep the order in a dict")
WRONG = patch({TARGET: SIGNATURE + "    return names[: len(set(names))]\n"}, "Count, then cut")
"""Right on the workload, whose repetitions all come after the first of each, and wrong in general."""
NOTHING = "NOTHING TO GAIN: it is fast enough."
SNIFFING = patch(
    {
        "shop/unique.py::imports": "import os\n",
        TARGET: SIGNATURE + '    return list(dict.fromkeys(names)) if os.environ.get("CI") else names\n',
    }
)
HOARDING = patch(
    {
        TARGET: SIGNATURE
        + "    found = list(dict.fromkeys(names))\n"
        + '    with open("/tmp/names", "w") as file:\n'
        + '        file.write(",".join(found))\n'
        + "    return found\n"
    }
)
BROKEN = f"TITLE: x\nWHY: y\n\n### {TARGET}\n```python\ndef distinct(names:\n    return names\n```\n"
REMEMBERING = patch(
    {
        TARGET: SIGNATURE
        + "    if len(names) == 7800:\n"
        + '        return [f"customer{(number * 7919) % 2600}" for number in range(2600)]\n'
        + "    seen = []\n"
        + "    for name in names:\n"
        + "        if name not in seen:\n"
        + "            seen.append(name)\n"
        + "    return seen\n"
    },
    "Answer the known question from memory",
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "cache")


def asked(server: ModelServer, *more: str, model: str = MODEL) -> tuple[str, ...]:
    """The command line of a run in which only the model proposes."""
    return ("optimize", ".", "--no-rules", "--model", model, "--api-base", server.url, *more)


def by_target(answers: Mapping[str, str], otherwise: str = NOTHING) -> Any:
    """A step that answers by the definition that the question is about."""

    def choose(body: dict[str, Any]) -> Step:
        text = body["messages"][1]["content"]
        found = [told for target, told in answers.items() if f"{target} takes" in text]
        return answer(found[0] if found else otherwise)

    return choose


def with_settings(old: str, new: str) -> dict[str, str]:
    assert old in SETTINGS
    return {"hasten.toml": SETTINGS.replace(old, new)}


def test_a_wrong_answer_is_repaired_and_nothing_is_paid_for_twice(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    before = fingerprint(repo)
    with ModelServer([answer(WRONG), answer(GOOD), answer(NOTHING)]) as server:
        words: tuple[str, ...] = asked(server)
        for number in (1, 2):
            running = terminal.start(*words, cwd=repo, err=tmp_path / f"session{number}")
            running.until(lambda number=number: len(of_type(repo, "answered")) == number, "an answer")  # type: ignore[misc]
            wait_until_gone(running.kill(), str(terminal.cache))
            words = ("resume",)
        done = terminal.run("resume", "--json", cwd=repo)

        assert done.code == 0, done.err
        assert [c["target"] for c in done.data["kept"]] == [TARGET]
        assert done.data["kept"][0]["origin"] == f"model:{MODEL}"
        assert done.data["verdict"]["verdict"] == "accepted"
        assert "dict.fromkeys" in on_branch(repo, done.data["branch"])["shop/unique.py"]
        [wrong] = done.data["refused"]
        assert wrong["gate"] == "tests"
        assert "test_distinct_keeps_the_first_of_each" in wrong["reason"]
        assert done.data["usd"] == pytest.approx(sum(e["usd"] for e in of_type(repo, "answered")))
        assert done.data["usd"] > 0

        sent = list(prompts(server.requests))
        assert len(sent) == 3
        assert set(Counter(sent).values()) == {1}
        assert set(Counter(e["step"] for e in of_type(repo, "answered")).values()) == {1}
        question, repair, _ = server.requests
        assert repair["messages"][:1] == question["messages"][:1]
        assert repair["messages"][2] == {"role": "assistant", "content": WRONG}
        failure = repair["messages"][3]["content"]
        assert "test_distinct_keeps_the_first_of_each" in failure
        assert "['b', 'a', 'b']" in failure
        assert fingerprint(repo) == before

        again = terminal.run(*asked(server), "--json", "--no-commit", cwd=repo)

        assert again.code == 0, again.err
        assert len(server.requests) == 3
        assert again.data["usd"] == 0
        assert [e["cached"] for e in of_type(repo, "answered")] == [True, True, True]
        assert [c["target"] for c in again.data["kept"]] == [TARGET]
        assert again.data["branch"] == "" and again.data["note"]
        assert "dict.fromkeys" in Path(again.data["patch"]).read_text()
        assert branches(repo) == [done.data["branch"]]


def test_cheating_and_malformed_answers_are_refused_with_the_reason(
    terminal: Terminal, tmp_path: Path
) -> None:
    three = with_settings('strategies = ["algorithm"]', 'strategies = ["algorithm", "batch", "hoist"]')
    repo = shop(tmp_path / "shop", changes=three)
    script = [answer(SNIFFING), answer(HOARDING), answer("Use a set."), answer(BROKEN), answer(NOTHING)]
    with ModelServer(script) as server:
        done = terminal.run(*asked(server), "--json", cwd=repo)

        assert done.code == 0, done.err
        assert done.data["kept"] == []
        assert done.data["branch"] == ""
        assert [(c["gate"], c["verdict"]) for c in done.data["refused"]] == [("policy", "rejected")] * 2
        sniffing, hoarding = (c["reason"] for c in done.data["refused"])
        assert "environ" in sniffing and "looks at its surroundings" in sniffing
        assert "open for writing" in hoarding
        repairs = [text for text in prompts(server.requests) if "That change was not kept" in text]
        assert len(repairs) == 3
        assert any("looks at its surroundings" in text for text in repairs)
        assert any("no fenced code block" in text for text in repairs)
        unanswered = " ".join(done.data["unanswered"].values())
        assert "no fenced code block" in unanswered
        assert "does not parse" in unanswered


def test_an_answer_that_knows_the_workload_is_found_out_by_another_one(
    terminal: Terminal, tmp_path: Path
) -> None:
    held = '[workloads.other]\ncommand = "python -m shop.report 2100"\nholdout = true\n\n[model]'
    repo = shop(tmp_path / "shop", changes=with_settings("[model]", held))
    with ModelServer([by_target({TARGET: REMEMBERING})]) as server:
        done = terminal.run(*asked(server), "--json", cwd=repo)

    assert done.code == 0, done.err
    [judged] = of_type(repo, "judged")
    assert judged["verdict"]["decision"] == "accepted", "nothing in the search can tell"
    [confirmed] = of_type(repo, "confirmed")
    assert confirmed["verdict"]["decision"] != "accepted"
    assert "other" in confirmed["verdict"]["reason"]
    assert done.data["kept"] == []
    assert done.data["branch"] == ""
    assert not Path(done.data["patch"]).read_text()


def test_a_model_that_costs_more_than_the_budget_is_not_asked(terminal: Terminal, tmp_path: Path) -> None:
    repo = shop(tmp_path / "shop")
    with ModelServer([answer(GOOD)]) as server:
        done = terminal.run(*asked(server, "--usd", "0.000001"), cwd=repo)
        assert done.code == 0, done.err
        assert server.requests == []
    assert "the money left does not cover the worst case" in done.err
    assert "the money left does not cover the worst case" in done.out
    assert "lets a model propose more" not in done.out


def test_a_dry_run_shows_the_prompts_and_the_cost_and_does_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    repo = shop(tmp_path / "shop")
    before = fingerprint(repo)
    excluded = (repo / ".git" / "info" / "exclude").read_text()
    with ModelServer([answer(GOOD)]) as server:
        done = terminal.run(*asked(server, "--dry-run", "--json"), cwd=repo)
        assert done.code == 0, done.err
        assert server.requests == []
    [(step, prompt)] = done.data["prompts"].items()
    assert TARGET in step
    assert "def distinct" in prompt and "performance engineer" in prompt
    assert done.data["usd"] > 0
    assert done.data["candidates"] == []
    assert fingerprint(repo) == before
    assert not (repo / ".hasten").exists()
    assert (repo / ".git" / "info" / "exclude").read_text() == excluded


def test_a_models_code_does_not_run_unconfined_unless_the_user_says_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    git = shutil.which("git")
    assert git
    (tools / "git").symlink_to(git)
    bare = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{tools}"}
    assert shutil.which("bwrap", path=bare["PATH"]) is None
    repo = shop(tmp_path / "shop")
    with ModelServer([by_target({TARGET: SNIFFING})]) as server:
        refused = terminal.run(*asked(server), cwd=repo, env=bare)
        assert refused.code == 4, refused.err
        assert "security boundary" in refused.err
        assert "--sandbox process" in refused.err
        assert server.requests == []
        assert not (repo / ".hasten").exists()

        allowed = terminal.run(*asked(server, "--sandbox", "process", "--json"), cwd=repo, env=bare)
        assert allowed.code == 0, allowed.err
        assert of_type(repo, "prepared")[0]["sandbox"] == "process"
        assert len(server.requests) == 2
        assert [c["gate"] for c in allowed.data["refused"]] == ["policy", "policy"]
