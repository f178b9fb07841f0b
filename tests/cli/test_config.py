"""Settings: precedence, and one clear sentence for what is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from hasten import UsageError
from hasten.cli import config
from hasten.cli.options import workload_flags


def write(folder: Path, text: str, name: str = "hasten.toml") -> None:
    (folder / name).write_text(text)


def load(folder: Path, flags: dict[tuple[str, ...], object] | None = None, **environ: str) -> config.Config:
    return config.load(folder, flags or {}, environ)


def test_later_sources_win_and_tables_merge(tmp_path: Path) -> None:
    write(
        tmp_path, '[tool.hasten]\ntests = "a"\n[tool.hasten.budget]\nusd = 2\nminutes = 3\n', "pyproject.toml"
    )
    write(tmp_path, 'tests = "b"\n[budget]\nusd = 4\n')
    found = load(tmp_path, {("tests",): "d"}, HASTEN_TESTS="c", HASTEN_BUDGET_USD="5")
    assert found.settings.tests == "d"
    assert found.settings.budget.usd == 5
    assert found.settings.budget.minutes == 3
    assert found.origin["tests"] == "the command line"
    assert found.origin["budget.usd"] == "the environment"
    assert found.origin["budget.minutes"] == "pyproject.toml, line 5"


def test_short_names_and_lists_in_the_environment(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        HASTEN_MODEL="openai/x",
        HASTEN_SANDBOX="process",
        HASTEN_RULES_EXCLUDE="a,b",
        HASTEN_WORKLOAD="python x.py",
        HASTEN_NO_TESTS="true",
        HASTEN_CACHE_DIR="/somewhere",
    ).settings
    assert found.model.name == "openai/x" and found.sandbox.backend == "process"
    assert found.rules.exclude == ["a", "b"] and found.no_tests
    assert found.workload_list()[0].argv == ("python", "x.py")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("tests = \n", "hasten.toml is not valid TOML", "Mend"),
        ('test = "x"\n', "hasten.toml, line 1: unknown setting 'test'", "Did you mean 'tests'?"),
        ("[budget]\nminutes = 1\nusdd = 2\n", "line 3: unknown setting 'budget.usdd'", "'budget.usd'"),
        ("[budget]\nminutes = -1\n", "line 2: 'budget.minutes'", "README"),
        ('[budget]\nusd = "many"\n', "line 2: 'budget.usd'", "README"),
        ('[workloads.a]\ncommand = "x"\nmetrik = "wall"\n', "line 3: unknown setting", "workloads.a.metric"),
        ('[workloads.a]\ncommand = "x"\nmetric = "fast"\n', "line 3: 'workloads.a.metric'", "README"),
        ("[workloads.a]\ncwd = 'x'\n", "'workloads.a.command': field required", "README"),
        ('[workloads.a]\ncommand = "unclosed \'quote"\n', "line 2: 'workloads.a.command'", "README"),
        ("budget = 3\n", "line 1: 'budget'", "README"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_misspelt_variable_is_not_silently_ignored(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HASTEN_TETSS") as caught:
        load(tmp_path, HASTEN_TETSS="x")
    assert "HASTEN_TESTS" in caught.value.hint


def test_the_workload_flag_selects_names_or_adds() -> None:
    configured = {"report": {"command": "python r.py"}, "load": {"command": "python l.py"}}
    assert workload_flags(None, configured) is None
    assert workload_flags(["report"], configured) == {"report": {"command": "python r.py"}}
    assert workload_flags(["python x.py a=b"], configured) == {"workload": {"command": "python x.py a=b"}}
    assert workload_flags(["small=python x.py"], configured) == {"small": {"command": "python x.py"}}
    assert list(workload_flags(["python a.py", "python b.py"], {}) or {}) == ["workload1", "workload2"]


def test_a_workload_flag_replaces_the_configured_ones(tmp_path: Path) -> None:
    write(tmp_path, '[workloads.report]\ncommand = "python r.py"\n')
    found = load(tmp_path, {("workloads",): config.Replace({"workload": {"command": "python x.py"}})})
    assert [w.name for w in found.settings.workload_list()] == ["workload"]


def test_lines_that_need_a_shell_get_one(tmp_path: Path) -> None:
    write(tmp_path, '[workloads.a]\ncommand = "python x.py > out.txt"\n')
    assert load(tmp_path).settings.workload_list()[0].argv == ("sh", "-c", "python x.py > out.txt")
