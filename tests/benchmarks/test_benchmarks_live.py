"""Live decisions on small programs, their files, their sums and their tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.judge import live, load, programs, summary, table
from benchmarks.judge.replay import Row
from benchmarks.judge.results import Line, Results
from hasten.agent.judge.sampling import pick_core
from hasten.sandbox.process import ProcessSandbox

SMALL = programs.Scale(startup_s=0.012, unit_s=0.0001, rounds=100)


def confirmed(effect: float, decision: str, low: float = 1.0, pairs: int = 8) -> Line:
    return {"effect": effect, "decision": decision, "low": low, "pairs": pairs, "speedup": effect}


def line(kind: str, effect: float, *confirmations: Line, seconds: float = 4.0) -> Line:
    return {
        "kind": kind,
        "program": "loop",
        "effect": effect,
        "confirmed": list(confirmations),
        "seconds": seconds,
        "load": 1.5,
    }


LINES = [
    {"kind": "setup", "machine": "a machine", "scales": {}},
    {"kind": "truth", "program": "loop", "effect": 1.05, "speedup": 1.06},
    {"kind": "truth", "program": "loop", "effect": 1.05, "speedup": 1.04},
    line("null", 1.0, confirmed(1.0, "same")),
    line("null", 1.0),
    line("null", 1.0, confirmed(1.0, "same"), confirmed(1.0, "faster")),
    line("slower", live.SLOWER, confirmed(live.SLOWER, "slower")),
    line("gain", 1.05, confirmed(1.05, "faster", 1.02, 12), seconds=5.0),
    line("gain", 1.05, confirmed(1.0, "same"), confirmed(1.05, "faster", 1.06, 18), seconds=12.0),
    line("gain", 1.05, confirmed(1.0, "faster")),
    line("gain", 1.05),
]


def test_live_lines_add_up() -> None:
    found = summary.summarise("quiet", LINES)
    assert found.nulls == summary.Count(1, 18)
    assert (found.batches, found.confirmations) == (3, 3)
    assert found.slower == summary.Count(0, 1)
    assert found.bystanders == summary.Count(1, 20)
    assert found.bounds == summary.Count(1, 2)
    [gain] = found.gains
    assert gain.kept == summary.Count(2, 4)
    assert gain.truth == pytest.approx(1.05)
    assert gain.pairs[0] == 15
    assert gain.within_10s == summary.Count(3, 4)
    assert gain.runs == 63 + 2 * (12 + 8 + 18 + 8) / 4


def test_tables_have_a_row_for_everything() -> None:
    found = {"quiet": summary.summarise("quiet", LINES)}
    accepted = {1.0: 0.24, 1.03: 0.4, 1.05: 0.5, 1.10: 0.75, 1.30: 0.98, live.SLOWER: 0.07}
    replayed = {"load": [Row("a rule", accepted, 500, 40.0, 3.3)]}
    rules = table.rules_table(replayed, found)
    assert "| **hasten, live** | **1 of 18 · –** | **– · –** | **50% · –** |" in rules
    assert "| a rule | – · 24% | – · 40% | – · 50% | – · 75% | – · 98% | – · 7% | – · 40 | – · 3.3 |" in rules
    detail = table.live_table(found)
    assert "| null candidates accepted | 1 of 18 (below 23.77%) |" in detail
    assert "real 1.05x kept (truly 1.050)" in detail
    assert "1.30x" not in detail


def test_what_a_peer_does_better_comes_from_the_figures() -> None:
    decided = [line("gain", 1.30, confirmed(1.30, "faster"), seconds=5.0)]
    good = {1.0: 0.0, 1.03: 1.0, 1.05: 1.0, 1.10: 1.0, 1.30: 1.0, live.SLOWER: 0.0}
    replayed = {"quiet": [Row("quick", good, 9, 40.0, 3.0), Row("slow", good, 9, 40.0, 30.0)]}
    said = table.better(replayed, {"quiet": summary.summarise("quiet", decided)}).splitlines()
    assert said[0].endswith("quick; slow.")
    assert said[1].endswith(": quick.")
    assert said[2].endswith(": quick.")


def test_blocks_are_filled_in_between_their_markers(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n")
    table.write(path, {"a": r"new \1"})
    assert path.read_text() == "before\n<!-- a: begin -->\nnew \\1\n<!-- a: end -->\nafter\n"
    with pytest.raises(ValueError, match="no markers"):
        table.write(path, {"b": ""})


@pytest.mark.parametrize("name", ["rules", "machine", "better", "hasten", "waiting", "patches", "coverage"])
def test_the_page_has_a_place_for_every_table(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "judge.md"
    assert "\nfigures\n" in table.put(page.read_text(encoding="utf-8"), name, "figures")


def test_results_survive_being_cut_short(tmp_path: Path) -> None:
    results = Results(tmp_path / "deep" / "live.jsonl")
    assert results.lines() == []
    results.append({"kind": "null", "n": 1})
    results.append({"kind": "gain", "n": 2})
    with results.path.open("a") as file:
        file.write('{"kind": "nu')
    assert [found["n"] for found in results.lines()] == [1, 2]
    assert [found["n"] for found in results.lines("gain")] == [2]


def test_what_is_furthest_behind_comes_next(tmp_path: Path) -> None:
    results = Results(tmp_path / "live.jsonl")
    wanted = live.Wanted(nulls=12, slower=4)
    assert live.progress(results, wanted) == {("null", 1.0): 0, ("slower", live.SLOWER): 0}
    results.append({"kind": "null", "effect": 1.0})
    results.append({"kind": "slower", "effect": live.SLOWER})
    assert live.progress(results, wanted) == {("null", 1.0): 0.5, ("slower", live.SLOWER): 0.25}


def test_scale_puts_the_whole_execution_at_a_speedup() -> None:
    seconds = SMALL.startup_s + SMALL.rounds * SMALL.unit_s
    assert SMALL.startup_s + SMALL.at(1.5) * SMALL.unit_s == pytest.approx(seconds / 1.5, rel=0.01)
    assert SMALL.at(1.0) == SMALL.rounds
    assert SMALL.at(100.0) == 1


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs_print_the_same_whatever_their_speed_and_remarks(name: str) -> None:
    printed = set()
    for rounds, remark in [(1, ""), (3, "another")]:
        namespace: dict[str, object] = {}
        exec(programs.files(name, rounds, remark)["work.py"], namespace)
        printed.add(namespace["run"]())  # type: ignore[operator]
    assert len(printed) == 1


@pytest.mark.e2e
def test_a_real_gain_is_raced_and_confirmed(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    with ProcessSandbox(tmp_path / "repo", [], tmp_path / "scratch") as sandbox:
        large = programs.Scale(SMALL.startup_s, SMALL.unit_s, rounds=1000)
        stage = live.Stage("text", large, sandbox, tmp_path, calibrate_s=0)
        found = live.batch(stage, [1.0, 5.0], every=True)
        left = list(stage.trees.root.iterdir())
    assert found["confirmed"][-1]["decision"] == "faster"
    assert found["confirmed"][-1]["effect"] == 5.0
    assert max(found["race"]) == found["race"][1]
    assert found["seconds"] > found["race_seconds"] > 0
    assert left == [stage.before]


def test_burners_run_on_the_other_cores_and_end_with_the_block() -> None:
    assert pick_core() not in load.other_cores()
    before = children()
    with load.burning(30):
        assert len(children() - before) == max(1, len(load.other_cores()))
    assert children() == before


def children() -> set[str]:
    """Processes started by this thread that still run."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    if not path.exists():
        pytest.skip("this system does not list children")
    return set(path.read_text().split())
