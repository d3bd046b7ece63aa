"""The base classes that mapped classes may have: those that make them declarative, those that map nothing."""

from __future__ import annotations

from sqla_async_fix.model.knowledge import flask_sqlalchemy

DECLARATIVE_BASES = (
    "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.DeclarativeBaseNoMeta",
    "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.declarative_base",
    "sqlalchemy.ext.declarative.api.declarative_base",
    "sqlalchemy.orm.decl_api.declarative_base",
    "sqlmodel.SQLModel",
    "sqlmodel.main.SQLModel",
    flask_sqlalchemy.MODEL,
)
"""What makes a class declarative, or gives a base that does."""

HARMLESS_BASES = (
    "builtins.",
    "abc.",
    "typing.",
    "typing_extensions.",
    "enum.",
    "sqlalchemy.orm.MappedAsDataclass",
    "sqlalchemy.ext.asyncio.AsyncAttrs",
    "sqlalchemy.ext.declarative.AbstractConcreteBase",
    "pydantic.",
)
"""The beginnings of names of bases that add no columns."""
