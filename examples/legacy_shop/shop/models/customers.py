from sqlalchemy import Boolean, Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from ..database import Base
from .mixins import IdMixin, TimestampMixin


class Customer(IdMixin, TimestampMixin, Base):
    __tablename__ = "customers"

    email = Column(String(120), unique=True, nullable=False, index=True)
    name = Column(String(100), nullable=False)
    api_key = Column(String(40), unique=True)
    is_staff = Column(Boolean, nullable=False, default=False)

    addresses = relationship("Address", back_populates="customer", cascade="all, delete-orphan")
    orders = relationship("Order", back_populates="customer")


class Address(IdMixin, Base):
    __tablename__ = "addresses"

    customer_id = Column(Integer, ForeignKey("customers.id"), nullable=False)
    street = Column(String(120), nullable=False)
    city = Column(String(80), nullable=False)

    customer = relationship("Customer", back_populates="addresses")
