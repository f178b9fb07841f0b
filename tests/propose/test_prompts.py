"""The prompts as a model reads them. HASTEN_SNAPSHOTS=write stores them anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hasten.agent.facts import Facts
from hasten.agent.propose.answers import parse_answer
from hasten.agent.propose.context import Context, build_context
from hasten.agent.propose.prompts import STRATEGIES, Message, messages, repair_messages
from hasten.agent.types import Candidate, Definition, Target, Verdict

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture
def context(
    target: Target,
    source_of: Callable[[str], str | None],
    facts: dict[str, Facts],
    attempts: list[tuple[Candidate, Verdict]],
    tests: dict[str, str],
) -> Context:
    return build_context(
        target,
        source_of,
        facts=facts,
        history=attempts,
        tests=tests,
        command="python -m shop.report orders.csv customers.txt",
        python="3.11",
    )


def check(name: str, conversation: list[Message]) -> None:
    text = "\n".join(f"======== {m['role']} ========\n{m['content']}" for m in conversation)
    stored = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("HASTEN_SNAPSHOTS") == "write":
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(text, "utf-8")
    assert text == stored.read_text("utf-8")


def test_the_question(context: Context) -> None:
    check("propose", messages(context, "algorithm"))


def test_the_repair(context: Context) -> None:
    failure = "1 test fails that passed before.\nE   assert [('Bo', 2.0)] == [('Bo', 2.5)]"
    conversation = repair_messages(context, "hoist", "TITLE: x", failure)
    assert conversation[:2] == messages(context, "hoist")
    assert conversation[2] == {"role": "assistant", "content": "TITLE: x"}
    check("repair", conversation[3:])


def test_strategies_differ_only_at_the_end(context: Context) -> None:
    questions = [messages(context, strategy)[1]["content"] for strategy in STRATEGIES]
    shared = questions[0].partition("Direction: ")[0]
    assert all(question.startswith(shared + "Direction: ") for question in questions)
    assert len({question[len(shared) :] for question in questions}) == len(STRATEGIES) == 3


def test_the_least_that_can_be_known_still_makes_a_question(target: Target) -> None:
    source = "def f():\n    '''\n```\n'''\n    return 1\n"
    bare = replace(
        target, definition=Definition("m.py", "f", 1, 5), call_path=("m.py::f",), callees=(), lines={}
    )
    question = messages(build_context(bare, {"m.py": source}.get), "batch")[1]["content"]
    assert "````python\ndef f():" in question
    assert "observed" not in question and "Tried before" not in question and "Command" not in question


def test_the_form_that_the_prompt_shows_is_the_form_that_is_parsed(context: Context) -> None:
    system = messages(context, "batch")[0]["content"]
    example = system[system.index("TITLE:") : system.index("The last two")]
    answer = parse_answer(example, ["path/to/file.py::Class.method"])
    assert answer.title.startswith("what the change does")
    assert answer.edits[0].imports == ("from collections import defaultdict",)
    assert answer.edits[0].helpers == ("def _group(rows):\n    ...",)


def test_a_long_failure_keeps_both_ends(context: Context) -> None:
    failure = "It failed.\nfirst\n" + "x\n" * 9_000 + "last"
    again = repair_messages(context, "batch", "", failure)[-1]["content"]
    assert "first\n" in again and "\nlast\n" in again and "characters left out" in again
    assert len(again) < 7_000


def test_importing_costs_neither_litellm_nor_jinja() -> None:
    code = (
        "import sys, hasten.agent.propose.model, hasten.agent.propose.prompts, hasten.agent.propose.context\n"
        "print([name for name in ('litellm', 'jinja2', 'libcst') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
