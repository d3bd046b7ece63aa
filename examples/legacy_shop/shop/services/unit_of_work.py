from ..database import SessionLocal
from ..repositories import CategoryRepository, CustomerRepository, OrderRepository, ProductRepository, TagRepository


class UnitOfWork:
    """All repositories on one session: ``with UnitOfWork() as uow: ...; uow.commit()``."""

    def __init__(self, session_factory=SessionLocal):
        self.session_factory = session_factory

    def __enter__(self):
        self.session = self.session_factory()
        self.categories = CategoryRepository(self.session)
        self.customers = CustomerRepository(self.session)
        self.orders = OrderRepository(self.session)
        self.products = ProductRepository(self.session)
        self.tags = TagRepository(self.session)
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        if exc_type is not None:
            self.rollback()
        self.session.close()

    def commit(self):
        self.session.commit()

    def rollback(self):
        self.session.rollback()
