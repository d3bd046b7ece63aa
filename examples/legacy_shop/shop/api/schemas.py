from datetime import datetime
from decimal import Decimal
from typing import Dict, List, Optional

from pydantic import BaseModel, ConfigDict

from ..models import OrderStatus


class OrmModel(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CategoryOut(OrmModel):
    id: int
    name: str


class TagOut(OrmModel):
    name: str


class ProductOut(OrmModel):
    sku: str
    name: str
    price: Decimal
    stock: int
    category: CategoryOut
    tags: List[TagOut] = []
    created_at: datetime


class ProductIn(BaseModel):
    sku: str
    name: str
    price: Decimal
    category: str
    stock: int = 0
    tags: List[str] = []


class ProductPage(OrmModel):
    items: List[ProductOut]
    total: int
    page: int
    pages: int


class AddressIn(BaseModel):
    street: str
    city: str


class AddressOut(OrmModel):
    street: str
    city: str


class CustomerOut(OrmModel):
    id: int
    email: str
    name: str
    addresses: List[AddressOut]


class OrderIn(BaseModel):
    basket: Dict[str, int]


class LineOut(OrmModel):
    quantity: int
    unit_price: Decimal
    product: ProductOut


class OrderOut(OrmModel):
    id: int
    status: OrderStatus
    total: Decimal
    customer: CustomerOut
    lines: List[LineOut]
    updated_at: Optional[datetime] = None
