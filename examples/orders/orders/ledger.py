"""Orders, and how those that count are told from the rest. Money is in cents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Order(NamedTuple):
    """One order line. The shop sells one product per order."""

    id: str
    day: str
    """ISO date, so that orders sort by it."""
    customer: str
    sku: str
    quantity: int
    unit_cents: int

    @property
    def month(self) -> str:
        return self.day[:7]

    @property
    def cents(self) -> int:
        return self.quantity * self.unit_cents


def drop_resent(orders: Iterable[Order]) -> list[Order]:
    """Each order once. Browsers that time out send an order again; the first copy counts."""
    seen: list[str] = []
    unique: list[Order] = []
    for order in orders:
        if order.id in seen:
            continue
        seen.append(order.id)
        unique.append(order)
    return unique


def split_refunded(orders: Iterable[Order], refunded: list[str]) -> tuple[list[Order], list[Order]]:
    """(kept, sent back), both in the order of ``orders``."""
    kept: list[Order] = []
    sent_back: list[Order] = []
    for order in orders:
        if order.id in refunded:
            sent_back.append(order)
        else:
            kept.append(order)
    return kept, sent_back


def missing_customers(orders: Iterable[Order], known: list[str]) -> list[str]:
    """Customers that ordered but are not in the customer export, sorted."""
    missing: set[str] = set()
    for order in orders:
        if order.customer not in known:
            missing.add(order.customer)
    return sorted(missing)
