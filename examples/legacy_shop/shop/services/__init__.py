from .catalog import CatalogService
from .orders import OrderService
from .unit_of_work import UnitOfWork

__all__ = ["CatalogService", "OrderService", "UnitOfWork"]
