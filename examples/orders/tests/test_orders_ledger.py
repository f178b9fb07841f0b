from __future__ import annotations

import pytest

from orders.ledger import Order, drop_resent, missing_customers, split_refunded


def order(
    id_: str, customer: str = "c1", sku: str = "k1", quantity: int = 1, day: str = "2024-01-05"
) -> Order:
    return Order(id_, day, customer, sku, quantity, 500)


def test_the_first_copy_of_an_order_counts() -> None:
    first, second = order("A1", quantity=1), order("A1", quantity=7)
    assert drop_resent([first, order("A2"), second]) == [first, order("A2")]


def test_orders_stay_in_the_order_of_the_export() -> None:
    orders = [order("A9"), order("A1"), order("A9"), order("A5"), order("A1")]
    assert [entry.id for entry in drop_resent(orders)] == ["A9", "A1", "A5"]


def test_ids_are_compared_exactly() -> None:
    assert len(drop_resent([order("A1"), order("a1"), order("A1 ")])) == 3


def test_dropping_from_an_iterator() -> None:
    assert drop_resent(iter([order("A1"), order("A1")])) == [order("A1")]


def test_refunded_orders_are_split_off_in_order() -> None:
    orders = [order("A3"), order("A1"), order("A2"), order("A4")]
    kept, sent_back = split_refunded(orders, ["A4", "A3", "A3", "A99"])
    assert [entry.id for entry in kept] == ["A1", "A2"]
    assert [entry.id for entry in sent_back] == ["A3", "A4"]


def test_splitting_leaves_the_list_of_refunds_alone() -> None:
    refunded = ["A2", "A1", "A2"]
    split_refunded([order("A1")], refunded)
    assert refunded == ["A2", "A1", "A2"]


@pytest.mark.parametrize("refunded", [[], ["A1"]])
def test_nothing_ordered_nothing_split(refunded: list[str]) -> None:
    assert split_refunded([], refunded) == ([], [])
    assert drop_resent([]) == []


def test_missing_customers_are_named_once_and_sorted() -> None:
    orders = [order("A1", "c9"), order("A2", "c1"), order("A3", "c4"), order("A4", "c9")]
    assert missing_customers(orders, ["c1", "c2"]) == ["c4", "c9"]
    assert missing_customers(orders, []) == ["c1", "c4", "c9"]
    assert missing_customers([], ["c1"]) == []
