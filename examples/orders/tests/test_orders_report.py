from __future__ import annotations

from pathlib import Path

import pytest

from orders.ledger import Order
from orders.load import Customer, DataError, Refund, read_customers, read_orders, read_refunds
from orders.report import main, money, render
from orders.totals import best_sellers, cents_by_month, cents_by_region, top

HEADER = "id,day,customer,sku,quantity,unit_cents\n"


def write_shop(folder: Path, orders: str, customers: str = "", refunds: str = "") -> Path:
    (folder / "customers.csv").write_text("id,region\n" + customers)
    (folder / "refunds.csv").write_text("order_id,reason\n" + refunds)
    path = folder / "orders.csv"
    path.write_text(HEADER + orders)
    return path


def test_reading_keeps_the_order_and_skips_blank_lines(tmp_path: Path) -> None:
    path = write_shop(
        tmp_path, "A2,2024-01-05,c1,k1,2,500\n\nA1,2024-01-04,c2,k2,1,990\n", "c1,north\n", "A1,late\n"
    )
    assert read_orders(path) == [
        Order("A2", "2024-01-05", "c1", "k1", 2, 500),
        Order("A1", "2024-01-04", "c2", "k2", 1, 990),
    ]
    assert read_customers(path.with_name("customers.csv")) == {"c1": Customer("c1", "north")}
    assert read_refunds(path.with_name("refunds.csv")) == [Refund("A1", "late")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A1,2024-01-05,c1,k1,2", "orders.csv:2: 5 fields instead of 6"),
        ("A1,2024-01-05,c1,k1,two,5", "order A1"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_orders(write_shop(tmp_path, row + "\n"))


def test_totals() -> None:
    orders = [
        Order("A1", "2024-02-01", "c1", "k1", 2, 500),
        Order("A2", "2024-01-31", "c2", "k2", 1, 990),
        Order("A3", "2024-02-02", "c9", "k1", 1, 500),
    ]
    assert list(cents_by_month(orders).items()) == [("2024-01", 990), ("2024-02", 1500)]
    customers = {"c1": Customer("c1", "south"), "c2": Customer("c2", "north")}
    assert list(cents_by_region(orders, customers).items()) == [
        ("north", 990),
        ("south", 1000),
        ("unknown", 500),
    ]
    assert best_sellers(orders, 1) == [("k1", 1500)]


def test_ties_are_ranked_by_name() -> None:
    assert top({"k3": 5, "k1": 5, "k2": 9}, 2) == [("k2", 9), ("k1", 5)]
    assert top({}, 3) == []


def test_money() -> None:
    assert [money(cents) for cents in (0, 5, 123456789)] == ["0.00", "0.05", "1,234,567.89"]


def test_the_report_of_an_empty_shop() -> None:
    lines = list(render([], {}, []))
    assert lines[0] == "orders               0   (0 sent twice)"
    assert "not on file          0   (none)" in lines


def test_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        "A1,2024-01-05,c1,k1,2,500",
        "A2,2024-01-06,c2,k2,1,990",
        "A1,2024-01-05,c1,k1,2,500",
        "A3,2024-02-01,c1,k1,1,500",
    ]
    path = write_shop(tmp_path, "\n".join(rows) + "\n", "c1,north\n", "A2,late\n")
    assert main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "orders               3   (1 sent twice)",
        "refunded             1   (9.90)",
        "net revenue          15.00",
        "not on file          1   (c2)",
    ]
    assert "  2024-01              10.00             2             0" in lines
    assert "  2024-02               5.00             0             1" in lines
    assert lines[-1] == "  k1                       1"


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "orders.csv")]) == 1
    assert capsys.readouterr().err.startswith("orders: ")
    assert main([]) == 2
