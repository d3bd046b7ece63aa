"""Fill an empty shop and print the reports: python -m shop.main"""

from . import catalog, reports
from .database import SessionLocal, init_db, session_scope
from .models import Customer, Product
from .orders import OrderService


def seed():
    session = SessionLocal()
    try:
        if session.query(Product).count():
            return
        catalog.add_product(session, "TEA-1", "Green tea", 4.50, "tea", stock=40)
        catalog.add_product(session, "TEA-2", "Black tea", 3.80, "tea", stock=25)
        catalog.add_product(session, "CUP-1", "Tea cup", 7.00, "dishes", stock=12)
        session.add_all([Customer(email="ada@example.com", name="Ada"), Customer(email="bob@example.com", name="Bob")])
        session.commit()
    finally:
        session.close()


def print_reports():
    with session_scope() as session:
        print("Revenue:", reports.revenue_by_category(session))
        for customer, spent in reports.best_customers(session):
            print(f"{customer.name:10} {spent:8.2f}")
        print("No orders yet:", ", ".join(reports.customers_without_orders(session)))
        print("Stock value:", reports.stock_value(session))


def main():
    init_db()
    seed()
    with SessionLocal() as session:
        OrderService(session).place("ada@example.com", {"TEA-1": 2, "CUP-1": 1})
    print_reports()


if __name__ == "__main__":
    main()
