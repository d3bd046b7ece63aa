from sqlalchemy import desc, func, text
from sqlalchemy.orm import joinedload

from .models import Category, Customer, Order, OrderLine, OrderStatus, Product

revenue = func.sum(OrderLine.quantity * OrderLine.unit_price)


def revenue_by_category(session, minimum=0):
    rows = (
        session.query(Category.name, revenue.label("revenue"))
        .join(Product, Product.category_id == Category.id)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .join(Order, Order.id == OrderLine.order_id)
        .filter(Order.status != OrderStatus.cancelled)
        .group_by(Category.name)
        .having(revenue >= minimum)
        .order_by(desc("revenue"))
        .all()
    )
    return {name: round(amount, 2) for name, amount in rows}


def best_customers(session, limit=3):
    spent = (
        session.query(Order.customer_id, revenue.label("spent"))
        .join(Order.lines)
        .filter(Order.status != OrderStatus.cancelled)
        .group_by(Order.customer_id)
        .subquery()
    )
    return (
        session.query(Customer, spent.c.spent)
        .join(spent, spent.c.customer_id == Customer.id)
        .order_by(spent.c.spent.desc())
        .limit(limit)
        .all()
    )


def customers_without_orders(session):
    query = session.query(Customer).outerjoin(Customer.orders).filter(Order.id.is_(None))
    return [customer.email for customer in query.order_by(Customer.email)]


def stock_value(session):
    return session.query(func.sum(Product.price * Product.stock)).filter_by(discontinued=False).scalar() or 0


def order_totals(session):
    orders = session.query(Order).options(joinedload(Order.lines)).order_by(Order.id)
    return {order.id: order.total for order in orders}


def never_sold(session):
    sold = session.query(OrderLine).filter(OrderLine.product_id == Product.id).exists()
    return session.query(Product).filter(~sold).order_by(Product.sku).all()


def orders_by_month(session):
    rows = session.execute(
        text(
            """
            SELECT strftime('%Y-%m', created_at) AS month, count(*) AS orders
            FROM orders
            WHERE status != :cancelled
            GROUP BY month
            ORDER BY month
            """
        ),
        {"cancelled": OrderStatus.cancelled.name},
    )
    return {row.month: row.orders for row in rows}


def popular_tags(session, minimum=1):
    rows = session.execute(
        text(
            "SELECT tags.name, count(*) FROM tags JOIN product_tags ON tag_id = tags.id "
            "GROUP BY tags.name HAVING count(*) >= :minimum ORDER BY count(*) DESC, tags.name"
        ),
        {"minimum": minimum},
    ).fetchall()
    return [(name, products) for name, products in rows]
