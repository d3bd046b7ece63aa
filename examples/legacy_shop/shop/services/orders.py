from datetime import datetime, timedelta

from ..config import settings
from ..errors import OutOfStock, WrongStatus
from ..models import Order, OrderLine, OrderStatus
from .unit_of_work import UnitOfWork


class OrderService:
    """What the shop does with orders. Every method is one transaction."""

    def __init__(self, uow: UnitOfWork):
        self.uow = uow

    def place(self, email: str, basket: dict) -> Order:
        customer = self.uow.customers.by_email(email)
        order = Order(customer_id=customer.id)
        for sku, quantity in basket.items():
            product = self.uow.products.by_sku(sku)
            if product is None or product.stock < quantity:
                self.uow.rollback()
                raise OutOfStock(sku)
            product.stock -= quantity
            order.lines.append(OrderLine(product_id=product.id, quantity=quantity, unit_price=product.price))
        self.uow.orders.add(order)
        self.uow.commit()
        return self.uow.orders.get(order.id)

    def pay(self, order_id: int) -> Order:
        order = self.uow.orders.get_or_404(order_id)
        if order.status != OrderStatus.open:
            raise WrongStatus(f"Order {order_id} is {order.status.value}")
        order.status = OrderStatus.paid
        self.uow.commit()
        return order

    def cancel(self, order_id: int) -> None:
        self._cancel(self.uow.orders.get_or_404(order_id))
        self.uow.commit()

    def expire(self, now: datetime) -> int:
        """Cancel what was not paid in time; return how many orders that were."""
        expired = self.uow.orders.open_before(now - timedelta(days=settings.reservation_days))
        for order in expired:
            self._cancel(order)
        self.uow.commit()
        return len(expired)

    def _cancel(self, order: Order) -> None:
        if order.status == OrderStatus.shipped:
            raise WrongStatus(f"Order {order.id} is on its way")
        for line in order.lines:
            line.product.stock += line.quantity
        order.status = OrderStatus.cancelled
