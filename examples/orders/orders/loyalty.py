"""Who comes back, and for what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Purchase(NamedTuple):
    """What loyalty needs to know of an order."""

    day: str
    """ISO date."""
    customer: str
    sku: str


class Loyalty(NamedTuple):
    """The orders of one month by who placed them."""

    month: str
    first: int
    """Orders by customers never seen before."""
    repeat: int


def loyalty_by_month(purchases: Iterable[Purchase]) -> list[Loyalty]:
    """First and repeat orders of each month, oldest first. The first order is that of the earliest day."""
    known: list[str] = []
    first: dict[str, int] = {}
    repeat: dict[str, int] = {}
    for purchase in sorted(purchases):
        month = purchase.day[:7]
        if purchase.customer in known:
            repeat[month] = repeat.get(month, 0) + 1
        else:
            known.append(purchase.customer)
            first[month] = first.get(month, 0) + 1
    months = sorted(first.keys() | repeat.keys())
    return [Loyalty(month, first.get(month, 0), repeat.get(month, 0)) for month in months]


def reorders_by_sku(purchases: Iterable[Purchase]) -> dict[str, int]:
    """How often a product was bought by somebody who had bought it before."""
    bought: list[tuple[str, str]] = []
    reorders: dict[str, int] = {}
    for purchase in purchases:
        article = (purchase.customer, purchase.sku)
        if article in bought:
            reorders[purchase.sku] = reorders.get(purchase.sku, 0) + 1
        else:
            bought.append(article)
    return reorders
