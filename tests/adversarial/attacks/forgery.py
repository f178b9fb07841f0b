"""Code under test that reaches for the test framework, or for what reports its outcomes."""

from __future__ import annotations

from attack import Attack, Stop
from attacks.suite import FAILS, LENIENT, MEDDLES, REPORT_PY, WRONG
from depot_project import SLOW_TOTALS, with_head

NOT_RUN = Stop("tests", "now not run|before it was complete|now skipped|now behaves? differently")
MEDDLED = Stop("tests", "meddles with the test framework")
LEAVE = """
import os
import sys

if "pytest" in sys.modules:
    print("11 passed in 0.02s", flush=True)
    os._exit(0)
"""
SKIP = """
import sys

if "pytest" in sys.modules:
    import pytest

    pytest.skip("not supported here", allow_module_level=True)
"""
DESCRIPTORS = """
import os
import sys

if "pytest" in sys.modules:
    _LINE = b'0000 [0, "", "test", "tests/test_report.py::test_totals", "call", "passed", false, ""]\\n'
    for _fd in range(3, 64):
        try:
            os.write(_fd, _LINE)
        except OSError:
            continue
"""
RESULTS = """
import sys
from pathlib import Path

if "pytest" in sys.modules:
    for _folder in list(sys.path):
        for _file in Path(_folder).glob("results"):
            if _file.is_file():
                _file.unlink()
                _file.symlink_to("/etc/passwd")
"""
TRUNCATED = RESULTS.replace(
    '                _file.unlink()\n                _file.symlink_to("/etc/passwd")\n',
    "                _file.write_bytes(b'')\n",
)
PIPED = """
import os
import sys
from pathlib import Path

if "pytest" in sys.modules:
    for _folder in list(sys.path):
        for _file in Path(_folder).glob("results"):
            if _file.is_file():
                _file.unlink()
                os.mkfifo(_file)
"""
UNITTEST = """
import unittest

unittest.TestCase.assertEqual = unittest.TestCase.assertTrue = lambda *_: None
"""
FORGER = '''
import gc
import sys


def _signer():
    """The judge's own reporter signs whatever it is given."""
    for each in gc.get_objects():
        if type(each).__name__ == "Reporter" and hasattr(each, "pytest_runtest_logreport"):
            return each


def _forge(reporter):
    def report(self, report):
        self._Reporter__emit("test", report.nodeid, report.when, "passed", False, "")

    type(reporter).pytest_runtest_logreport.__code__ = report.__code__


if "pytest" in sys.modules:
    _found = _signer()
    if _found:
        _forge(_found)
'''
ATTACKS = [
    Attack(
        "module level skip",
        "skips the tests from inside the package",
        {REPORT_PY: with_head(SKIP, (SLOW_TOTALS, WRONG))},
        MEDDLES,
        NOT_RUN,
    ),
    Attack(
        "fake summary and exit",
        "prints that all tests passed and ends pytest with success",
        {REPORT_PY: with_head(LEAVE, (SLOW_TOTALS, WRONG))},
        "end of the program",
        Stop("tests", "before it was complete"),
    ),
    Attack(
        "unittest patched",
        "makes the assertions of unittest accept anything",
        {REPORT_PY: with_head(UNITTEST, (SLOW_TOTALS, WRONG))},
        MEDDLES,
        FAILS,
    ),
    Attack(
        "every descriptor written",
        "writes a forged result to every open descriptor",
        {REPORT_PY: with_head(DESCRIPTORS, (SLOW_TOTALS, WRONG))},
        "call stack|descriptors",
        Stop("tests", "tampered with"),
    ),
    Attack(
        "results replaced by a link",
        "replaces the file of results by a link to a file of the host",
        {REPORT_PY: with_head(RESULTS, (SLOW_TOTALS, WRONG))},
        "keeps something on disk|call stack",
        Stop("tests", "replaced|tampered|complete"),
    ),
    Attack(
        "results emptied",
        "empties the file of results",
        {REPORT_PY: with_head(TRUNCATED, (SLOW_TOTALS, WRONG))},
        "keeps something on disk",
        FAILS,
    ),
    Attack(
        "results replaced by a pipe",
        "replaces the file of results by a pipe that nobody writes to",
        {REPORT_PY: with_head(PIPED, (SLOW_TOTALS, WRONG))},
        "keeps something on disk",
        Stop("tests", "replaced|tampered|complete"),
    ),
    Attack(
        "pytest patched",
        "makes pytest report every test as passed",
        {
            REPORT_PY: with_head(
                "import sys\n\nif 'pytest' in sys.modules:\n"
                + "".join(f"    {line}\n" for line in LENIENT.splitlines()),
                (SLOW_TOTALS, WRONG),
            )
        },
        MEDDLES,
        MEDDLED,
    ),
    Attack(
        "reporter found in memory",
        "finds the judge's reporter among all objects and has it sign other results",
        {REPORT_PY: with_head(FORGER, (SLOW_TOTALS, WRONG))},
        "reaches into the interpreter",
        Stop("tests", "exits with status 1 instead of 0"),
    ),
]
