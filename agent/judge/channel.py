"""The pytest plugin that reports outcomes to the judge. Copied next to its results; any Python from 3.8 on.

It runs inside the process of the tests, and so does the code under judgement. Every record is therefore
signed with a key that comes through standard input and is kept in no file, variable of the environment or
module attribute; records form a chain, so none can be dropped, repeated or put in between unseen. A witness
notices when parts of the test framework are replaced meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import unittest.case
from pathlib import Path
from typing import Any, Callable, Iterator, List, Set, Tuple  # noqa: UP035

import pytest

TAIL = 4000
"""Characters kept of a failure report."""
WATCHED = (
    *("_pytest.assertion", "_pytest.main", "_pytest.nodes", "_pytest.outcomes", "_pytest.python"),
    *("_pytest.raises", "_pytest.reports", "_pytest.runner", "_pytest.skipping", "_pytest.unittest"),
    *("pluggy", unittest.case.__name__),
)
"""Modules, with those below them, on which an outcome depends."""
Part = Tuple[str, Any, str, Any]  # noqa: UP006


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


def parts() -> Iterator[Part]:
    """Functions, classes and methods that decide about outcomes: name, namespace, key, value."""
    for name, module in list(sys.modules.items()):
        if any(name == each or name.startswith((each + ".", each + "_")) for each in WATCHED):
            for key, value in list(vars(module).items()):
                if callable(value):
                    yield f"{name}.{key}", vars(module), key, value
                if isinstance(value, type) and value.__module__ == name:
                    for inner, method in list(vars(value).items()):
                        yield f"{name}.{key}.{inner}", vars(value), inner, method


class Witness:
    """Notices what code under test puts in the place of the framework's own, or beside it."""

    def __init__(self, manager: Any) -> None:
        self.__manager = manager
        self.__parts = list(parts())
        bare: Any = [(name, getattr(value, "__func__", value)) for name, _, _, value in self.__parts]
        self.__codes = [(name, f, f.__code__) for name, f in bare if hasattr(f, "__code__")]
        self.__seen: Set[str] = set()  # noqa: UP006

    def look(self) -> None:
        """After each test, so it has to be quick: about a millisecond."""
        self.__seen.update([name for name, space, key, value in self.__parts if space.get(key) is not value])
        self.__seen.update([name for name, function, code in self.__codes if function.__code__ is not code])
        for plugin in self.__manager.get_plugins():
            kind = type(plugin)
            name = getattr(plugin, "__name__", f"{kind.__module__}.{kind.__qualname__}")
            self.__seen.add("the plugin " + name.replace(__name__, "hasten"))

    def seen(self) -> List[str]:  # noqa: UP006
        """Everything that was different at some time, and every plugin there was."""
        return sorted(self.__seen)


class Watch:
    """In xdist's workers, where the tests run: tells the controller what the witness saw."""

    def __init__(self, witness: Witness) -> None:
        self.__witness = witness

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "teardown":
            self.__witness.look()

    def pytest_sessionfinish(self, session: Any) -> None:
        session.config.workeroutput["witness"] = self.__witness.seen()


class Reporter:
    """Hooks of pytest that see every outcome; in xdist's controller, those of all workers."""

    def __init__(self, emit: Callable[..., None], witness: Witness) -> None:
        self.__emit = emit
        self.__witness = witness

    def pytest_runtest_logreport(self, report: Any) -> None:
        text = report.longreprtext[-TAIL:] if report.outcome == "failed" else ""
        self.__emit("test", report.nodeid, report.when, report.outcome, hasattr(report, "wasxfail"), text)
        if report.when == "teardown":
            self.__witness.look()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Load this file into xdist's worker, too, before it looks for its options."""
        load = f"os.environ['PYTEST_ADDOPTS'] = '-p {__name__} ' + os.environ.get('PYTEST_ADDOPTS', '')"
        node.gateway.remote_exec(f"import os\n{load}").waitclose()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.__emit("seen", *getattr(node, "workeroutput", {}).get("witness", ()))

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome == "failed":
            name, text = report.nodeid or "collection", report.longreprtext[-TAIL:]
            self.__emit("test", name, "setup", "failed", False, text)

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        self.__emit("seen", *self.__witness.seen())
        self.__emit("end", int(exitstatus))


def pytest_load_initial_conftests(early_config: Any) -> None:
    """Before any file of the repository is imported: hand the key to the reporter and leave."""
    sys.modules.pop(__name__, None)
    witness = Witness(early_config.pluginmanager)
    if "PYTEST_XDIST_WORKER" in os.environ:
        early_config.pluginmanager.register(Watch(witness))
    while pending:
        early_config.pluginmanager.register(Reporter(pending.pop(), witness))


def prepare() -> list[Callable[..., None]]:
    """What signs, unless nobody sent a key; takes our option out of the sight of nested pytest runs."""
    options = os.environ.get("PYTEST_ADDOPTS", "").replace(f"-p {__name__}", "", 1).strip()
    os.environ["PYTEST_ADDOPTS"] = options
    if not options:
        del os.environ["PYTEST_ADDOPTS"]
    key = read_key()
    return [writer(key, Path(__file__).with_name("results"))] if key else []


pending: List[Callable[..., None]] = prepare() if __name__.startswith("hasten_") else []  # noqa: UP006
