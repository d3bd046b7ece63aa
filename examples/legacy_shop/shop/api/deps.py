from fastapi import Depends, Header, HTTPException
from sqlalchemy.orm import Session

from ..database import get_db
from ..models import Customer
from ..repositories import CustomerRepository
from ..services import CatalogService, OrderService, UnitOfWork


def get_uow():
    with UnitOfWork() as uow:
        yield uow


def get_catalog(uow: UnitOfWork = Depends(get_uow)):
    return CatalogService(uow)


def get_orders(uow: UnitOfWork = Depends(get_uow)):
    return OrderService(uow)


def current_customer(x_api_key: str = Header(...), db: Session = Depends(get_db)) -> Customer:
    customer = CustomerRepository(db).by_api_key(x_api_key)
    if customer is None:
        raise HTTPException(status_code=401, detail="Unknown API key")
    return customer


def require_staff(customer: Customer = Depends(current_customer)) -> Customer:
    if not customer.is_staff:
        raise HTTPException(status_code=403, detail="Staff only")
    return customer
