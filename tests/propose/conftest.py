"""A small slow program as a real target: what a model would be asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hasten.agent.facts import Facts
from hasten.agent.languages.python import find
from hasten.agent.types import Candidate, Measurement, Target, Verdict
from tests.support.slow_shop import REPORT, SOURCES, TEST


def row(text: str) -> int:
    return next(number for number, line in enumerate(REPORT.split("\n"), 1) if line == text)


@pytest.fixture
def source_of() -> Callable[[str], str | None]:
    return SOURCES.get


@pytest.fixture
def target() -> Target:
    definition = find("shop/report.py", REPORT, "Report.rows")
    assert definition
    return Target(
        definition=definition,
        workload="report",
        self_share=0.04,
        inclusive_share=0.93,
        call_path=("shop/report.py::main", "shop/report.py::Report.rows"),
        callees=(
            ("shop/report.py::Report.total", 0.52),
            ("shop/customers.py::Directory.name", 0.21),
            ("shop/report.py::Report.customers", 0.15),
            ("re.sub (stdlib)", 0.02),
        ),
        lines={
            row("            rows.append((name, self.total(customer)))"): 0.52,
            row("            name = clean(self.directory.name(customer))"): 0.25,
            row("        for customer in self.customers():"): 0.15,
            row("        return sorted(rows, key=lambda row: (-row[1], row[0]))"): 0.004,
        },
    )


@pytest.fixture
def facts() -> dict[str, Facts]:
    return {
        "shop/report.py::Report.total": Facts(
            calls=1800,
            repeated_argument_rate=0.0,
            arguments={"customer": "str, length p50 6"},
            returns="float",
        ),
        "shop/report.py::Report.rows": Facts(
            calls=1,
            repeated_argument_rate=0.0,
            arguments={
                "self.orders": "list[Order], length 20,000",
                "self.directory.entries": "list[tuple], length 2,500",
            },
            returns="list[tuple[str, float]], length 1,800",
        ),
    }


@pytest.fixture
def attempts() -> list[tuple[Candidate, Verdict]]:
    def measured(speedup: float) -> Measurement:
        return Measurement(
            "report",
            "faster",
            speedup,
            speedup - 0.1,
            speedup + 0.1,
            12,
            "cpu",
            "duet",
            0.05,
            9.0,
            1.0,
            1 / speedup,
        )

    failed = Verdict(
        "rejected",
        "tests",
        "1 test fails that passed before.",
        detail="def test_rows():\n>   assert ...\nE   AssertionError: assert [('Bo', 2.0)] == [('Bo', 2.5)]",
    )
    small = Verdict("rejected", "speed", "Not proven faster by 3%.", measurements=(measured(1.01),))
    return [
        (Candidate("c1", (), "shop/report.py::Report.rows", "model:x", "Keep totals in a dict"), failed),
        (Candidate("c2", (), "shop/report.py::Report.rows", "model:x", "Compile the pattern once"), small),
    ]


@pytest.fixture
def tests() -> dict[str, str]:
    return {"tests/test_report.py::test_rows": TEST}
