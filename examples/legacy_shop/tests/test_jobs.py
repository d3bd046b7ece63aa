from datetime import datetime, timedelta

from shop import jobs
from shop.models import AuditEntry, Order, OrderStatus, Product


def test_expires_orders(shop, orders):
    order = orders.place("ada@example.com", {"TEA-1": 1})
    assert jobs.expire_orders(datetime.utcnow()) == 0
    assert jobs.expire_orders(datetime.utcnow() + timedelta(days=20)) == 1
    assert shop.query(Order).get(order.id).status == OrderStatus.cancelled


def test_purges_products(shop):
    shop.query(Product).filter(Product.sku == "CUP-1").update({"discontinued": True})
    shop.commit()
    assert jobs.purge_products() == 1


def test_low_stock(shop):
    assert jobs.low_stock() == {"CUP-1": 0}


def test_trims_the_audit(shop, catalog):
    for price in (5, 6, 7):
        catalog.find("TEA-1").price = price
        catalog.uow.commit()
    assert jobs.trim_audit(keep=1) == 2
    assert shop.query(AuditEntry).one().new == "7"
