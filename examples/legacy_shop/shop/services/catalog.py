from ..errors import NotFound
from ..models import Product
from .unit_of_work import UnitOfWork


class CatalogService:
    def __init__(self, uow: UnitOfWork):
        self.uow = uow

    def add_product(self, sku, name, price, category, stock=0, tags=()) -> Product:
        product = Product(
            sku=sku,
            name=name,
            price=price,
            stock=stock,
            category_id=self.uow.categories.get_or_create(category).id,
            tags=self.uow.tags.named(tags),
        )
        self.uow.products.add(product)
        self.uow.commit()
        return product

    def find(self, sku) -> Product:
        product = self.uow.products.by_sku(sku)
        if product is None:
            raise NotFound("Product", sku)
        return product

    def restock(self, sku, quantity) -> int:
        product = self.find(sku)
        product.stock += quantity
        self.uow.commit()
        return product.stock

    def raise_prices(self, category, factor) -> int:
        changed = self.uow.products.raise_prices(category, factor)
        self.uow.commit()
        return changed

    def purge(self) -> int:
        deleted = self.uow.products.purge_discontinued()
        self.uow.commit()
        return deleted
