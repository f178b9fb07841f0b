"""Read the three exports: ``orders.csv`` and, next to it, ``customers.csv`` and ``refunds.csv``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from orders.ledger import Order


class Customer(NamedTuple):
    id: str
    region: str


class Refund(NamedTuple):
    order_id: str
    reason: str


class DataError(ValueError):
    """An export that cannot be read; the message names the file and the line."""


def rows(path: Path, width: int) -> Iterator[list[str]]:
    """The rows after the header; blank lines are skipped, short and long ones are an error."""
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        next(reader, None)
        for row in reader:
            if not row:
                continue
            if len(row) != width:
                raise DataError(f"{path.name}:{reader.line_num}: {len(row)} fields instead of {width}")
            yield row


def read_orders(path: Path) -> list[Order]:
    """Orders in the order of the export, which is the order in which they reached the shop."""
    orders: list[Order] = []
    for id_, day, customer, sku, quantity, unit_cents in rows(path, 6):
        try:
            orders.append(Order(id_, day, customer, sku, int(quantity), int(unit_cents)))
        except ValueError as error:
            raise DataError(f"{path.name}: order {id_}: {error}") from None
    return orders


def read_customers(path: Path) -> dict[str, Customer]:
    return {id_: Customer(id_, region) for id_, region in rows(path, 2)}


def read_refunds(path: Path) -> list[Refund]:
    return [Refund(order_id, reason) for order_id, reason in rows(path, 2)]
