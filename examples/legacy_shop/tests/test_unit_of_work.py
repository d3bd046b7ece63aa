from unittest import mock

import pytest

from shop.models import Category
from shop.services import CatalogService, UnitOfWork

from .conftest import TestingSession


def test_commits(session):
    with UnitOfWork(TestingSession) as uow:
        uow.categories.get_or_create("tea")
        uow.commit()
    assert session.query(Category).count() == 1


def test_rolls_back(session):
    with pytest.raises(RuntimeError):
        with UnitOfWork(TestingSession) as uow:
            uow.categories.get_or_create("tea")
            raise RuntimeError
    assert session.query(Category).count() == 0


def test_forgets_what_is_not_committed(session):
    with UnitOfWork(TestingSession) as uow:
        uow.categories.get_or_create("tea")
    assert session.query(Category).count() == 0


def test_commits_once():
    uow = mock.Mock()
    uow.products.raise_prices.return_value = 3
    assert CatalogService(uow).raise_prices("tea", 2) == 3
    uow.products.raise_prices.assert_called_once_with("tea", 2)
    uow.commit.assert_called_once_with()


def test_a_price_rise_is_one_transaction(shop, uow):
    with mock.patch.object(uow, "commit") as commit:
        assert CatalogService(uow).raise_prices("tea", 2) == 2
    commit.assert_called_once_with()
