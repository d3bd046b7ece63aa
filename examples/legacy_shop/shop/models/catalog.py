from sqlalchemy import Boolean, Column, ForeignKey, Integer, Numeric, String, Table
from sqlalchemy.orm import relationship

from ..database import Base
from .mixins import IdMixin, TimestampMixin

product_tags = Table(
    "product_tags",
    Base.metadata,
    Column("product_id", ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)


class Category(IdMixin, Base):
    __tablename__ = "categories"

    name = Column(String(50), unique=True, nullable=False)

    products = relationship("Product", back_populates="category")

    def __repr__(self):
        return f"<Category {self.name}>"


class Tag(IdMixin, Base):
    __tablename__ = "tags"

    name = Column(String(30), unique=True, nullable=False)

    products = relationship("Product", secondary=product_tags, back_populates="tags")


class Product(IdMixin, TimestampMixin, Base):
    __tablename__ = "products"

    sku = Column(String(20), unique=True, nullable=False)
    name = Column(String(100), nullable=False)
    price = Column(Numeric(10, 2), nullable=False)
    stock = Column(Integer, nullable=False, default=0)
    discontinued = Column(Boolean, nullable=False, default=False)
    category_id = Column(Integer, ForeignKey("categories.id"), nullable=False)

    category = relationship("Category", back_populates="products")
    tags = relationship("Tag", secondary=product_tags, back_populates="products", order_by="Tag.name")

    def __repr__(self):
        return f"<Product {self.sku}>"
