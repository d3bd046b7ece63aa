"""SQL constructs are known for what they read, fix and give."""

from __future__ import annotations

import ast

import pytest

from sqla_async_fix.core.span import Span
from sqla_async_fix.model import sql
from sqla_async_fix.model.kinds import (
    UNKNOWN,
    Alias,
    Argument,
    Attribute,
    ClassRef,
    Constant,
    Kind,
    LoaderOption,
    SqlExpr,
)
from sqla_async_fix.model.knowledge.sql_constructs import canonical
from sqla_async_fix.model.mapped import Column, MappedClass, Relationship

USER = MappedClass(
    "m.User",
    columns={"id": Column("id", primary_key=True, nullable=False), "email": Column("email", unique=True)},
    relationships={
        "addresses": Relationship("addresses", "m.Address", True, "select", (1, 0)),
        "team": Relationship("team", "m.Team", False, "select", (2, 0)),
    },
)
TEAM = MappedClass("m.Team", relationships={"members": Relationship("members", "m.User", True, "joined", (1, 0))})


class FakeContext:
    """Knows two classes."""

    path = "app.py"

    def span(self, node: ast.AST) -> Span:
        """Not looked at."""
        return Span(0, 1)

    def source(self, node: ast.AST) -> str:
        """Not looked at."""
        return ""

    def mapped(self, name: str) -> MappedClass | None:
        """Either of the two."""
        return {"m.User": USER, "m.Team": TEAM}.get(name)


CONTEXT = FakeContext()
ID = Attribute("m.User", "m.User", "id", "column")
EMAIL = Attribute("m.User", "m.User", "email", "column")


def compared(text: str, left: Kind, right: Kind) -> Kind | None:
    """The kind of a comparison."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Compare)
    return sql.operator(node, (left, right), CONTEXT)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("sqlalchemy.select", "select"),
        ("sqlalchemy.future.select", "select"),
        ("sqlalchemy.sql.expression.select", "select"),
        ("sqlmodel.select", "select"),
        ("sqlalchemy.func.count", "func.count"),
        ("sqlalchemy.sql.func.count", "func.count"),
        ("sqlalchemy.orm.strategy_options.joinedload", "joinedload"),
        ("requests.select", ""),
    ],
)
def test_canonical(name: str, short: str) -> None:
    assert canonical(name) == short


def test_members() -> None:
    assert sql.attribute(ClassRef("m.User"), "id", CONTEXT) == ID
    assert sql.attribute(ClassRef("m.User"), "unknown", CONTEXT) is None
    alias = Alias("m.User", "app.py:3")
    assert sql.attribute(alias, "id", CONTEXT) == Attribute("app.py:3", "m.User", "id", "column")


def test_only_a_value_that_is_not_none_fixes_a_nullable_column() -> None:
    fixed = frozenset({("m.User", "email")})
    assert compared("a == 'x'", EMAIL, Constant("x", "str")) == SqlExpr(frozenset({"m.User"}), equated=fixed)
    unfixed = compared("a == b", EMAIL, UNKNOWN)
    assert isinstance(unfixed, SqlExpr)
    assert not unfixed.equated
    assert unfixed.complete


def test_what_looks_like_sql_is_no_value() -> None:
    found = compared("a == Other.id", ID, UNKNOWN)
    assert isinstance(found, SqlExpr)
    assert not found.equated
    assert not found.complete


def test_or_fixes_nothing() -> None:
    node = ast.parse("a | b", mode="eval").body
    assert isinstance(node, ast.BinOp)
    one = SqlExpr(frozenset({"m.User"}), equated=frozenset({("m.User", "id")}))
    found = sql.operator(node, (one, one), CONTEXT)
    assert isinstance(found, SqlExpr)
    assert not found.equated


@pytest.mark.parametrize(
    ("loader", "name", "joined"),
    [
        ("joinedload", "addresses", True),
        ("joinedload", "team", True),  # its class joins its members by itself
        ("selectinload", "addresses", False),
        ("joinedload", "id", None),
    ],
)
def test_loader_options(loader: str, name: str, joined: bool | None) -> None:
    kind = sql.attribute(ClassRef("m.User"), name, CONTEXT)
    assert kind is not None
    args = (Argument(ast.Name("x"), kind),)
    option = sql.call(f"sqlalchemy.orm.{loader}", args, ast.Call(ast.Name(loader), [], []), CONTEXT)
    assert isinstance(option, LoaderOption)
    assert option.joined_collection is joined
