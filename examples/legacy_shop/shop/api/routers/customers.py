from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from ...database import get_db
from ...models import Address, Customer
from ..deps import current_customer
from ..schemas import AddressIn, CustomerOut

router = APIRouter(prefix="/customers", tags=["customers"])


@router.get("/me", response_model=CustomerOut)
def read_me(customer: Customer = Depends(current_customer)):
    return customer


@router.post("/me/addresses", response_model=CustomerOut, status_code=201)
def add_address(
    data: AddressIn,
    customer: Customer = Depends(current_customer),
    db: Session = Depends(get_db),
):
    customer.addresses.append(Address(street=data.street, city=data.city))
    db.commit()
    db.refresh(customer)
    return customer
