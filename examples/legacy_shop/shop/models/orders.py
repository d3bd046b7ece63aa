import enum

from sqlalchemy import Column, Enum, ForeignKey, Integer, Numeric
from sqlalchemy.orm import relationship

from ..database import Base
from .mixins import IdMixin, TimestampMixin


class OrderStatus(str, enum.Enum):
    open = "open"
    paid = "paid"
    shipped = "shipped"
    cancelled = "cancelled"


class Order(IdMixin, TimestampMixin, Base):
    __tablename__ = "orders"

    customer_id = Column(Integer, ForeignKey("customers.id"), nullable=False)
    status = Column(Enum(OrderStatus), nullable=False, default=OrderStatus.open)

    customer = relationship("Customer", back_populates="orders")
    lines = relationship("OrderLine", back_populates="order", cascade="all, delete-orphan")

    @property
    def total(self):
        return sum(line.amount for line in self.lines)


class OrderLine(IdMixin, Base):
    __tablename__ = "order_lines"

    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False)
    product_id = Column(Integer, ForeignKey("products.id"), nullable=False)
    quantity = Column(Integer, nullable=False)
    unit_price = Column(Numeric(10, 2), nullable=False)

    order = relationship("Order", back_populates="lines")
    product = relationship("Product")

    @property
    def amount(self):
        return self.quantity * self.unit_price
