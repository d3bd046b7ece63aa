from ..models import Customer
from .base import Repository


class CustomerRepository(Repository[Customer]):
    model = Customer

    def by_email(self, email: str) -> Customer:
        return self.session.query(Customer).filter_by(email=email).one()

    def by_api_key(self, api_key: str):
        return self.find_by(api_key=api_key)
