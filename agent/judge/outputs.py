"""What a workload left behind, and whether two runs left the same.

Compared are the exit status, standard output and declared artefacts. Standard error is not: warnings carry
line numbers. A tolerance applies to numbers in standard output; artefacts are known by digest only and have
to be equal.
"""

from __future__ import annotations

import json
import math
import re
import signal
from collections.abc import Sequence

from hasten.agent.judge.base import Output
from hasten.sandbox.base import Execution

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
WHOLE = re.compile(r"[-+]?\d+")
EXCERPT = 160
LIMITS = {
    "wall": "took longer than its time limit",
    "cpu": "used more processor time than its limit",
    "memory": "used more memory than its limit",
    "processes": "started more processes than its limit",
    "output": "printed more than its limit",
    "file": "wrote a file larger than its limit",
    "disk": "wrote more to disk than its limit",
    "tree": "changed files of its own source tree",
}


def output_of(execution: Execution) -> Output:
    """The part of an execution that is compared."""
    return Output(execution.exit_code, execution.stdout, dict(execution.artefacts))


def describe_end(execution: Execution) -> str:
    """How an execution ended, as a verb phrase: ``exited with status 3``."""
    if execution.limit is not None:
        what = LIMITS.get(execution.limit, f"went over its {execution.limit} limit")
        return what if execution.limit == "tree" else f"{what} and was stopped"
    if execution.exit_code > 128:
        try:
            return f"was ended by {signal.Signals(execution.exit_code - 128).name}"
        except ValueError:
            pass
    return f"exited with status {execution.exit_code}"


def last_lines(stream: bytes, lines: int = 12, width: int = 400) -> str:
    """The end of what a program printed, fit for a person and for a repair prompt."""
    text = stream[-lines * width :].decode(errors="replace")
    return "\n".join(line[:width] for line in text.rstrip().splitlines()[-lines:])


def compare_output(baseline: Output, candidate: Output, tolerance: float = 0.0) -> str | None:
    """What differs, in one sentence and an excerpt; None when both are the same.

    ``tolerance`` is relative and holds between numbers of which at least one is written as a fraction: whole
    numbers are counts and have to be equal. JSON is compared value by value, key order included.
    """
    if baseline.exit_code != candidate.exit_code:
        return f"exit status {candidate.exit_code} instead of {baseline.exit_code}"
    if baseline.stdout != candidate.stdout and (
        tolerance <= 0 or not _close(baseline.stdout, candidate.stdout, tolerance)
    ):
        return first_difference(baseline.stdout, candidate.stdout, tolerance)
    for path in sorted({*baseline.artefacts, *candidate.artefacts}):
        before, after = baseline.artefacts.get(path, ""), candidate.artefacts.get(path, "")
        if before != after:
            return f"the file {path} is {'missing' if not after else 'different'}"
    return None


def first_difference(before: bytes, after: bytes, tolerance: float = 0.0) -> str:
    """The first line of standard output that differs, as it was and as it is."""
    old, new = (stream.split(b"\n") for stream in (before, after))
    number = next(
        (
            i
            for i, (a, b) in enumerate(zip(old, new, strict=False))
            if a != b and not (tolerance > 0 and _close(a, b, tolerance))
        ),
        min(len(old), len(new)),
    )
    return (
        f"standard output differs in line {number + 1}: "
        f"expected {_excerpt(old, new, number)}, got {_excerpt(new, old, number)}"
    )


def _excerpt(lines: Sequence[bytes], other: Sequence[bytes], number: int) -> str:
    """The line, from shortly before the place where it leaves the other one."""
    if number >= len(lines):
        return "the end"
    line, reference = lines[number], other[number] if number < len(other) else b""
    same = next((i for i, (a, b) in enumerate(zip(line, reference, strict=False)) if a != b), 0)
    start = max(0, same - EXCERPT // 3) if len(line) > EXCERPT else 0
    piece = line[start : start + EXCERPT].decode(errors="replace")
    return ("…" if start else "") + repr(piece) + ("…" if start + EXCERPT < len(line) else "")


def _close(before: bytes, after: bytes, tolerance: float) -> bool:
    try:
        old, new = before.decode(), after.decode()
    except UnicodeDecodeError:
        return False
    try:
        parsed = [json.loads(text, object_pairs_hook=tuple) for text in (old, new)]
        return _same_value(parsed[0], parsed[1], tolerance)
    except (ValueError, RecursionError):
        return _same_text(old, new, tolerance)


def _same_value(old: object, new: object, tolerance: float) -> bool:
    if isinstance(old, list | tuple) and type(old) is type(new):
        assert isinstance(new, list | tuple)
        return len(old) == len(new) and all(
            _same_value(a, b, tolerance) for a, b in zip(old, new, strict=True)
        )
    if isinstance(old, float | int) and isinstance(new, float | int) and float in (type(old), type(new)):
        return bool not in (type(old), type(new)) and _near(float(old), float(new), tolerance)
    return type(old) is type(new) and old == new


def _same_text(old: str, new: str, tolerance: float) -> bool:
    if NUMBER.split(old) != NUMBER.split(new):
        return False
    pairs = zip(NUMBER.finditer(old), NUMBER.finditer(new), strict=True)
    return all(_same_number(a.group(), b.group(), tolerance) for a, b in pairs)


def _same_number(old: str, new: str, tolerance: float) -> bool:
    if old == new or (WHOLE.fullmatch(old) and WHOLE.fullmatch(new)):
        return old == new
    return _near(float(old), float(new), tolerance)


def _near(old: float, new: float, tolerance: float) -> bool:
    return math.isclose(old, new, rel_tol=tolerance) or (math.isnan(old) and math.isnan(new))
