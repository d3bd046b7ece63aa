import pytest
from click.testing import CliRunner

from shop import database
from shop.cli import cli

from .conftest import engine


@pytest.fixture
def runner(session, monkeypatch):
    monkeypatch.setattr(database, "engine", engine)
    return CliRunner()


def test_seeds_once(runner):
    assert runner.invoke(cli, ["seed"]).output == "Seeded 3 products and 2 customers.\n"
    assert runner.invoke(cli, ["seed"]).output == "There is something in the shop already.\n"


def test_orders_and_reports(runner):
    runner.invoke(cli, ["seed"])
    done = runner.invoke(cli, ["order", "ada@example.com", "TEA-1=2", "CUP-1=1"])
    assert done.output == "Order 1 of Ada: 16.00\n"
    report = runner.invoke(cli, ["report"]).output
    assert "tea            9.00" in report
    assert "No orders yet: bob@example.com" in report
    assert "#loose: 2" in report


def test_tells_what_is_missing(runner):
    runner.invoke(cli, ["seed"])
    done = runner.invoke(cli, ["order", "ada@example.com", "CUP-1=99"])
    assert done.exit_code == 1
    assert str(done.exception) == "Not enough of CUP-1"
