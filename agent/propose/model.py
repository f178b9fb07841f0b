"""Language models, through litellm: the only file that imports it, and only when a model is asked."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hasten import ModelError
from hasten.agent.propose.answer_cache import AnswerCache
from hasten.agent.propose.conversation import Message, Reply
from hasten.agent.propose.model_errors import WORDS, Problem, problem_of, retry_after, words_of

__all__ = ["AnswerCache", "Model", "Reply", "prompt_hash"]

BYTES_PER_TOKEN = 3
"""Fewer than any current tokenizer makes of English or code, so that estimates are upper bounds."""
OVERHEAD_TOKENS = 32
SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How the names of environment variables end that hold what nobody else may read."""
SECRET_LENGTH = 8
"""Shorter values are words that a sentence may hold by chance."""
_POLL_S = 0.2


class Model:
    """One model as litellm names it (``openai/gpt-4o``, ``ollama/qwen2.5-coder``). Safe to use from threads.

    ``timeout_s`` bounds one request; ``wait_budget_s`` is how long all pauses between the tries of one
    question may take together.
    """

    def __init__(
        self,
        name: str,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout_s: float = 300.0,
        max_output_tokens: int = 16_384,
        tries: int = 4,
        wait_budget_s: float = 60.0,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self.api_base = api_base
        self.timeout_s = timeout_s
        self.tries = tries
        self.wait_budget_s = wait_budget_s
        self._api_key = api_key
        self._pause = pause
        self.wanted_tokens = max_output_tokens

    def ask(self, messages: Sequence[Message], cancel: threading.Event | None = None) -> Reply:
        """The model's answer; its text may be empty or cut (``truncated``), never missing.

        Waits in the calling thread without blocking Ctrl-C; ``cancel`` ends the wait from another thread.
        Raises ``ModelError``.
        """
        litellm = _litellm()
        waited = 0.0
        for attempt in range(1, self.tries + 1):
            self._stop_if(cancel)
            started = time.monotonic()
            outcome = self._request(litellm, messages, cancel)
            if not isinstance(outcome, Exception):
                return self._reply(litellm, outcome, time.monotonic() - started)
            problem = problem_of(outcome)
            asked = retry_after(outcome)
            wait = 2.0 ** (attempt - 1) if asked is None else asked
            if not problem.retry or attempt == self.tries or waited + wait > self.wait_budget_s:
                raise self._error(problem, outcome, asked) from outcome
            waited += wait
            (cancel.wait if cancel is not None else self._pause)(wait)
        raise AssertionError("tries is at least 1")

    def worst_case_usd(self, messages: Sequence[Message]) -> float:
        """Upper bound of what ``ask`` costs, in dollars: the whole prompt and a full-length answer.

        0 when the price is not known (``price_known``). A request that failed is taken to be free.
        """
        price = self._price()
        if price is None:
            return 0.0
        size = sum(len(m["content"].encode("utf-8", "replace")) for m in messages) // BYTES_PER_TOKEN
        sent = size + OVERHEAD_TOKENS * (len(messages) + 1)
        return sent * price[0] + self.max_output_tokens * price[1]

    @property
    def price_known(self) -> bool:
        """Whether litellm has a price for the model; without one a budget in dollars cannot bound it."""
        return self._price() is not None

    @property
    def max_output_tokens(self) -> int:
        """Tokens an answer may have: what was asked for, or the most the model gives."""
        most = self._info().get("max_output_tokens")
        return min(self.wanted_tokens, most) if isinstance(most, int) and most > 0 else self.wanted_tokens

    def key(self, messages: Sequence[Message], index: int = 0) -> str:
        """``prompt_hash`` of a question to this model."""
        return prompt_hash(self, messages, index)

    def _request(self, litellm: Any, messages: Sequence[Message], cancel: threading.Event | None) -> Any:
        """The response, or the exception that came instead.

        The request runs in a thread of its own: only then does Ctrl-C end the wait at once, and only then is
        a server that sends one byte now and then held to the timeout.
        """
        box: queue.SimpleQueue[Any] = queue.SimpleQueue()
        arguments = self._arguments(messages)

        def work() -> None:
            try:
                box.put(litellm.completion(**arguments))
            except Exception as error:
                box.put(error)  # translated by whoever waits

        threading.Thread(target=work, name=f"ask {self.name}", daemon=True).start()
        deadline = time.monotonic() + self.timeout_s + 2 * _POLL_S
        while (left := deadline - time.monotonic()) > 0:
            self._stop_if(cancel)
            try:
                return box.get(timeout=min(_POLL_S, left))
            except queue.Empty:
                continue
        return TimeoutExceeded(f"no complete answer after {self.timeout_s:g} s")

    def _stop_if(self, cancel: threading.Event | None) -> None:
        if cancel is not None and cancel.is_set():
            raise ModelError(f"The question to {self.name} was given up.", "Nothing needs to be done.")

    def _arguments(self, messages: Sequence[Message]) -> dict[str, Any]:
        key = self._api_key
        if key is None and self.api_base and missing_keys(self.name):
            key = "none"  # local servers want no key, but the client insists on one
        arguments: dict[str, Any] = {
            "model": self.name,
            "messages": list(messages),
            "max_tokens": self.max_output_tokens,
            "timeout": self.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        return arguments | {
            name: value for name, value in (("api_base", self.api_base), ("api_key", key)) if value
        }

    def _reply(self, litellm: Any, response: Any, seconds: float) -> Reply:
        choice = response.choices[0]
        usage = getattr(response, "usage", None)
        sent, written = (int(getattr(usage, f"{side}_tokens", 0) or 0) for side in ("prompt", "completion"))
        price = self._price() or (0.0, 0.0)
        cost = getattr(response, "_hidden_params", {}).get("response_cost")
        return Reply(
            text=choice.message.content or "",
            usd=float(cost) if cost is not None else sent * price[0] + written * price[1],
            prompt_tokens=sent,
            completion_tokens=written,
            seconds=seconds,
            truncated=choice.finish_reason == "length",
        )

    def _error(self, problem: Problem, error: Exception, asked: float | None) -> ModelError:
        base = self.api_base or "the provider"
        sentence = problem.sentence.format(model=self.name, base=base)
        if asked is not None and asked > self.wait_budget_s:
            sentence = f"{sentence[:-1]} and asks to wait {asked:.0f} s."
        words = without_secrets(words_of(error), self._api_key)[:WORDS]
        return ModelError(f"{sentence} ({words})" if words else sentence, problem.hint)

    def _info(self) -> Mapping[str, Any]:
        try:
            info: Mapping[str, Any] = _litellm().get_model_info(self.name)
        except Exception:  # litellm raises a bare Exception for a model that is not in its list
            return {}
        return info

    def _price(self) -> tuple[float, float] | None:
        """Dollars for a token read and a token written."""
        info = self._info()
        read, written = info.get("input_cost_per_token"), info.get("output_cost_per_token")
        return None if read is None or written is None else (float(read), float(written))


def prompt_hash(model: Model, messages: Sequence[Message], index: int = 0) -> str:
    """Name of the ``index``-th sample of one question to one model (SHA-256, hexadecimal)."""
    asked = [model.name, model.api_base or "", model.wanted_tokens, list(messages), index]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def without_secrets(text: str, *known: str | None) -> str:
    """``text`` without keys: the provider's words are shown and journaled, and some repeat what they got."""
    named = [value for name, value in os.environ.items() if name.upper().endswith(SECRET_NAMES)]
    for secret in (*known, *named):
        if secret and len(secret) >= SECRET_LENGTH:
            text = text.replace(secret, "(key)")
    return text


class TimeoutExceeded(Exception):  # noqa: N818
    """The request as a whole took too long, though bytes may have arrived."""


def missing_keys(name: str) -> list[str]:
    """Environment variables with keys that the model's provider wants and that are not set."""
    found = _litellm().validate_environment(name)
    missing = [variable for variable in found["missing_keys"] if not variable.endswith("_API_BASE")]
    return [] if found["keys_in_environment"] else missing


def available(name: str, api_base: str | None = None, api_key: str | None = None) -> str | None:
    """Why the model cannot be asked as things are, without asking it; ``None`` when it can.

    Raises ``ModelError`` when litellm is not installed.
    """
    litellm = _litellm()
    try:
        litellm.get_llm_provider(name, api_base=api_base)
    except litellm.BadRequestError:
        return f"No provider is known for the model {name}; write provider/model, for example openai/gpt-4o."
    missing = missing_keys(name)
    if api_key or api_base or not missing:
        return None
    return f"{name} needs an API key: set {' or '.join(missing)}."


def _litellm() -> Any:
    """litellm, imported on first use, without its network look-ups, telemetry and printing."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # read while it is imported
    try:
        litellm = importlib.import_module("litellm")
    except ImportError as error:
        raise ModelError(
            "Asking a model needs litellm, which is not installed.", "pip install 'hasten[models]'"
        ) from error
    if not getattr(litellm, "_quiet_for_hasten", False):
        for name, value in _SETTINGS.items():
            setattr(litellm, name, value)
        for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
            logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    return litellm


_SETTINGS: Mapping[str, bool] = {
    "telemetry": False,
    "suppress_debug_info": True,
    "set_verbose": False,
    "drop_params": True,
    "disable_hf_tokenizer_download": True,
    "_quiet_for_hasten": True,
}
