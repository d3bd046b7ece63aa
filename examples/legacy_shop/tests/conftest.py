import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from shop.api import app
from shop.api.deps import get_uow
from shop.database import Base, SessionLocal, get_db
from shop.models import Customer
from shop.services import CatalogService, OrderService, UnitOfWork

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
TestingSession = sessionmaker(bind=engine)


@pytest.fixture
def session():
    SessionLocal.configure(bind=engine)  # for what opens sessions of its own: background tasks, jobs, commands
    Base.metadata.create_all(bind=engine)
    session = TestingSession()
    yield session
    session.close()
    Base.metadata.drop_all(bind=engine)


@pytest.fixture
def uow(session):
    with UnitOfWork(TestingSession) as uow:
        yield uow


@pytest.fixture
def catalog(uow):
    return CatalogService(uow)


@pytest.fixture
def orders(uow):
    return OrderService(uow)


@pytest.fixture
def shop(session, catalog):
    catalog.add_product("TEA-1", "Green tea", 4, "tea", stock=10, tags=["loose", "organic"])
    catalog.add_product("TEA-2", "Black tea", 3, "tea", stock=5, tags=["loose"])
    catalog.add_product("CUP-1", "Tea cup", 7, "dishes")
    session.add(Customer(email="ada@example.com", name="Ada", api_key="ada-key"))
    session.add(Customer(email="bob@example.com", name="Bob", api_key="bob-key", is_staff=True))
    session.commit()
    return session


@pytest.fixture
def client(shop):
    def override_get_db():
        db = TestingSession()
        try:
            yield db
        finally:
            db.close()

    def override_get_uow():
        with UnitOfWork(TestingSession) as uow:
            yield uow

    app.dependency_overrides[get_db] = override_get_db
    app.dependency_overrides[get_uow] = override_get_uow
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def ada():
    return {"X-API-Key": "ada-key"}


@pytest.fixture
def bob():
    return {"X-API-Key": "bob-key"}
