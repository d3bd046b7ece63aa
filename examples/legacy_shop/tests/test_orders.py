import pytest

from shop import catalog
from shop.models import Customer, Order
from shop.orders import OrderRepository, OrderService, OutOfStock


@pytest.fixture
def service(shop):
    return OrderService(shop)


def test_places_an_order(shop, service):
    order = service.place("ada@example.com", {"TEA-1": 2, "TEA-2": 1})
    assert order.customer.name == "Ada"
    assert order.total == 11
    assert catalog.find_by_sku(shop, "TEA-1").stock == 8


def test_places_all_or_nothing(shop, service):
    with pytest.raises(OutOfStock):
        service.place("ada@example.com", {"TEA-1": 2, "CUP-1": 1})
    assert shop.query(Order).count() == 0
    assert catalog.find_by_sku(shop, "TEA-1").stock == 10


def test_cancelling_puts_the_goods_back(shop, service):
    order = service.place("ada@example.com", {"TEA-1": 3})
    service.cancel(order.id)
    assert catalog.find_by_sku(shop, "TEA-1").stock == 10
    assert [found.id for found in service.orders.for_customer("ada@example.com", status="cancelled")] == [order.id]


def test_orders_of_a_customer_are_latest_first(shop, service):
    first = service.place("ada@example.com", {"TEA-1": 1})
    second = service.place("ada@example.com", {"TEA-1": 1})
    repository = OrderRepository(shop)
    assert [order.id for order in repository.for_customer("ada@example.com")] == [second.id, first.id]
    assert [order.id for order in repository.latest()] == [second.id, first.id]


def test_knows_who_has_open_orders(shop, service):
    service.place("ada@example.com", {"TEA-1": 1})
    ada, bob = shop.query(Customer).order_by(Customer.email)
    assert service.orders.has_open_orders(ada)
    assert not service.orders.has_open_orders(bob)
