from .audit import AuditEntry
from .catalog import Category, Product, Tag, product_tags
from .customers import Address, Customer
from .orders import Order, OrderLine, OrderStatus

__all__ = [
    "Address",
    "AuditEntry",
    "Category",
    "Customer",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Product",
    "Tag",
    "product_tags",
]
