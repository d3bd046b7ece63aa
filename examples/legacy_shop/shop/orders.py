from sqlalchemy.orm import Session, joinedload

from . import catalog
from .models import Customer, Order, OrderLine


class OutOfStock(Exception):
    pass


class OrderRepository:
    def __init__(self, session: Session):
        self.session = session

    def get(self, order_id):
        return (
            self.session.query(Order)
            .options(joinedload(Order.lines).joinedload(OrderLine.product), joinedload(Order.customer))
            .filter(Order.id == order_id)
            .one()
        )

    def for_customer(self, email, status=None):
        query = self.session.query(Order).join(Order.customer).filter(Customer.email == email)
        if status is not None:
            query = query.filter(Order.status == status)
        return query.order_by(Order.created.desc(), Order.id.desc()).all()

    def has_open_orders(self, customer):
        open_orders = self.session.query(Order).filter_by(customer_id=customer.id, status="open")
        return self.session.query(open_orders.exists()).scalar()

    def latest(self):
        return self.session.query(Order).order_by(Order.id.desc())[:10]

    def add(self, order):
        self.session.add(order)
        self.session.flush()
        return order


class OrderService:
    """What the shop does with orders. Every method is one transaction."""

    def __init__(self, session: Session):
        self.session = session
        self.orders = OrderRepository(session)

    def place(self, email: str, basket: dict) -> Order:
        customer = self.session.query(Customer).filter_by(email=email).one()
        order = Order(customer_id=customer.id)
        for sku, quantity in basket.items():
            product = catalog.find_by_sku(self.session, sku)
            if product is None or product.stock < quantity:
                self.session.rollback()
                raise OutOfStock(sku)
            product.stock -= quantity
            order.lines.append(OrderLine(product_id=product.id, quantity=quantity, unit_price=product.price))
        self.orders.add(order)
        self.session.commit()
        return self.orders.get(order.id)

    def cancel(self, order_id: int) -> None:
        order = self.orders.get(order_id)
        for line in order.lines:
            line.product.stock += line.quantity
        order.status = "cancelled"
        self.session.commit()
