from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from hasten import ModelError
from hasten.agent.propose.answers import parse_answer
from hasten.agent.propose.context import build_context
from hasten.agent.propose.conversation import Message
from hasten.agent.propose.edits import apply_edits
from hasten.agent.propose.model import AnswerCache, Model, Reply, available, prompt_hash
from hasten.agent.propose.prompts import messages
from hasten.agent.types import Target
from tests.support.openai_server import (
    ModelServer,
    Step,
    answer,
    drop,
    failure,
    hang,
    malformed,
    patch,
)
from tests.support.slow_shop import GOOD, run_report

QUESTION: list[Message] = [{"role": "user", "content": "Which?"}]
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_BASE",
    "OPENAI_BASE_URL",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


def model(server: ModelServer, **more: object) -> Model:
    settings: dict[str, object] = {"api_base": server.url, "api_key": "sk-secret", "timeout_s": 20.0} | more
    return Model("openai/scripted", **settings)  # type: ignore[arg-type]


def test_an_answer_with_its_price_and_time() -> None:
    with ModelServer([answer("Yes.", usage=(1000, 200))]) as server:
        priced = Model("openai/gpt-4o", api_base=server.url, api_key="sk-secret")
        reply = priced.ask(QUESTION)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens, reply.truncated) == (
        "Yes.",
        1000,
        200,
        False,
    )
    assert 0 < reply.usd <= priced.worst_case_usd([{"role": "user", "content": "x" * 4000}])
    assert reply.seconds > 0
    assert server.requests[0]["messages"] == QUESTION
    assert server.requests[0]["max_tokens"] == priced.max_output_tokens == 16_384
    assert server.keys == ["Bearer sk-secret"]


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    with ModelServer([answer("Yes.")]) as server:
        unpriced = model(server)
        assert unpriced.worst_case_usd(QUESTION) == 0.0
        assert not unpriced.price_known and Model("openai/gpt-4o").price_known
        assert unpriced.ask(QUESTION).usd == 0.0


def test_a_local_server_needs_no_key() -> None:
    with ModelServer([answer("Yes.")]) as server:
        assert model(server, api_key=None).ask(QUESTION).text == "Yes."
        assert available("openai/scripted", api_base=server.url) is None


@pytest.mark.parametrize(
    ("step", "text", "truncated"),
    [
        (answer(None), "", False),
        (answer("", finish="length"), "", True),
        (answer("Half", finish="length"), "Half", True),
    ],
)
def test_empty_and_cut_answers_are_answers(step: Step, text: str, truncated: bool) -> None:
    with ModelServer([step]) as server:
        reply = model(server).ask(QUESTION)
    assert (reply.text, reply.truncated) == (text, truncated)


@pytest.mark.parametrize(
    ("step", "sentence", "asked"),
    [
        (failure(401, "Incorrect API key: sk-secret"), "does not accept the API key", 1),
        (failure(403), "may not use", 1),
        (failure(402), "no credit left", 1),
        (failure(429, "You exceeded your quota", code="insufficient_quota"), "no credit left", 1),
        (failure(404, "The model does not exist", code="model_not_found"), "does not exist at http", 1),
        (
            failure(400, "maximum context length is 10 tokens", code="context_length_exceeded"),
            "longer than",
            1,
        ),
        (failure(400, "bad parameter"), "refused the request.*bad parameter", 1),
        (failure(429, retry_after=3600), "limits the rate.* asks to wait 3600 s", 1),
        (failure(429, retry_after=0), "limits the rate", 3),
        (failure(500, "scripted outage"), "failure of its own.*scripted outage", 3),
        (failure(503), "failure of its own", 3),
        (malformed(), "not in the OpenAI format", 3),
        (malformed(b"<html>Welcome</html>"), "not in the OpenAI format", 3),
        (malformed(b"{}"), "failure of its own", 3),
        (drop(), "closed the connection", 3),
    ],
)
def test_failures_are_sentences(step: Step, sentence: str, asked: int) -> None:
    with ModelServer([step]) as server, pytest.raises(ModelError, match=sentence) as failed:
        model(server, tries=3, pause=lambda seconds: None).ask(QUESTION)
    assert len(server.requests) == asked
    assert failed.value.hint
    assert "sk-secret" not in failed.value.message


def test_waiting_is_what_the_provider_asks_for_or_doubles() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    script = [failure(429, retry_after=7), failure(500), failure(429, retry_after=later), answer("Yes.")]
    waits: list[float] = []
    with ModelServer(script) as server:
        assert model(server, pause=waits.append).ask(QUESTION).text == "Yes."
    assert waits[:2] == [7.0, 2.0]
    assert 0 < waits[2] <= 30


def test_all_waiting_together_stays_in_its_budget() -> None:
    waits: list[float] = []
    with ModelServer([failure(429, retry_after=4)]) as server, pytest.raises(ModelError):
        model(server, tries=9, wait_budget_s=10, pause=waits.append).ask(QUESTION)
    assert waits == [4.0, 4.0]


def test_a_model_that_hangs_is_given_up() -> None:
    with ModelServer([hang()]) as server, pytest.raises(ModelError, match="did not answer in time"):
        model(server, timeout_s=0.3).ask(QUESTION)


def test_a_question_can_be_given_up_from_another_thread() -> None:
    cancel = threading.Event()
    with ModelServer([hang()]) as server:
        threading.Thread(target=lambda: server.asked.wait() and cancel.set(), daemon=True).start()
        with pytest.raises(ModelError, match="given up"):
            model(server).ask(QUESTION, cancel)


def test_giving_up_ends_the_pause_between_two_tries_too() -> None:
    cancel = threading.Event()

    def limited(_body: object) -> Step:
        cancel.set()
        return failure(429, retry_after=50)

    with ModelServer([limited]) as server, pytest.raises(ModelError, match="given up"):
        model(server).ask(QUESTION, cancel)
    assert len(server.requests) == 1


def test_nobody_listens() -> None:
    with ModelServer([hang()]) as server:
        gone = server.url
    with pytest.raises(ModelError, match=f"Nothing answers at {gone}"):
        Model("openai/scripted", api_base=gone).ask(QUESTION)


@pytest.mark.parametrize(
    ("name", "variable"), [("openai/gpt-4o", "OPENAI_API_KEY"), ("anthropic/claude-x", "ANTHROPIC_API_KEY")]
)
def test_without_a_key(name: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"set {variable}" in (available(name) or "")
    with pytest.raises(ModelError, match=f"no API key for {name}"):
        Model(name).ask(QUESTION)
    monkeypatch.setenv(variable, "sk-x")
    assert available(name) is None


def test_a_name_without_a_provider() -> None:
    assert "provider/model" in (available("whatever") or "")
    with pytest.raises(ModelError, match="No provider is known"):
        Model("whatever").ask(QUESTION)


def test_ollama_needs_no_key() -> None:
    assert available("ollama/qwen2.5-coder") is None


def test_without_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(ModelError, match="not installed") as failed:
        Model("openai/gpt-4o").ask(QUESTION)
    assert failed.value.hint == "pip install 'hasten[models]'"


def test_ctrl_c_ends_the_wait() -> None:
    main = threading.main_thread().ident or 0
    with ModelServer([hang()]) as server:
        interrupt = threading.Thread(
            target=lambda: server.asked.wait() and signal.pthread_kill(main, signal.SIGINT), daemon=True
        )
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            model(server, timeout_s=600.0).ask(QUESTION)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with ModelServer([failure(500)]) as server, pytest.raises(ModelError):
        model(server, tries=1).ask(QUESTION)
    assert capfd.readouterr() == ("", "")


def test_from_the_question_to_files_that_do_the_same_faster(
    target: Target, source_of: Callable[[str], str | None], tmp_path: Path
) -> None:
    context = build_context(target, source_of)
    with ModelServer([answer(patch(GOOD, "Add up orders in one pass"))]) as server:
        text = model(server).ask(messages(context, "algorithm")).text
    answered = parse_answer(text, context.editable, context.known)
    after = apply_edits(source_of, answered.edits)
    before = {path: source_of(path) or "" for path in after}
    assert set(after) == {"shop/report.py", "shop/customers.py"}
    (old, old_steps), (new, new_steps) = (
        run_report(before, tmp_path / "before"),
        run_report(after, tmp_path / "after"),
    )
    assert old == new
    assert new_steps * 5 < old_steps


def test_answers_are_kept_by_content(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers")
    asked = Model("openai/gpt-4o")
    key = prompt_hash(asked, QUESTION)
    assert key == asked.key(QUESTION)
    assert cache.get(key) is None
    cache.put(key, Reply("Yes.\ud800", usd=0.5, prompt_tokens=3, completion_tokens=4, seconds=9.0))
    assert cache.get(key) == Reply("Yes.\ud800", usd=0.0, prompt_tokens=3, completion_tokens=4, seconds=0.0)
    others = [
        prompt_hash(asked, QUESTION, 1),
        prompt_hash(asked, [{"role": "user", "content": "Who?"}]),
        prompt_hash(Model("openai/gpt-4o-mini"), QUESTION),
        prompt_hash(Model("openai/gpt-4o", api_base="http://x"), QUESTION),
        prompt_hash(Model("openai/gpt-4o", max_output_tokens=5), QUESTION),
    ]
    assert len({key, *others}) == 6
    assert all(cache.get(other) is None for other in others)
    assert [path.name for path in (tmp_path / "answers").rglob("*") if path.is_file()] == [f"{key}.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"other": 1}', b"[]", b"\xff"])
def test_a_damaged_answer_counts_as_none(damage: bytes, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    cache.put("abcd", Reply("Yes."))
    next(tmp_path.rglob("*.json")).write_bytes(damage)
    assert cache.get("abcd") is None


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    AnswerCache(tmp_path / "file").put("abcd", Reply("Yes."))
    assert AnswerCache(tmp_path / "file").get("abcd") is None
