from .base import Repository
from .customers import CustomerRepository
from .orders import OrderRepository
from .products import CategoryRepository, ProductRepository, TagRepository

__all__ = [
    "CategoryRepository",
    "CustomerRepository",
    "OrderRepository",
    "ProductRepository",
    "Repository",
    "TagRepository",
]
