"""Programs that do not simply compute on one core: is the judge right about them, and what does it cost?

    python -m benchmarks.judge.waiting                     # every case once; more with --count
    python -m benchmarks.judge.waiting --only sleeps --count 5
    python -m benchmarks.judge.waiting --report            # the tables of what was recorded so far

Live decisions: a fresh baseline (which classifies the program), then the judge on the change, through the
process sandbox. Results are appended to a file, one JSON line each; counts include what is there already.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import SystemRandom
from statistics import median
from typing import Any

from benchmarks.judge.waiters import CASES, DATA, Case, program, write_tree
from hasten.agent.judge.base import Criteria
from hasten.agent.judge.judge import Judge
from hasten.agent.types import Verdict, Workload
from hasten.sandbox.base import Limits
from hasten.sandbox.process import ProcessSandbox
from hasten.sandbox.tree import Trees

Record = Mapping[str, Any]


def criteria(calibrate_s: float) -> Criteria:
    folder = Path(sys.executable).parent
    env = {"PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    limits = Limits(wall_s=60.0)
    return Criteria(sys.executable, env, None, limits, trusted_author=True, calibrate_s=calibrate_s)


def decide(case: Case, folder: Path, calibrate_s: float) -> dict[str, Any]:
    """One decision of the judge on a case, as a record; ``folder`` is new and thrown away."""
    data = DATA if case.artefacts else {}
    before, after = (
        write_tree(folder / name, body, data)
        for name, body in (("before", case.before), ("behind", case.after))
    )
    if case.before == case.after:  # A tree is judged only when something in it has changed.
        after.joinpath("prog.py").write_text(program(case.after) + "# The same.\n", encoding="utf-8")
    workload = Workload("waiting", (sys.executable, "-S", "prog.py"), artefacts=case.artefacts)
    texts = [(tree / "prog.py").read_text("utf-8") for tree in (before, after)]
    seed = SystemRandom().randrange(2**32)
    with ProcessSandbox(before, (Path(sys.prefix),), folder / "scratch") as sandbox:
        trees, exchange = Trees(folder / "trees", link=False), folder / "exchange"
        judge = Judge(sandbox, trees, criteria(calibrate_s), [workload], exchange, seed=seed)
        began = time.monotonic()
        baseline = judge.baseline(before)
        settled = time.monotonic()
        verdict = judge.judge(before, after, {"prog.py": (texts[0], texts[1])}, baseline)
    mode = baseline.traits[workload.name].mode
    return {
        "family": case.family,
        "name": case.name,
        "mode": mode.name,
        "metric": mode.metric,
        "why": mode.why,
        **verdict_record(verdict),
        "baseline_s": round(settled - began, 2),
        "seconds": round(time.monotonic() - settled, 2),
        "load": round(os.getloadavg()[0], 2),
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    record = {"decision": verdict.decision, "gate": verdict.gate, "reason": verdict.reason}
    if not verdict.measurements:
        return record
    [found] = verdict.measurements
    figures = ("speedup", "low", "high", "pairs", "wall_ratio", "cpu_ratio", "noise", "note")
    return {**record, "measured": found.decision, **{name: getattr(found, name) for name in figures}}


def is_right(case: Case, record: Record) -> bool:
    """Whether the judge kept what is a gain, and nothing else."""
    if case.right == "either" or (case.idle and record["label"] == "load"):
        return case.idle or bool(record.get("measured") != "slower")
    return bool((record["decision"] == "accepted") == (case.right == "accepted"))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def wanted(options: argparse.Namespace, records: Sequence[Record]) -> Iterator[Case]:
    """Cases in rounds, so that a session that is cut short has some of everything."""
    done = Counter((each["family"], each["name"]) for each in records if each["label"] == options.label)
    chosen = [case for case in CASES if options.only in (None, case.family)]
    most = max(options.count, options.identical or 0)
    for number in range(most):
        for case in chosen:
            count = (options.identical or options.count) if case.name == "identical" else options.count
            if done[case.family, case.name] <= number < count:
                yield case


def summary(case: Case, records: Sequence[Record]) -> str:
    """A row of the table: what was decided about one case."""
    modes = Counter(f"{each['mode']}, {each['metric']}" for each in records)
    decisions = Counter(decision(each) for each in records)
    speedups = [each["speedup"] for each in records if "speedup" in each]
    pairs = [each["pairs"] for each in records if "pairs" in each]
    right = sum(is_right(case, each) for each in records)
    cells = [
        case.family,
        case.name,
        f"{case.true:.2f}",
        counted(modes),
        counted(decisions),
        f"{median(speedups):.2f}" if speedups else "–",
        f"{median(pairs):.0f}" if pairs else "–",
        f"{median(each['seconds'] for each in records):.1f}",
        f"{case.right} (idle)" if case.idle else case.right,
        f"{right} of {len(records)}",
    ]
    return f"| {' | '.join(cells)} |"


def decision(record: Record) -> str:
    """``accepted``, what a guard or another gate refused, or what the test said."""
    if record["decision"] == "accepted":
        return "accepted"
    measured = str(record.get("measured", record["gate"]))
    return {"faster": "refused by a guard", "output": "refused: output"}.get(measured, measured)


def counted(found: Counter[str]) -> str:
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{count} {name}" for name, count in found.most_common())


def table(records: Sequence[Record]) -> str:
    """Markdown, a table for every label; then the reasons of what the judge got wrong."""
    lines: list[str] = []
    for label in sorted({each["label"] for each in records}):
        lines += [
            f"Machine: {label}",
            "",
            "| program | change | true, wall | mode | decided | speedup | pairs | s | right is | right |",
            "|" + "---|" * 10,
        ]
        wrong: list[str] = []
        for case in CASES:
            key = (label, case.family, case.name)
            found = [each for each in records if (each["label"], each["family"], each["name"]) == key]
            if found:
                lines.append(summary(case, found))
                wrong += [
                    f"- {case.family}, {case.name}: {each['reason']}"
                    for each in found
                    if not is_right(case, each)
                ]
        lines += ["", *wrong, ""]
    return "\n".join(lines).rstrip()


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=sorted({case.family for case in CASES}))
    parser.add_argument("--count", type=int, default=1, help="decisions on every case")
    parser.add_argument("--identical", type=int, help="decisions on identical programs (default: --count)")
    parser.add_argument("--label", default="quiet", choices=("quiet", "load"))
    parser.add_argument("--calibrate", type=float, default=5.0, metavar="S", help="as [judge] does; 0: not")
    parser.add_argument("--results", type=Path, default=Path("waiting.jsonl"))
    parser.add_argument("--report", action="store_true", help="only print the tables")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    options = arguments(words)
    cases = [] if options.report else list(wanted(options, read(options.results)))
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory(prefix="waiting-") as folder:
            record = {"label": options.label, **decide(case, Path(folder).resolve(), options.calibrate)}
        with options.results.open("ab", buffering=0) as file:
            file.write(json.dumps(record).encode() + b"\n")
        figures = f"{record.get('speedup', 0):.3f} n={record.get('pairs', 0)}"
        said = "right" if is_right(case, record) else "WRONG"
        print(
            f"{number}/{len(cases)} {case.family}, {case.name}: {record['mode']} {record['metric']} · "
            f"{decision(record)} {figures} · {record['seconds']} s · {said}",
            flush=True,
        )
    print(table(read(options.results)))


if __name__ == "__main__":
    main()
