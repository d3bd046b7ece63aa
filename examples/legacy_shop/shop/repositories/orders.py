from datetime import datetime

from sqlalchemy.orm import joinedload

from ..models import Customer, Order, OrderLine, OrderStatus
from .base import Repository


class OrderRepository(Repository[Order]):
    model = Order

    def get(self, id: int):
        return (
            self.session.query(Order)
            .options(joinedload(Order.lines).joinedload(OrderLine.product), joinedload(Order.customer))
            .filter(Order.id == id)
            .one_or_none()
        )

    def for_customer(self, email, status=None):
        query = self.session.query(Order).join(Order.customer).filter(Customer.email == email)
        if status is not None:
            query = query.filter(Order.status == status)
        return query.order_by(Order.created_at.desc(), Order.id.desc()).all()

    def has_open_orders(self, customer: Customer) -> bool:
        open_orders = self.session.query(Order).filter_by(customer_id=customer.id, status=OrderStatus.open)
        return self.session.query(open_orders.exists()).scalar()

    def latest(self):
        return self.query().order_by(Order.id.desc())[:10]

    def open_before(self, moment: datetime):
        return (
            self.session.query(Order)
            .filter(Order.status == OrderStatus.open, Order.created_at < moment)
            .order_by(Order.id)
            .all()
        )
