import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from shop import catalog
from shop.database import Base
from shop.models import Customer

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
TestingSession = sessionmaker(bind=engine)


@pytest.fixture
def session():
    Base.metadata.create_all(bind=engine)
    session = TestingSession()
    yield session
    session.close()
    Base.metadata.drop_all(bind=engine)


@pytest.fixture
def shop(session):
    catalog.add_product(session, "TEA-1", "Green tea", 4, "tea", stock=10)
    catalog.add_product(session, "TEA-2", "Black tea", 3, "tea", stock=5)
    catalog.add_product(session, "CUP-1", "Tea cup", 7, "dishes")
    session.add(Customer(email="ada@example.com", name="Ada"))
    session.add(Customer(email="bob@example.com", name="Bob"))
    session.commit()
    return session
