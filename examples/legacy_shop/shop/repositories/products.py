from sqlalchemy import or_
from sqlalchemy.orm import joinedload

from ..models import Category, OrderLine, Product, Tag
from .base import Repository


class CategoryRepository(Repository[Category]):
    model = Category

    def get_or_create(self, name: str) -> Category:
        category = self.session.query(Category).filter(Category.name == name).one_or_none()
        if category is None:
            category = self.add(Category(name=name))
        return category


class TagRepository(Repository[Tag]):
    model = Tag

    def named(self, names):
        """Tags by name; what doesn't exist yet is made."""
        known = {tag.name: tag for tag in self.session.query(Tag).filter(Tag.name.in_(names))}
        return [known.get(name) or self.add(Tag(name=name)) for name in names]


class ProductRepository(Repository[Product]):
    model = Product

    def by_sku(self, sku: str):
        return (
            self.session.query(Product)
            .options(joinedload(Product.category), joinedload(Product.tags))
            .filter_by(sku=sku)
            .first()
        )

    def search(self, text=None, category=None, tag=None, in_stock=False, page=1, per_page=20):
        query = self.query().filter(Product.discontinued.is_(False))
        if text:
            pattern = f"%{text}%"
            query = query.filter(or_(Product.name.ilike(pattern), Product.sku.ilike(pattern)))
        if category:
            query = query.join(Product.category).filter(Category.name == category)
        if tag:
            query = query.filter(Product.tags.any(Tag.name == tag))
        if in_stock:
            query = query.filter(Product.stock > 0)
        return self.paginate(query.order_by(Product.name), page, per_page)

    def raise_prices(self, category: str, factor) -> int:
        """Multiply all prices of a category; return how many products that were."""
        category_id = self.session.query(Category.id).filter(Category.name == category).scalar()
        return (
            self.session.query(Product)
            .filter(Product.category_id == category_id)
            .update({Product.price: Product.price * factor}, synchronize_session=False)
        )

    def purge_discontinued(self) -> int:
        # Products somebody ordered have to stay for the books.
        ordered = self.session.query(OrderLine.product_id)
        return (
            self.session.query(Product)
            .filter(Product.discontinued.is_(True), Product.id.notin_(ordered))
            .delete(synchronize_session=False)
        )
