"""What runs every night: python -m shop.jobs"""

import logging
from datetime import datetime

from .database import init_db, session_scope
from .models import AuditEntry, Product
from .services import CatalogService, OrderService, UnitOfWork

logger = logging.getLogger(__name__)

LOW_STOCK = 5


def expire_orders(now=None):
    with UnitOfWork() as uow:
        expired = OrderService(uow).expire(now or datetime.utcnow())
    logger.info("%d orders expired", expired)
    return expired


def purge_products():
    with UnitOfWork() as uow:
        purged = CatalogService(uow).purge()
    logger.info("%d products purged", purged)
    return purged


def low_stock():
    with session_scope() as session:
        query = session.query(Product.sku, Product.stock).filter(Product.stock < LOW_STOCK)
        return {sku: stock for sku, stock in query.order_by(Product.sku)}


def trim_audit(keep=1000):
    with session_scope() as session:
        newest = session.query(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(keep)
        return session.query(AuditEntry).filter(~AuditEntry.id.in_(newest)).delete(synchronize_session=False)


JOBS = [expire_orders, purge_products, low_stock, trim_audit]


def main():
    logging.basicConfig(level=logging.INFO)
    init_db()
    for job in JOBS:
        try:
            print(f"{job.__name__}: {job()}")
        except Exception:
            logger.exception("%s failed", job.__name__)


if __name__ == "__main__":
    main()
