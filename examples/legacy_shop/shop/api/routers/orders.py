from typing import List, Optional

from fastapi import APIRouter, BackgroundTasks, Depends
from sqlalchemy.orm import Session

from ...database import get_db
from ...errors import NotFound
from ...models import Customer, OrderStatus
from ...repositories import OrderRepository
from ...services import OrderService
from ...services.notifications import confirm_order
from ..deps import current_customer, get_orders, require_staff
from ..schemas import OrderIn, OrderOut

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("/", response_model=OrderOut, status_code=201)
def place_order(
    data: OrderIn,
    background_tasks: BackgroundTasks,
    customer: Customer = Depends(current_customer),
    orders: OrderService = Depends(get_orders),
):
    order = orders.place(customer.email, data.basket)
    background_tasks.add_task(confirm_order, order.id)
    return order


@router.get("/", response_model=List[OrderOut])
def my_orders(
    status: Optional[OrderStatus] = None,
    customer: Customer = Depends(current_customer),
    db: Session = Depends(get_db),
):
    return OrderRepository(db).for_customer(customer.email, status)


@router.get("/{order_id}", response_model=OrderOut)
def read_order(order_id: int, customer: Customer = Depends(current_customer), db: Session = Depends(get_db)):
    order = OrderRepository(db).get_or_404(order_id)
    if order.customer_id != customer.id and not customer.is_staff:
        raise NotFound("Order", order_id)
    return order


@router.post("/{order_id}/pay", response_model=OrderOut, dependencies=[Depends(require_staff)])
def pay_order(order_id: int, orders: OrderService = Depends(get_orders)):
    return orders.pay(order_id)


@router.post("/{order_id}/cancel", status_code=204)
def cancel_order(
    order_id: int,
    customer: Customer = Depends(current_customer),
    orders: OrderService = Depends(get_orders),
    db: Session = Depends(get_db),
):
    order = OrderRepository(db).get_or_404(order_id)
    if order.customer_id != customer.id and not customer.is_staff:
        raise NotFound("Order", order_id)
    orders.cancel(order_id)
