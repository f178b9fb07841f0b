"""``python -m orders.report data/orders.csv``: the report on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from orders.ledger import Order, drop_resent, missing_customers, split_refunded
from orders.load import Customer, DataError, Refund, read_customers, read_orders, read_refunds
from orders.loyalty import Purchase, loyalty_by_month, reorders_by_sku
from orders.totals import best_sellers, cents_by_month, cents_by_region, top

USAGE = "usage: python -m orders.report ORDERS.CSV"


def money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def table(title: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    """A titled table: first column to the left, the others to the right."""
    yield ""
    yield title
    for label, *cells in rows:
        yield f"  {label:<12}" + "".join(f"{cell:>14}" for cell in cells)


def purchases(orders: list[Order]) -> list[Purchase]:
    return [Purchase(order.day, order.customer, order.sku) for order in orders]


def render(exported: list[Order], customers: Mapping[str, Customer], refunds: list[Refund]) -> Iterator[str]:
    """The lines of the report."""
    orders = drop_resent(exported)
    kept, sent_back = split_refunded(orders, [refund.order_id for refund in refunds])
    missing = missing_customers(orders, list(customers))

    yield f"orders        {len(orders):>8}   ({len(exported) - len(orders)} sent twice)"
    yield f"refunded      {len(sent_back):>8}   ({money(sum(order.cents for order in sent_back))})"
    yield f"net revenue   {money(sum(order.cents for order in kept)):>12}"
    yield f"not on file   {len(missing):>8}   ({', '.join(missing[:5]) or 'none'})"

    loyalty = {entry.month: entry for entry in loyalty_by_month(purchases(orders))}
    months = cents_by_month(kept)
    yield from table(
        "month, revenue, first orders, repeat orders",
        [
            (month, money(months.get(month, 0)), str(entry.first), str(entry.repeat))
            for month, entry in loyalty.items()
        ],
    )
    yield from table(
        "region, revenue",
        [(region, money(cents)) for region, cents in cents_by_region(kept, customers).items()],
    )
    yield from table("best sellers", [(sku, money(cents)) for sku, cents in best_sellers(kept, 8)])
    yield from table("most reordered", [(sku, str(n)) for sku, n in top(reorders_by_sku(purchases(kept)), 8)])


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    path = Path(argv[0])
    try:
        orders = read_orders(path)
        customers = read_customers(path.with_name("customers.csv"))
        refunds = read_refunds(path.with_name("refunds.csv"))
    except (OSError, DataError) as error:
        print(f"orders: {error}", file=sys.stderr)
        return 1
    for line in render(orders, customers, refunds):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
