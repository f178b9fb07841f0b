"""The pytest plugin that reports outcomes to the judge. Copied next to its results; any Python from 3.8 on.

It runs inside the process of the tests, and so does the code under judgement. Every record is therefore
signed with a key that comes through standard input and is kept in no file, variable of the environment or
module attribute; records form a chain, so none can be dropped, repeated or put in between unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, List  # noqa: UP035

TAIL = 4000
"""Characters kept of a failure report."""


def read_key() -> bytes:
    """The first line of standard input; empty in xdist's workers and in pytest runs that tests start."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return b""
    key = b""
    while not key.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        key += byte
    return key.strip()


def writer(key: bytes, path: Path) -> Callable[..., None]:
    """A function that appends one signed record; the key lives on inside it only."""
    count, last = 0, ""
    sign, dump, write = hmac.new, json.dumps, os.write
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def emit(*record: object) -> None:
        nonlocal count, last
        body = dump([count, last, *record])
        count, last = count + 1, sign(key, body.encode(), hashlib.sha256).hexdigest()
        data = f"{last} {body}\n".encode()
        while data:
            data = data[write(out, data) :]

    return emit


class Reporter:
    """Hooks of pytest that see every outcome; in xdist's controller, those of all workers."""

    def __init__(self, emit: Callable[..., None]) -> None:
        self.__emit = emit

    def pytest_runtest_logreport(self, report: Any) -> None:
        text = report.longreprtext[-TAIL:] if report.outcome == "failed" else ""
        self.__emit("test", report.nodeid, report.when, report.outcome, hasattr(report, "wasxfail"), text)

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome == "failed":
            name, text = report.nodeid or "collection", report.longreprtext[-TAIL:]
            self.__emit("test", name, "setup", "failed", False, text)

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        self.__emit("end", int(exitstatus))


def pytest_load_initial_conftests(early_config: Any) -> None:
    """Before any file of the repository is imported: hand the key to the reporter and leave."""
    sys.modules.pop(__name__, None)
    while pending:
        early_config.pluginmanager.register(pending.pop())


def prepare() -> list[Reporter]:
    """The reporter, unless nobody sent a key; takes our option out of the sight of nested pytest runs."""
    options = os.environ.get("PYTEST_ADDOPTS", "").replace(f"-p {__name__}", "", 1).strip()
    os.environ["PYTEST_ADDOPTS"] = options
    if not options:
        del os.environ["PYTEST_ADDOPTS"]
    key = read_key()
    return [Reporter(writer(key, Path(__file__).with_name("results")))] if key else []


pending: List[Reporter] = prepare() if __name__.startswith("hasten_") else []  # noqa: UP006
