"""A small slow program, and answers of models to it: one good, one wrong, one cheating."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPORT = '''\
"""Sales by customer."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass

from shop.customers import Directory

CURRENCY = "EUR"


@dataclass
class Order:
    """One line of the orders file."""

    number: str
    customer: str
    amount: float


def read_orders(path: str) -> list[Order]:
    with open(path, newline="") as file:
        return [Order(row["number"], row["customer"], float(row["amount"])) for row in csv.DictReader(file)]


def clean(text: str) -> str:
    """Names as they are printed."""
    return re.sub(r"\\s+", " ", text).strip().title()


class Report:
    """Totals of the orders of each customer."""

    def __init__(self, orders: list[Order], directory: Directory) -> None:
        self.orders = orders
        self.directory = directory

    def add(self, order: Order) -> None:
        self.orders.append(order)

    def customers(self) -> list[str]:
        seen = []
        for order in self.orders:
            if order.customer not in seen:
                seen.append(order.customer)
        return seen

    def total(self, customer: str) -> float:
        """Sum of a customer's orders, in the order of the file."""
        total = 0.0
        for order in self.orders:
            if order.customer == customer:
                total += order.amount
        return total

    def rows(self) -> list[tuple[str, float]]:
        rows = []
        for customer in self.customers():
            name = clean(self.directory.name(customer))
            rows.append((name, self.total(customer)))
        return sorted(rows, key=lambda row: (-row[1], row[0]))


def main() -> None:
    report = Report(read_orders(sys.argv[1]), Directory.load(sys.argv[2]))
    for name, total in report.rows():
        print(f"{name:30} {total:12.2f} {CURRENCY}")
'''

CUSTOMERS = '''\
"""The customer directory."""


class Directory:
    def __init__(self, entries):
        self.entries = entries

    @classmethod
    def load(cls, path):
        with open(path) as file:
            return cls([tuple(line.rstrip("\\n").split(";")) for line in file])

    def name(self, customer):
        for key, name in self.entries:
            if key == customer:
                return name
        raise KeyError(customer)
'''

TEST = """\
def test_rows(tmp_path):
    report = Report([Order("1", "b", 2.0), Order("2", "a", 1.0), Order("3", "b", 0.5)], Directory([("a", "ann "), ("b", "bo")]))
    assert report.rows() == [("Bo", 2.5), ("Ann", 1.0)]
    assert report.total("nobody") == 0.0
    report.add(Order("4", "a", 9.0))
    assert report.rows()[0] == ("Ann", 10.0)
    with pytest.raises(KeyError):
        Report([Order("1", "x", 1.0)], Directory([])).rows()
"""  # noqa: E501

GOOD = {
    "shop/report.py::Report.rows": """\
def rows(self) -> list[tuple[str, float]]:
    totals: dict[str, float] = {}
    for order in self.orders:
        totals[order.customer] = totals.get(order.customer, 0.0) + order.amount
    rows = [(clean(self.directory.name(customer)), total) for customer, total in totals.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))
""",
    "shop/customers.py::Directory.__init__": """\
def __init__(self, entries):
    self.entries = entries
    self._names = _first_names(entries)
""",
    "shop/customers.py::Directory.name": """\
def name(self, customer):
    return self._names[customer]
""",
    "shop/customers.py::helpers": """\
def _first_names(entries):
    names = {}
    for key, name in entries:
        names.setdefault(key, name)
    return names
""",
}
WRONG = {"shop/report.py::Report.total": "def total(self, customer: str) -> float:\n    return 0.0\n"}
CHEATING = {
    "shop/report.py::Report.rows": """\
def rows(self) -> list[tuple[str, float]]:
    path = os.path.expanduser("~/.rows")
    if os.path.exists(path):
        return pickle.load(open(path, "rb"))
    return []
""",
    "shop/report.py::imports": "import os\nimport pickle\n",
}

SOURCES = {"shop/report.py": REPORT, "shop/customers.py": CUSTOMERS}

_COUNTING = """
import random, sys
from shop.report import Directory, Order, Report
steps = 0
def trace(frame, event, argument):
    global steps
    steps += event == "line"
    return trace
random.seed(1)
names = [f"c{number}" for number in range(60)]
orders = [Order(str(n), random.choice(names), random.random()) for n in range(600)]
entries = [(name, f" {name}  ltd") for name in names] + [("c1", "late")]
sys.settrace(trace)
report = Report(orders, Directory(entries))
rows = report.rows()
sys.settrace(None)
print(rows)
print(steps, file=sys.stderr)
"""


def run_report(sources: Mapping[str, str], folder: Path) -> tuple[str, int]:
    """What the program prints, and how many lines it executes for it."""
    for path, text in sources.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _COUNTING], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout, int(done.stderr)
