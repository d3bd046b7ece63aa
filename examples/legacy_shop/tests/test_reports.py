import pytest

from shop import reports
from shop.models import Product


@pytest.fixture
def sold(shop, orders):
    shop.query(Product).filter_by(sku="CUP-1").one().stock = 3
    shop.commit()
    orders.place("ada@example.com", {"TEA-1": 2, "CUP-1": 2})
    orders.place("ada@example.com", {"TEA-1": 1})
    return shop


def test_revenue_by_category(sold):
    assert reports.revenue_by_category(sold) == {"dishes": 14, "tea": 12}
    assert reports.revenue_by_category(sold, minimum=13) == {"dishes": 14}


def test_best_customers(sold):
    assert [(customer.name, spent) for customer, spent in reports.best_customers(sold)] == [("Ada", 26)]


def test_customers_without_orders(sold):
    assert reports.customers_without_orders(sold) == ["bob@example.com"]


def test_stock_value(sold):
    assert reports.stock_value(sold) == 7 * 4 + 5 * 3 + 1 * 7


def test_order_totals(sold):
    assert list(reports.order_totals(sold).values()) == [22, 4]


def test_never_sold(sold):
    assert [product.sku for product in reports.never_sold(sold)] == ["TEA-2"]


def test_orders_by_month(sold):
    assert list(reports.orders_by_month(sold).values()) == [2]


def test_popular_tags(sold):
    assert reports.popular_tags(sold) == [("loose", 2), ("organic", 1)]
    assert reports.popular_tags(sold, minimum=2) == [("loose", 2)]
