"""What is put in the place of the test framework's own parts is noticed, whatever it makes the tests say."""

from __future__ import annotations

from pathlib import Path

import pytest
from judge_project import CORE, FAST, PYTEST, open_court

WRONG = FAST.replace("return list(seen)", "return list(seen)[::-1]")
LENIENT = """
import sys

if "pytest" in sys.modules:
    from _pytest.reports import TestReport

    _report = TestReport.from_item_and_call

    def _kind(cls, item, call):
        call.excinfo = None
        return _report(item, call)

    {patch}
"""
REPLACED = "TestReport.from_item_and_call = classmethod(_kind)"
PLUGIN = """
import gc
import sys

if "pytest" in sys.modules:
    import pytest

    class Kind:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_makereport(self, item, call):
            call.excinfo = None

    for each in gc.get_objects():
        if isinstance(each, pytest.PytestPluginManager):
            each.register(Kind())
"""
XDIST = (*PYTEST, "-p", "xdist", "-n", "1")


@pytest.mark.parametrize(
    "command",
    [pytest.param(PYTEST, id="one process"), pytest.param(XDIST, id="xdist", marks=pytest.mark.e2e)],
)
@pytest.mark.parametrize(
    ("head", "named"),
    [
        (LENIENT.format(patch=REPLACED), "_pytest.reports.TestReport.from_item_and_call"),
        pytest.param(PLUGIN, "the plugin shop.core.Kind", marks=pytest.mark.e2e),
    ],
    ids=["replaced", "plugin"],
)
def test_a_lenient_framework_is_named(
    head: str, named: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    with open_court(tmp_path, tests=command, trusted_author=True) as court:
        baseline = court.healthy()
        verdict = court.verdict({"shop/core.py": WRONG + head}, baseline)
    assert verdict.gate == "tests"
    assert verdict.reason == f"It meddles with the test framework: {named}."


@pytest.mark.e2e
def test_what_the_program_always_did_is_no_offence(tmp_path: Path) -> None:
    head = LENIENT.format(patch=REPLACED)
    with open_court(tmp_path, files={"shop/core.py": CORE + head}, trusted_author=True) as court:
        baseline = court.healthy()
        verdict = court.verdict({"shop/core.py": FAST + head}, baseline)
    assert verdict.accepted, verdict
