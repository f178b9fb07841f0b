"""Evidence files: what is written can be read and rechecked; anything else is refused with advice."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from hasten import UsageError
from hasten.agent import evidence, evidence_files, sameness
from hasten.agent.deliver import verification_report
from hasten.agent.evidence import Compared, Evidence, Machine, Suite, Thresholds, Versions
from hasten.agent.judge import conditions, guards, modes, sequential, statistics, wording
from hasten.agent.judge.base import Calibration, Criteria, Traits
from hasten.agent.settings import Settings
from hasten.agent.types import Conditions, Measurement, Rule, Sample
from hasten.sandbox.base import Limits

CRITERIA = Criteria(python="python", env={}, tests=None, limits=Limits())
SETTINGS = Settings.model_validate({"workloads": {"a|b <c>": {"command": "python x.py"}}, "no_tests": True})


def measurement(factor: float, seed: int = 1, noise: float = 0.02) -> Measurement:
    """A measurement made of random pairs, as ``speed.measure`` would sum it up."""
    rng, rule = random.Random(seed), Rule()

    def side(cpu: float, place: int) -> Sample:
        return Sample(2 * cpu, cpu, 10_000_000, 0.0, place, "same")

    def pair() -> tuple[Sample, Sample]:
        base, first = 0.05 * rng.lognormvariate(0, 0.1), rng.randrange(2)
        return side(base, first), side(base / factor * rng.lognormvariate(0, noise), 1 - first)

    raw: list[tuple[Sample, Sample]] = []
    step = None
    while step is None or step.decision is None:
        raw.append(pair())
        step = sequential.look(statistics.log_ratios((a.cpu_s, b.cpu_s) for a, b in raw), rule)
    faster = step.decision == "faster"
    solo = [pair() for _ in range(guards.veto_pairs(step.speedup))] if faster else []
    return Measurement(
        workload="a|b <c>",
        decision=step.decision,
        speedup=step.speedup,
        low=step.low,
        high=step.high,
        pairs=step.pairs,
        metric="cpu",
        mode="duet",
        alpha=step.alpha,
        seconds=2.0,
        before_s=median(a.cpu_s for a, _ in raw),
        after_s=median(b.cpu_s for _, b in raw),
        p=step.p,
        wall_ratio=guards.ratio(solo, lambda s: s.wall_s) if solo else 0.0,
        cpu_ratio=guards.ratio(raw, lambda s: s.cpu_s),
        rss_ratio=1.0,
        why="It computes.",
        noise=0.02,
        rule=rule,
        conditions=Conditions(drift=conditions.drift([a.cpu_s for a, _ in raw])),
        raw=tuple(raw),
        solo=tuple(solo),
    )


def record(factor: float = 1.3) -> Evidence:
    workloads = SETTINGS.workload_list()
    verdict = wording.decided([measurement(factor)], workloads, {"tests": "12 tests as before"}, final=False)
    traits = Traits(modes.DUET, 0.05, 10, calibration=Calibration(0.02, 1.02, 0.1, False, 20))
    return Evidence(
        schema=evidence.SCHEMA,
        id="20260131-142501-9f3a",
        at=1769869501.5,
        machine=Machine("Linux", "6.1", "A | processor", 2, (0.5, 0.4, 0.3)),
        versions=Versions.here("/usr/bin/python3", "3.11.2"),
        sandbox="process",
        seed=7,
        compared=Compared("commits", "main", "mine", "a" * 40, "b" * 40, "c" * 64, "d" * 64, ("x.py",)),
        settings=SETTINGS,
        thresholds=Thresholds.of(CRITERIA),
        workloads={"a|b <c>": traits},
        tests=Suite(12),
        verdict=verdict,
        fingerprint=evidence.fingerprint(verdict),
        reproduce="hasten verify main mine",
    )


def on_disk(folder: Path, found: Evidence) -> Path:
    files = {evidence_files.FILE: evidence_files.as_json(found), **verification_report.files(found)}
    return evidence_files.write(folder / "verify", found.id, files)


@pytest.mark.parametrize(("factor", "decision"), [(1.3, "accepted"), (1.0, "rejected")])
def test_what_is_written_is_read_and_rechecked(tmp_path: Path, factor: float, decision: str) -> None:
    found = record(factor)
    folder = on_disk(tmp_path, found)
    again = evidence_files.read(folder)
    assert again == evidence_files.read(folder / evidence_files.FILE) == found
    checked = evidence.recheck(again)
    assert checked.faults == ()
    assert checked.found.decision == found.verdict.decision == decision


Change = Callable[[dict[str, Any]], object]
FORGERIES: dict[str, tuple[Change, str]] = {
    "speedup": (lambda m: m.update(speedup=9.0), "the speedup: the file says 9"),
    "dropped pair": (lambda m: m["raw"].pop(3), "the number of pairs"),
    "reordered pairs": (lambda m: m["raw"].sort(key=lambda p: p[0]["cpu_s"]), "their fingerprint is another"),
    "extra pair": (lambda m: m["raw"].append(m["raw"][0]), "more pair than"),
    "dropped solo pair": (lambda m: m["solo"].pop(), "solo pairs are due"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_edited_file_is_told_by_its_samples(tmp_path: Path, name: str) -> None:
    forge, told = FORGERIES[name]
    path = on_disk(tmp_path, record()) / evidence_files.FILE
    content = json.loads(path.read_text())
    forge(content["verdict"]["measurements"][0])
    path.write_text(json.dumps(content))
    checked = evidence.recheck(evidence_files.read(path))
    assert not checked.sound
    assert [fault for fault in checked.faults if told in fault], checked.faults


def test_other_thresholds_than_the_settings_are_told() -> None:
    found = record()
    lax = replace(found, thresholds=replace(found.thresholds, max_cpu_growth=9.0))
    assert "the thresholds are not those of the settings" in evidence.recheck(lax).faults


def test_a_reason_with_other_figures_is_told() -> None:
    found = record()
    boast = replace(found, verdict=replace(found.verdict, reason="9x faster."))
    assert [f for f in evidence.recheck(boast).faults if f.startswith("the reason: ")]
    older = replace(boast, versions=replace(found.versions, hasten="0.0.1"))
    assert evidence.recheck(older).sound, "another version may word it differently"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "There is no evidence file"),
        ("", "is damaged"),
        ('{"schema": "hasten/evi', "is damaged"),
        ("[1, 2]", "is no evidence of hasten"),
        ('{"schema": "hasten/evidence/1"}', "has the schema 'hasten/evidence/1'"),
        ('{"schema": "hasten/evidence/2"}', "is damaged: id: field required"),
        (b"\xff\xfe\x00", "is damaged"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    tmp_path: Path, content: str | bytes | None, told: str
) -> None:
    path = tmp_path / "evidence.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        evidence_files.read(path)
    assert told in caught.value.message
    assert caught.value.hint


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        evidence_files.write(tmp_path / "verify", "one", {"a.txt": "a", "no/folder.txt": "b"})
    assert list((tmp_path / "verify").iterdir()) == []


def test_a_place_that_is_a_file_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError) as caught:
        evidence_files.demand_writable(tmp_path / "taken" / "verify")
    assert "is no folder" in caught.value.message and "--runs-dir" in caught.value.hint
    evidence_files.demand_writable(tmp_path / "new" / "verify")
    assert not (tmp_path / "new").exists()


def test_the_report_names_what_decided(tmp_path: Path) -> None:
    folder = on_disk(tmp_path, record())
    text = (folder / "report.md").read_text()
    for words in (
        "accepted",
        "It computes.",
        "| a\\|b \\<c\\> | faster |",
        "hasten verify main mine",
        "2.0%",
    ):
        assert words in text
    pictures = sorted(path.name for path in folder.glob("*.svg"))
    assert pictures == ["1-a-b-c-interval.svg", "1-a-b-c-pairs.svg"]
    assert all(f"]({name})" in text for name in pictures)
    rows = [line for line in text.splitlines() if line.startswith("| a\\|b")]
    assert [line.replace("\\|", "").count("|") for line in rows] == [13, 8]


def test_a_report_without_samples_has_no_plots() -> None:
    found = record()
    bare = replace(found, verdict=replace(found.verdict, measurements=(), decision="rejected", gate="tests"))
    assert list(verification_report.files(bare)) == ["report.md"]


# A tree against itself.


@pytest.mark.parametrize(
    ("events", "trials", "bound"),
    # Exact values: 1 - .05**(1/n) without events, tables of the binomial distribution otherwise.
    [(0, 1, 0.95), (0, 10, 0.2589), (0, 100, 0.02951), (0, 3000, 0.000998), (1, 10, 0.3942), (5, 10, 0.7776)],
)
def test_the_bound_on_a_rate_is_exact(events: int, trials: int, bound: float) -> None:
    found = sameness.upper_bound(events, trials)
    assert found == pytest.approx(bound, rel=1e-3)
    assert sameness.at_most(events, trials, found) == pytest.approx(0.05)


def test_a_bound_on_everything_is_one() -> None:
    assert sameness.upper_bound(4, 4) == 1.0


def test_decisions_on_identical_programs_are_summed_up() -> None:
    taken = tuple(measurement(1.0, seed, noise=0.03) for seed in range(12))
    found = sameness.summed_up(taken, (), 24.0)
    assert found.decisions == 12
    assert found.pairs == sum(m.pairs for m in taken)
    assert found.accepted == 0 and found.replays.faster == 0
    assert found.noise == pytest.approx(0.03, rel=0.4)
    assert found.mde == pytest.approx(1.01 + 0.54 * found.noise)
    assert found.centre == pytest.approx(1.0, abs=0.02)
    assert 0 < found.replays.decisions <= found.pairs


def test_a_faster_copy_counts_as_a_false_acceptance_unless_a_guard_refused_it() -> None:
    taken = (measurement(1.0), measurement(1.3))
    assert sameness.summed_up(taken, (), 4.0).accepted == 1
    refused = sameness.summed_up(taken, ("it needs memory",), 4.0)
    assert (refused.faster, refused.accepted) == (1, 0)
