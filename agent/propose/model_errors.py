"""What goes wrong between us and a model, as one table: what it means, and whether asking again may help."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

WORDS = 300
"""Characters of the provider's own words that are shown."""


@dataclass(frozen=True)
class Problem:
    """A row: ``sentence`` and ``hint`` are for the user; ``{model}`` and ``{base}`` are filled in."""

    marks: frozenset[str]
    """Any of these in the chain of exceptions: a class name, an HTTP status, a provider's error code."""
    retry: bool
    sentence: str
    hint: str
    fragment: str = ""
    """Text that must occur as well."""


def _row(marks: str, retry: bool, sentence: str, hint: str, fragment: str = "") -> Problem:
    return Problem(frozenset(marks.split()), retry, sentence, hint, fragment)


# The first row that fits counts, the particular before the general: litellm reports most failures of an
# endpoint as InternalServerError, and only the exceptions it was raised from tell them apart.
PROBLEMS: tuple[Problem, ...] = (
    _row(
        "insufficient_quota PaymentRequiredError BudgetExceededError 402",
        False,
        "The account behind {model} has no credit left.",
        "Add credit with the provider or choose another model.",
    ),
    _row(
        "ContextWindowExceededError context_length_exceeded 413",
        False,
        "The prompt is longer than {model} can read.",
        "Choose a model with a larger context window.",
    ),
    _row(
        "ContentPolicyViolationError",
        False,
        "{model} declined to answer under its content policy.",
        "Choose another model for this repository.",
    ),
    _row(
        "OpenAIError AuthenticationError",
        False,
        "There is no API key for {model}.",
        "Set the variable named by `hasten doctor`, for example OPENAI_API_KEY.",
        "missing",
    ),
    _row(
        "AuthenticationError 401",
        False,
        "The provider does not accept the API key for {model}.",
        "Check the key in your environment; it may be expired or belong to another account.",
    ),
    _row(
        "PermissionDeniedError 403",
        False,
        "The API key may not use {model}.",
        "Ask for access with the provider or choose another model.",
    ),
    _row(
        "RateLimitError 429",
        True,
        "The provider limits the rate of requests to {model}.",
        "Try again later, or choose a model with a higher limit.",
    ),
    _row(
        "ConnectError ConnectTimeout UnsupportedProtocol InvalidURL",
        False,
        "Nothing answers at {base}.",
        "Check the network and the API base; a local model server must be running.",
    ),
    _row(
        "Timeout TimeoutExceeded ReadTimeout WriteTimeout PoolTimeout APITimeoutError 408 504",
        False,
        "{model} did not answer in time.",
        "Allow more time, or choose a faster model.",
    ),
    _row(
        "RemoteProtocolError ReadError WriteError ProtocolError",
        True,
        "{base} closed the connection without an answer.",
        "Try again; if it stays so, look at the log of the model server.",
    ),
    _row(
        "JSONDecodeError APIResponseValidationError",
        True,
        "{base} sent a reply that is not in the OpenAI format.",
        "Check that the API base is an OpenAI-compatible endpoint, usually ending in /v1.",
    ),
    _row(
        "NotFoundError 404",
        False,
        "{model} does not exist at {base}.",
        "Check the model's name; it is written provider/model, for example openai/gpt-4o.",
    ),
    _row(
        "BadRequestError LiteLLMUnknownProvider",
        False,
        "No provider is known for the model {model}.",
        "Write provider/model, for example openai/gpt-4o or ollama/qwen2.5-coder.",
        "provider not provided",
    ),
    _row(
        "BadRequestError UnprocessableEntityError UnsupportedParamsError 400 422",
        False,
        "The provider refused the request to {model}.",
        "The provider's own words are above; another model may accept it.",
    ),
    _row(
        "InternalServerError ServiceUnavailableError BadGatewayError APIError APIConnectionError",
        True,
        "The provider of {model} has a failure of its own.",
        "Try again later, or choose another model.",
    ),
)

UNKNOWN = _row("", False, "Asking {model} failed.", "Run `hasten doctor`; the provider's words are above.")


def problem_of(error: BaseException) -> Problem:
    """The row that fits ``error``, ``UNKNOWN`` when none does."""
    chain = list(_chain(error))
    marks = {mark for link in chain for mark in _marks(link)}
    text = " ".join(str(link) for link in chain).lower()
    for problem in PROBLEMS:
        if problem.marks & marks and problem.fragment in text:
            return problem
    return UNKNOWN


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _marks(error: BaseException) -> Iterator[str]:
    yield type(error).__name__
    for name in ("code", "status_code"):
        value = getattr(error, name, None)
        if isinstance(value, int | str):
            yield str(value)


def words_of(error: BaseException) -> str:
    """What the provider said, on one line."""
    text = " ".join(str(error).split())
    while text.startswith("litellm.") and ": " in text:
        text = text.partition(": ")[2]
    return text


def retry_after(error: BaseException) -> float | None:
    """Seconds the provider asks us to wait, when it does."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        for headers in (getattr(link, "litellm_response_headers", None), getattr(response, "headers", None)):
            if isinstance(headers, Mapping):
                wait = _wait(headers)
                if wait is not None:
                    return wait
    return None


def _wait(headers: Mapping[str, str]) -> float | None:
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(lower[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        moment = email.utils.parsedate_to_datetime(lower["retry-after"])
    except (KeyError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
