"""A model endpoint on this machine that speaks the OpenAI protocol and answers what a test scripts.

    with ModelServer([failure(429, retry_after=0), answer("TITLE: ...")]) as server:
        Model("openai/scripted", api_base=server.url, api_key="any").ask(messages)
        server.requests[0]["messages"]

Each request takes the next step of the script; the last one stays. A callable step is given the request's
body and returns the step to take, so that an answer may depend on the prompt.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Step:
    """What the server does with one request."""

    status: int = 200
    body: bytes | None = None
    """Sent as it is; ``None`` sends a completion of ``text``."""
    text: str | None = ""
    finish: str = "stop"
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Literal["reply", "hang", "drop"] = "reply"
    """``hang`` never replies before the server closes, ``drop`` closes the connection."""
    usage: tuple[int, int] = (100, 50)
    """Tokens in the prompt and in the completion."""


Choice = Step | Callable[[dict[str, Any]], Step]


def answer(text: str | None, finish: str = "stop", usage: tuple[int, int] = (100, 50)) -> Step:
    """A completion: good, wrong or cheating is up to its text (see ``patch``)."""
    return Step(text=text, finish=finish, usage=usage)


def patch(blocks: Mapping[str, str], title: str = "Do less work", why: str = "Less to do.") -> str:
    """An answer as the prompts want it; ``blocks`` maps ``path::Qualname`` or ``path::imports`` to code."""
    parts = [f"### {key}\n```python\n{code.rstrip()}\n```\n" for key, code in blocks.items()]
    return "\n".join([f"TITLE: {title}\nWHY: {why}\n", *parts])


def failure(status: int, message: str = "scripted", code: str = "", retry_after: str | float = "") -> Step:
    """An error as OpenAI shapes it: 401, 404, 429 (with Retry-After), 500, ..."""
    error = {"message": message, "type": "scripted", "param": None, "code": code or None}
    headers = {"Retry-After": str(retry_after)} if retry_after != "" else {}
    return Step(status=status, body=json.dumps({"error": error}).encode(), headers=headers)


def malformed(body: bytes = b'{"choices": [{"mess') -> Step:
    """A reply that is not JSON."""
    return Step(body=body)


def hang() -> Step:
    """No reply at all: also what a slow model looks like to a short timeout."""
    return Step(then="hang")


def drop() -> Step:
    """A connection closed without a reply."""
    return Step(then="drop")


class ModelServer:
    """The endpoint, listening on a free port of the loopback while the context is open."""

    def __init__(self, script: Sequence[Choice]) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        """The Authorization header of each request."""
        self.asked = threading.Event()
        """Set once a request has come in."""
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def take(self, body: dict[str, Any], key: str) -> Step:
        """The step for a request, which is remembered."""
        with self._lock:
            choice = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self.requests.append(body)
            self.keys.append(key)
        self.asked.set()
        return choice(body) if callable(choice) else choice

    def wait_until_closing(self) -> None:
        self._closing.wait()


def _completion(step: Step, body: Mapping[str, Any], number: int) -> bytes:
    sent, written = step.usage
    message = {"role": "assistant", "content": step.text}
    completion = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", "scripted"),
        "choices": [{"index": 0, "message": message, "finish_reason": step.finish}],
        "usage": {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written},
    }
    return json.dumps(completion).encode()


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            step = server.take(body, self.headers.get("Authorization", ""))
            if step.then == "hang":
                server.wait_until_closing()
            if step.then != "reply":
                self.close_connection = True
                return
            data = step.body if step.body is not None else _completion(step, body, len(server.requests))
            self.send_response(step.status)
            for name, value in {"Content-Type": "application/json", **step.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
