"""The mapped classes that every program of the oracle works on, written as an application would write them.

Breadth on purpose: both declarative styles, nullable and unique columns, an enumeration, JSON, a deferred column,
hybrids, a column property, one-to-many, many-to-many, self-reference, joined and single table inheritance, a composite
key, a collection that is always loaded by a join, a dynamic relationship, server defaults. The rows are in `data`.
"""

# mypy: ignore-errors
# ruff: noqa: RUF012, UP045
import enum
from typing import Optional

from sqlalchemy import JSON, Column, Enum, ForeignKey, Integer, String, Table, Text, func, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, backref, column_property, declarative_base, deferred, mapped_column, relationship

Base = declarative_base()


class Level(enum.Enum):
    basic = "basic"
    gold = "gold"


class Customer(Base):
    __tablename__ = "customers"

    id = Column(Integer, primary_key=True)
    name = Column(String(40))
    age = Column(Integer)
    email = Column(String(60), unique=True, nullable=False)
    level = Column(Enum(Level), nullable=False, default=Level.basic)
    notes = deferred(Column(Text))

    addresses = relationship("Address", back_populates="customer", order_by="Address.id", cascade="all, delete-orphan")
    purchases = relationship("Purchase", back_populates="customer", order_by="Purchase.id")
    purchase_log = relationship("Purchase", lazy="dynamic", order_by="Purchase.id", viewonly=True)

    @hybrid_property
    def is_senior(self):
        return self.age >= 40

    @hybrid_property
    def greeting(self):
        return "hi " + self.name


class Address(Base):
    __tablename__ = "addresses"

    id = Column(Integer, primary_key=True)
    street = Column(String(40), nullable=False)
    city = Column(String(40))
    email = Column(String(60))
    customer_id = Column(Integer, ForeignKey("customers.id"))

    customer = relationship("Customer", back_populates="addresses")


purchase_products = Table(
    "purchase_products",
    Base.metadata,
    Column("purchase_id", Integer, ForeignKey("purchases.id"), primary_key=True),
    Column("product_id", Integer, ForeignKey("products.id"), primary_key=True),
)


class Purchase(Base):
    __tablename__ = "purchases"

    id = Column(Integer, primary_key=True)
    customer_id = Column(Integer, ForeignKey("customers.id"))
    total = Column(Integer)
    note = Column(String(40))

    customer = relationship("Customer", back_populates="purchases")
    products = relationship("Product", secondary=purchase_products, back_populates="purchases", order_by="Product.id")


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    price: Mapped[Optional[int]]
    purchases: Mapped[list["Purchase"]] = relationship(
        secondary=purchase_products, back_populates="products", order_by="Purchase.id"
    )


class Category(Base):
    __tablename__ = "categories"

    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey("categories.id"))
    name = Column(String(40))

    children = relationship("Category", order_by="Category.id", backref=backref("parent", remote_side="Category.id"))


class Staff(Base):
    __tablename__ = "staff"

    id = Column(Integer, primary_key=True)
    name = Column(String(40))
    role = Column(String(20))

    __mapper_args__ = {"polymorphic_on": role, "polymorphic_identity": "staff"}


class Manager(Staff):
    __tablename__ = "managers"

    id = Column(Integer, ForeignKey("staff.id"), primary_key=True)
    budget = Column(Integer)

    __mapper_args__ = {"polymorphic_identity": "manager"}


class Technician(Staff):
    __tablename__ = "technicians"

    id = Column(Integer, ForeignKey("staff.id"), primary_key=True)
    skill = Column(String(40))

    __mapper_args__ = {"polymorphic_identity": "technician"}


class Vehicle(Base):
    __tablename__ = "vehicles"

    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    label = Column(String(40))

    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "vehicle"}


class Car(Vehicle):
    doors = Column(Integer)

    __mapper_args__ = {"polymorphic_identity": "car"}


class Truck(Vehicle):
    load = Column(Integer)

    __mapper_args__ = {"polymorphic_identity": "truck"}


class Seat(Base):
    __tablename__ = "seats"

    row: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[Optional[str]] = mapped_column(String(20))


class Member(Base):
    __tablename__ = "members"

    id = Column(Integer, primary_key=True)
    name = Column(String(40))
    club_id = Column(Integer, ForeignKey("clubs.id"))


class Club(Base):
    __tablename__ = "clubs"

    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    members = relationship("Member", lazy="joined", order_by="Member.id")
    size = column_property(
        select(func.count(Member.id)).where(Member.club_id == id).correlate_except(Member).scalar_subquery()
    )


class Setting(Base):
    __tablename__ = "settings"

    id = Column(Integer, primary_key=True)
    customer_id = Column(Integer, ForeignKey("customers.id"))
    data = Column(JSON)


class Document(Base):
    __tablename__ = "documents"

    id = Column(Integer, primary_key=True)
    title = Column(String(40))
    revision = Column(Integer, server_default="1", onupdate=text("revision + 1"))


class Coupon(Base):
    __tablename__ = "coupons"

    id = Column(Integer, primary_key=True)
    code = Column(String(20), unique=True)
    customer_id = Column(Integer, ForeignKey("customers.id"))
