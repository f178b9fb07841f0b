"""What each rule gains: its example as a small program before hasten's own judge.

    python -m benchmarks.rules measure                  (rules whose example or input is new)
    python -m benchmarks.rules measure --all
    python -m benchmarks.rules measure pop-front --sandbox bubblewrap

The program is the file under ``Before`` of the rule's docstring and a driver that calls it with the data of
``inputs.py``; the rule itself rewrites it. Both run as fresh processes in the sandbox, in pairs, until the
judge's sequential test decides. Data and interpreter start count as part of the program, so gains are those
of the whole small program, a lower bound on what the rewritten lines gain.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.rules.inputs import INPUTS, Input
from hasten.agent.judge import speed
from hasten.agent.judge.base import Criteria, Refusal
from hasten.agent.judge.judge import Judge
from hasten.agent.propose.edits import apply_edits
from hasten.agent.propose.rules.base import Rule
from hasten.agent.propose.rules.documentation import documentation
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.rewriting import rewrite
from hasten.agent.types import Measurement, Workload
from hasten.sandbox import registry
from hasten.sandbox.base import Limits
from hasten.sandbox.tree import Trees

GAINS = Path(__file__).with_name("gains.json")
FILE = "workload.py"
SECONDS = 0.4
"""CPU time that the program before the rewrite is made to take, the start of the interpreter aside."""
LARGE = 4.0
"""Gains above this are measured on a program four times as long, so that its start does not hide them."""
MEMORY_GROWTH = 2.0
"""More than the judge allows by default: numba's compiler takes half as much as such a small program."""
CALIBRATE_S = 4.0
MEASURE_S = 300.0
DRIVER = """\
import hashlib
import random
import sys

from workload import {name}

rng = random.Random(7)


def words(number):
    return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(number)]


{setup}


def calls():
    return {calls}


made = calls()
result, arguments = None, ()
for _ in range(int(sys.argv[1])):
    for arguments in {each}:
        result = {call}
if result is None:
    result = [getattr(argument, "__dict__", argument) for argument in arguments]
shown = sorted(result, key=repr) if isinstance(result, set) else result
print(hashlib.sha256(repr(shown).encode()).hexdigest())
"""


@dataclass(frozen=True)
class Gain:
    """What the judge said. Seconds are medians per execution."""

    decision: str
    speedup: float
    low: float
    pairs: int
    before_s: float
    after_s: float
    data: str
    digest: str
    """Of what was measured: the example, its rewrite and the input."""
    note: str = ""


def program(rule: Rule, given: Input) -> dict[str, str]:
    """The files of a rule's micro-workload."""
    before = documentation(rule).before
    each = "calls()" if given.fresh else "made"
    name = _target(before)
    call = f"list({name}(*arguments))" if "Iterator[" in before else f"{name}(*arguments)"
    driver = DRIVER.format(name=name, call=call, setup=given.setup, calls=given.calls, each=each)
    return {FILE: before, "main.py": driver}


def rewritten(rule: Rule) -> str:
    """The example as the rule leaves it. Raises ``ValueError`` when it does nothing."""
    doc = documentation(rule)
    before = doc.before
    found = rewrite(FILE, before, _target(before), doc.facts, [rule.id])
    if not found:
        raise ValueError(f"{rule.id} does not fire on its own example")
    return apply_edits({FILE: before}.get, [found[0].edit])[FILE]


def _target(source: str) -> str:
    node = ast.parse(source).body[-1]
    assert isinstance(node, ast.FunctionDef)
    return node.name


def digest_of(rule: Rule, given: Input) -> str:
    parts = [*program(rule, given).values(), rewritten(rule)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def rounds_for(folder: Path) -> int:
    """How often the calls are made so that the program takes long enough to be timed."""
    rounds, idle = 1, _cpu_s(folder, 0)
    while (taken := _cpu_s(folder, rounds) - idle) < SECONDS / 2 and rounds < 10**7:
        rounds = min(rounds * 20, max(rounds * 2, round(rounds * SECONDS / max(taken, 1e-3))))
    return rounds


def _cpu_s(folder: Path, rounds: int) -> float:
    """CPU seconds, the least of three executions: on a busy machine one may take half as long again."""
    return min(_one_cpu_s(folder, rounds) for _ in range(3))


def _one_cpu_s(folder: Path, rounds: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "main.py", str(rounds)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rule: Rule, given: Input, sandbox: str) -> Gain:
    """One rule before the judge. Raises ``RuntimeError`` when the rewritten program misbehaves."""
    with tempfile.TemporaryDirectory(prefix="hasten-rules-") as name:
        folder = Path(name).resolve()
        repo = folder / "repo"
        repo.mkdir()
        for path, text in program(rule, given).items():
            (repo / path).write_text(text)
        rounds = given.rounds or rounds_for(repo)
        if not given.rounds:
            seconds = _cpu_s(repo, rounds)
            (repo / FILE).write_text(rewritten(rule))
            rounds *= 4 if seconds > LARGE * _cpu_s(repo, rounds) else 1
        found = judged(rule, given, folder, sandbox, rounds)
    taken = found.measurement if isinstance(found, Refusal) else found
    if taken is None:
        raise RuntimeError(f"{rule.id}: {found.reason if isinstance(found, Refusal) else ''}")
    decision, note = str(taken.decision), taken.note
    if isinstance(found, Refusal):
        decision, note = "refused", found.reason
    figures = (taken.speedup, taken.low, taken.before_s, taken.after_s)
    speedup, low, before_s, after_s = (round(value, 4) for value in figures)
    digest = digest_of(rule, given)
    return Gain(decision, speedup, low, taken.pairs, before_s, after_s, given.data, digest, note)


def judged(rule: Rule, given: Input, folder: Path, sandbox: str, rounds: int) -> Measurement | Refusal:
    """What the judge's speed gate says of the rewritten program, in a folder of its own."""
    with registry.choose(
        sandbox,
        mount_at=folder / "repo",
        readable=[Path(sys.prefix), Path(sys.base_prefix)],
        scratch=folder / "scratch",
    ) as opened:
        trees = Trees(folder / "trees", link=opened.confined)
        before = trees.new()
        for path, text in program(rule, given).items():
            (before / path).write_text(text)
        workload = Workload(rule.id, (sys.executable, "main.py", str(rounds)), timeout_s=60.0)
        env, limits = {"PATH": "/usr/bin:/bin"}, Limits(wall_s=60.0)
        criteria = Criteria(
            sys.executable, env, None, limits, max_rss_growth=MEMORY_GROWTH, calibrate_s=CALIBRATE_S
        )
        judge = Judge(opened, trees, criteria, (workload,), folder)
        baseline = judge.baseline(before)
        after = trees.derive(before, {FILE: rewritten(rule)})
        judge.compile(after, [FILE])
        bench = judge.benches.refreshed(workload, baseline, before)
        return speed.measure(bench, before, after, max_seconds=MEASURE_S)


def known() -> dict[str, Gain]:
    """The gains measured so far."""
    if not GAINS.exists():
        return {}
    stored = json.loads(GAINS.read_text())["gains"]
    return {name: Gain(**facts) for name, facts in stored.items()}


def save(gains: dict[str, Gain]) -> None:
    """Write the gains of rules there are."""
    kept = {name: asdict(gains[name]) for name in sorted(gains) if name in RULES}
    facts = {"python": platform.python_version(), "machine": platform.machine(), "gains": kept}
    GAINS.write_text(json.dumps(facts, indent=1) + "\n")


def _is_current(gain: Gain | None, rule: Rule) -> bool:
    return gain is not None and gain.digest == digest_of(rule, INPUTS[rule.id])


def run(names: Sequence[str], sandbox: str, again: bool) -> None:
    """Measure the rules named (all of them, if none) whose figures are missing or out of date."""
    gains = known()
    for rule in RULES.values():
        if names and rule.id not in names:
            continue
        if rule.id not in INPUTS:
            print(f"{rule.id}: no input in benchmarks/rules/inputs.py")
            continue
        if not again and _is_current(gains.get(rule.id), rule):
            continue
        gain = measure(rule, INPUTS[rule.id], sandbox)
        gains[rule.id] = gain
        save(gains)
        print(
            f"{rule.id}: {gain.speedup:.2f}x, at least {gain.low:.2f}x ({gain.decision}, {gain.pairs} pairs, "
            f"{gain.before_s:.2f} s) {gain.note}",
            flush=True,
        )
