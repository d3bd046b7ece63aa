from datetime import datetime, timedelta

import pytest

from shop.errors import NotFound, OutOfStock, WrongStatus
from shop.models import AuditEntry, Customer, Order, OrderStatus
from shop.repositories import OrderRepository


def test_places_an_order(shop, orders, catalog):
    order = orders.place("ada@example.com", {"TEA-1": 2, "TEA-2": 1})
    assert order.customer.name == "Ada"
    assert order.total == 11
    assert catalog.find("TEA-1").stock == 8


def test_places_all_or_nothing(shop, orders, catalog):
    with pytest.raises(OutOfStock):
        orders.place("ada@example.com", {"TEA-1": 2, "CUP-1": 1})
    assert shop.query(Order).count() == 0
    assert catalog.find("TEA-1").stock == 10


def test_cancelling_puts_the_goods_back(shop, orders, catalog):
    order = orders.place("ada@example.com", {"TEA-1": 3})
    orders.cancel(order.id)
    assert catalog.find("TEA-1").stock == 10
    found = OrderRepository(shop).for_customer("ada@example.com", status=OrderStatus.cancelled)
    assert [each.id for each in found] == [order.id]


def test_pays_once(shop, orders):
    order = orders.place("ada@example.com", {"TEA-1": 1})
    orders.pay(order.id)
    with pytest.raises(WrongStatus):
        orders.pay(order.id)
    with pytest.raises(NotFound):
        orders.pay(999)


def test_changes_are_audited(shop, orders):
    order = orders.place("ada@example.com", {"TEA-1": 1})
    orders.pay(order.id)
    entry = shop.query(AuditEntry).filter_by(table="orders", row_id=order.id).one()
    assert (entry.field, entry.old, entry.new) == ("status", "OrderStatus.open", "OrderStatus.paid")


def test_orders_of_a_customer_are_latest_first(shop, orders):
    first = orders.place("ada@example.com", {"TEA-1": 1})
    second = orders.place("ada@example.com", {"TEA-1": 1})
    repository = OrderRepository(shop)
    assert [order.id for order in repository.for_customer("ada@example.com")] == [second.id, first.id]
    assert [order.id for order in repository.latest()] == [second.id, first.id]


def test_knows_who_has_open_orders(shop, orders):
    orders.place("ada@example.com", {"TEA-1": 1})
    ada, bob = shop.query(Customer).order_by(Customer.email)
    repository = OrderRepository(shop)
    assert repository.has_open_orders(ada)
    assert not repository.has_open_orders(bob)


def test_expires_what_was_not_paid(shop, orders, catalog):
    late = orders.place("ada@example.com", {"TEA-1": 1})
    paid = orders.place("ada@example.com", {"TEA-1": 1})
    orders.pay(paid.id)
    assert orders.expire(datetime.utcnow() + timedelta(days=15)) == 1
    assert catalog.find("TEA-1").stock == 9
    assert shop.query(Order).get(late.id).status == OrderStatus.cancelled
