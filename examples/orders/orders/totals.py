"""Sums and rankings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orders.ledger import Order
from orders.load import Customer

UNKNOWN_REGION = "unknown"


def cents_by_month(orders: Iterable[Order]) -> dict[str, int]:
    """Month -> cents, oldest month first."""
    totals: dict[str, int] = {}
    for order in orders:
        totals[order.month] = totals.get(order.month, 0) + order.cents
    return dict(sorted(totals.items()))


def cents_by_region(orders: Iterable[Order], customers: Mapping[str, Customer]) -> dict[str, int]:
    """Region -> cents, by name; orders of customers we do not know come under ``unknown``."""
    totals: dict[str, int] = {}
    for order in orders:
        customer = customers.get(order.customer)
        region = customer.region if customer else UNKNOWN_REGION
        totals[region] = totals.get(region, 0) + order.cents
    return dict(sorted(totals.items()))


def top(counts: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
    """The largest first; among equals, by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


def best_sellers(orders: Iterable[Order], limit: int) -> list[tuple[str, int]]:
    """(sku, cents) of the products that brought in most."""
    totals: dict[str, int] = {}
    for order in orders:
        totals[order.sku] = totals.get(order.sku, 0) + order.cents
    return top(totals, limit)
