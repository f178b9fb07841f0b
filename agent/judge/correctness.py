"""Do the tests say the same as before? Runs them in a throwaway copy and compares outcome by outcome.

pytest tells its outcomes through a plugin of ours (``channel``), loaded by PYTEST_ADDOPTS so that it does not
matter how pytest is started; any other command counts by its exit status. What this cannot exclude: code
under test shares the process with pytest and could, with means that the policy gate bans, reach the reporter.
The output and the timing are therefore taken from processes in which no judge's code runs at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hasten.agent.judge.base import Criteria, Outcomes, Refusal
from hasten.agent.judge.outputs import describe_end, last_lines
from hasten.agent.judge.policy import is_protected, shadows
from hasten.agent.programs import tests_command
from hasten.sandbox.base import MIB, BrokenOffError, Command, Execution, Sandbox
from hasten.sandbox.folders import discard
from hasten.sandbox.tree import Trees

CHANNEL = Path(__file__).with_name("channel.py")
"""The plugin; read, never imported, by hasten itself."""
COMMAND = "command"
"""Id of the only "test" when the test command is not pytest."""
RESULTS_LIMIT = 64 * MIB
NAMED = 5
"""Tests named in a reason."""
GOOD = {"passed", "skipped", "xfailed", "xpassed"}
SEVERITY = ("passed", "xpassed", "xfailed", "skipped", "failed", "error")
"""A test that reports several times (set-up, call, subtests) counts by the last of these that occurs."""


def run_tests(
    sandbox: Sandbox, trees: Trees, criteria: Criteria, original: Path, tree: Path, exchange: Path
) -> tuple[Outcomes, Execution]:
    """Run the test command on a copy of ``tree`` whose tests and configuration are those of ``original``.

    Once more, on a new copy, when it was cut short; who is cut short twice has done it.
    """
    try:
        return _run_once(sandbox, trees, criteria, original, tree, exchange)
    except BrokenOffError:
        try:
            return _run_once(sandbox, trees, criteria, original, tree, exchange)
        except BrokenOffError as error:
            if error.executions is None:
                raise
            [execution] = error.executions
            return fold([], "", execution), execution


def _run_once(
    sandbox: Sandbox, trees: Trees, criteria: Criteria, original: Path, tree: Path, exchange: Path
) -> tuple[Outcomes, Execution]:
    assert criteria.tests is not None, "called without a test command"
    copy = trees.copy(tree)
    try:
        if tree != original:
            restore(original, copy)
        with _folder(exchange) as folder:
            command = tests_command(criteria.tests, copy, sandbox, criteria.env, criteria.limits)
            return _run(sandbox, command, folder)
    finally:
        trees.remove(copy)


def restore(original: Path, copy: Path) -> None:
    """Make every test and configuration file of ``copy`` what it is in ``original``.

    New modules that would take the place of pytest's own, or of those that it imports, go too.
    """
    kept = set(_protected(original))
    for path in set(_protected(copy)) - kept:
        (copy / path).unlink()
    for path in kept:
        source, target = original / path, copy / path
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(source, target)


def _protected(tree: Path) -> Iterator[str]:
    for folder, subfolders, files in os.walk(tree):
        subfolders[:] = [name for name in subfolders if name != "__pycache__"]
        for name in files:
            path = Path(folder, name)
            relative = path.relative_to(tree).as_posix()
            if (is_protected(relative) or shadows(relative)) and not path.is_symlink():
                yield relative


@contextmanager
def _folder(exchange: Path) -> Iterator[Path]:
    """A fresh folder for one run: nothing in it can be older than the run."""
    folder = Path(tempfile.mkdtemp(prefix="tests-", dir=exchange))
    try:
        yield folder
    finally:
        discard(folder)


def _run(sandbox: Sandbox, command: Command, folder: Path) -> tuple[Outcomes, Execution]:
    key, plugin = secrets.token_hex(32), f"hasten_{secrets.token_hex(6)}"
    (folder / f"{plugin}.py").write_bytes(CHANNEL.read_bytes())
    execution = sandbox.run([_with_channel(command, folder, plugin, key)])[0]
    records, trouble = read_results(folder / "results", key.encode())
    if records is None and plugin.encode() in execution.stderr + execution.stdout:
        # An isolated interpreter does not find the plugin.
        execution = sandbox.run([replace(command, exchange=folder)])[0]
    if records is None and not trouble:
        return _by_exit_status(execution), execution
    return fold(records or [], trouble, execution), execution


def _with_channel(command: Command, folder: Path, plugin: str, key: str) -> Command:
    options = f"-p {plugin} {command.env.get('PYTEST_ADDOPTS', '')}".strip()
    search = ":".join(filter(None, [command.env.get("PYTHONPATH", ""), str(folder)]))
    env = {**command.env, "PYTEST_ADDOPTS": options, "PYTHONPATH": search}
    return replace(command, env=env, stdin=f"{key}\n".encode() + command.stdin, exchange=folder)


def read_results(path: Path, key: bytes) -> tuple[list[list[object]] | None, str]:
    """Signed records of a run and what is wrong with them; None when pytest never wrote any.

    Nothing of the file is trusted before its signature is checked, and no link is followed to it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None, ""
    except OSError:
        return [], "the file of test results was replaced"
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_size > RESULTS_LIMIT:
            return [], "the file of test results was replaced or is too large"
        lines = file.read(RESULTS_LIMIT).split(b"\n")
    records: list[list[object]] = []
    last = ""
    for count, line in enumerate(filter(None, lines)):
        mark, _, body = line.partition(b" ")
        expected = hmac.new(key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mark, expected.encode()):
            return records, "the file of test results was tampered with"
        number, before, *record = json.loads(body)
        if (number, before) != (count, last):
            return records, "the file of test results was tampered with"
        records.append(record)
        last = expected
    return records, ""


def fold(records: Sequence[Sequence[object]], trouble: str, execution: Execution) -> Outcomes:
    """One outcome for every test from the reports of its phases."""
    by_id: dict[str, str] = {}
    texts: dict[str, str] = {}
    meddled: set[str] = set()
    status: object = None
    for kind, *rest in records:
        if kind == "end":
            status = rest[0]
            continue
        if kind == "seen":
            meddled.update(map(str, rest))
            continue
        node, when, reported, xfail, text = rest
        name, outcome = str(node), _outcome(str(when), str(reported), bool(xfail))
        if outcome is None:
            continue
        by_id[name] = max(by_id.get(name, "passed"), outcome, key=SEVERITY.index)
        if text:
            texts[name] = str(text)
    if not trouble and status is None:
        trouble = f"the test run {describe_end(execution)} before it was complete"
    elif not trouble and status == 0 and set(by_id.values()) - GOOD:
        trouble = "pytest reports success although tests failed"
    return Outcomes(by_id, True, execution.exit_code, trouble, texts, frozenset(meddled))


def _outcome(when: str, reported: str, xfail: bool) -> str | None:
    if reported == "failed":
        return "failed" if when == "call" else "error"
    if reported == "skipped":
        return "xfailed" if xfail else "skipped"
    if reported == "passed":
        return "xpassed" if xfail else "passed"
    return None


def _by_exit_status(execution: Execution) -> Outcomes:
    trouble = "" if execution.limit is None else f"the test command {describe_end(execution)}"
    text = last_lines(execution.stdout + b"\n" + execution.stderr, lines=40)
    outcome = "passed" if execution.ok else "failed"
    return Outcomes({COMMAND: outcome}, False, execution.exit_code, trouble, {COMMAND: text})


def failing(outcomes: Outcomes) -> list[str]:
    """Ids of tests that failed, sorted."""
    return sorted(name for name, outcome in outcomes.by_id.items() if outcome not in GOOD)


def differing(one: Outcomes, other: Outcomes) -> frozenset[str]:
    """Ids whose outcome is not the same in both runs."""
    names = {*one.by_id, *other.by_id}
    return frozenset(name for name in names if one.by_id.get(name) != other.by_id.get(name))


def compare_outcomes(baseline: Outcomes, flaky: frozenset[str], candidate: Outcomes) -> Refusal | None:
    """What the tests say differently; None when every test that counts behaves as before."""
    if candidate.trouble:
        return Refusal("tests", candidate.trouble, _texts(candidate, sorted(candidate.texts)))
    if baseline.structured != candidate.structured:
        return Refusal("tests", "the tests could not be started", _texts(candidate, sorted(candidate.texts)))
    changed = sorted(differing(baseline, candidate) - flaky)
    if not changed:
        if meddled := sorted(candidate.meddled - baseline.meddled):
            more = f" and {len(meddled) - NAMED} more" if len(meddled) > NAMED else ""
            return Refusal("tests", f"it meddles with the test framework: {', '.join(meddled[:NAMED])}{more}")
        if not flaky and baseline.exit_code != candidate.exit_code:
            was, now = baseline.exit_code, candidate.exit_code
            return Refusal("tests", f"the test command exits with status {now} instead of {was}")
        return None
    if not baseline.structured:
        reason = f"the test command fails with exit status {candidate.exit_code}"
        return Refusal("tests", reason, _texts(candidate, changed))
    return Refusal("tests", _changed(baseline.by_id, candidate.by_id, changed), _texts(candidate, changed))


def _changed(before: Mapping[str, str], after: Mapping[str, str], names: Sequence[str]) -> str:
    """``tests now behave differently: a (passed, now failed), b (passed, now not run)``."""
    named = ", ".join(
        f"{name} ({before.get(name, 'not there')}, now {after.get(name, 'not run')})"
        for name in names[:NAMED]
    )
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    count = "1 test now behaves" if len(names) == 1 else f"{len(names)} tests now behave"
    return f"{count} differently: {named}{more}"


def _texts(outcomes: Outcomes, names: Sequence[str]) -> str:
    return "\n\n".join(f"{name}\n{outcomes.texts[name]}" for name in names[:NAMED] if name in outcomes.texts)
