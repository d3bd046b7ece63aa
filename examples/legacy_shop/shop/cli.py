"""The back office on the command line: python -m shop.cli --help"""

import click

from . import reports
from .database import init_db, session_scope
from .models import Customer
from .services import CatalogService, OrderService, UnitOfWork


@click.group()
def cli():
    init_db()


@cli.command()
def seed():
    """Fill an empty shop."""
    with session_scope() as session:
        if session.query(Customer).count():
            click.echo("There is something in the shop already.")
            return
        session.add_all(
            [
                Customer(email="ada@example.com", name="Ada", api_key="ada-key"),
                Customer(email="bob@example.com", name="Bob", api_key="bob-key", is_staff=True),
            ]
        )
    with UnitOfWork() as uow:
        catalog = CatalogService(uow)
        catalog.add_product("TEA-1", "Green tea", 4.50, "tea", stock=40, tags=["organic", "loose"])
        catalog.add_product("TEA-2", "Black tea", 3.80, "tea", stock=25, tags=["loose"])
        catalog.add_product("CUP-1", "Tea cup", 7.00, "dishes", stock=12)
    click.echo("Seeded 3 products and 2 customers.")


@cli.command()
@click.argument("email")
@click.argument("items", nargs=-1, metavar="SKU=QUANTITY...")
def order(email, items):
    """Order for a customer."""
    basket = {sku: int(quantity) for sku, quantity in (item.split("=") for item in items)}
    with UnitOfWork() as uow:
        placed = OrderService(uow).place(email, basket)
        click.echo(f"Order {placed.id} of {placed.customer.name}: {placed.total:.2f}")


@cli.command()
@click.option("--minimum", default=0, help="Leave out categories with less revenue.")
def report(minimum):
    """Print the figures."""
    with session_scope() as session:
        for name, amount in reports.revenue_by_category(session, minimum).items():
            click.echo(f"{name:10} {amount:8.2f}")
        for customer, spent in reports.best_customers(session):
            click.echo(f"{customer.name:10} {spent:8.2f}")
        click.echo("No orders yet: " + ", ".join(reports.customers_without_orders(session)))
        click.echo(f"Stock value: {reports.stock_value(session):.2f}")
        for name, products in reports.popular_tags(session):
            click.echo(f"#{name}: {products}")


if __name__ == "__main__":
    cli()
