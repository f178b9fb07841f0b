from __future__ import annotations

from orders.loyalty import Loyalty, Purchase, loyalty_by_month, reorders_by_sku


def order(customer: str, day: str, sku: str = "k1") -> Purchase:
    return Purchase(day, customer, sku)


def test_a_customer_is_new_once() -> None:
    orders = [order("c1", "2024-01-02"), order("c1", "2024-01-03"), order("c1", "2024-02-01")]
    assert loyalty_by_month(orders) == [Loyalty("2024-01", 1, 1), Loyalty("2024-02", 0, 1)]


def test_days_decide_who_came_first_not_the_order_of_the_export() -> None:
    orders = [order("c1", "2024-03-01"), order("c2", "2024-02-01"), order("c1", "2024-02-20")]
    assert loyalty_by_month(orders) == [Loyalty("2024-02", 2, 0), Loyalty("2024-03", 0, 1)]


def test_months_come_oldest_first_across_years() -> None:
    orders = [order("c1", "2025-01-01"), order("c2", "2024-12-31")]
    assert [entry.month for entry in loyalty_by_month(orders)] == ["2024-12", "2025-01"]


def test_no_orders_no_months() -> None:
    assert loyalty_by_month([]) == []
    assert reorders_by_sku([]) == {}


def test_a_reorder_is_the_same_product_for_the_same_customer() -> None:
    orders = [
        order("c1", "2024-01-01", "k1"),
        order("c2", "2024-01-02", "k1"),
        order("c1", "2024-01-03", "k2"),
        order("c1", "2024-01-04", "k1"),
        order("c1", "2024-01-05", "k1"),
    ]
    assert reorders_by_sku(orders) == {"k1": 2}


def test_products_are_listed_in_the_order_of_their_first_reorder() -> None:
    skus = ["k2", "k1", "k1", "k2", "k1"]
    orders = [order("c1", f"2024-01-{day:02d}", sku) for day, sku in enumerate(skus, 1)]
    assert list(reorders_by_sku(orders).items()) == [("k1", 2), ("k2", 1)]


def test_customer_and_product_are_not_run_together() -> None:
    assert reorders_by_sku([order("c1", "2024-01-01", "1k"), order("c11", "2024-01-01", "k")]) == {}
