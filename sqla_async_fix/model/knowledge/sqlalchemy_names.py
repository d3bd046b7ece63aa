"""Under which dotted names SQLAlchemy's engine and session objects are imported. Data only."""

from __future__ import annotations

BRING_SQLALCHEMY = frozenset({"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "alembic"})
"""Packages that are not imported without SQLAlchemy."""

SESSION = frozenset(
    {
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.session.Session",
        "sqlmodel.Session",
        "sqlmodel.orm.session.Session",
    }
)
ASYNC_SESSION = frozenset(
    {
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.session.AsyncSession",
        "sqlmodel.ext.asyncio.session.AsyncSession",
    }
)
ASYNC_HOMES = {"sqlalchemy": "sqlalchemy.ext.asyncio", "sqlmodel": "sqlmodel.ext.asyncio.session"}
"""Where each library has its `AsyncSession`."""

FACTORY = frozenset({"sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker"})
ASYNC_FACTORY = frozenset(
    {"sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.ext.asyncio.session.async_sessionmaker"}
)
SCOPED = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session"})
ASYNC_SCOPED = frozenset({"sqlalchemy.ext.asyncio.async_scoped_session"})
CREATE_ENGINE = frozenset({"sqlalchemy.create_engine", "sqlalchemy.engine.create_engine", "sqlmodel.create_engine"})
URL = frozenset(
    {"sqlalchemy.URL", "sqlalchemy.URL.create", "sqlalchemy.engine.URL", "sqlalchemy.engine.URL.create"}
) | {
    "sqlalchemy.engine.url.URL",
    "sqlalchemy.engine.url.URL.create",
}
"""Makers of URLs whose first argument is the driver."""

MAKE_URL = frozenset({"sqlalchemy.make_url", "sqlalchemy.engine.make_url", "sqlalchemy.engine.url.make_url"})
SYNC_POOLS = {
    **dict.fromkeys(["sqlalchemy.pool.QueuePool", "sqlalchemy.QueuePool"], "AsyncAdaptedQueuePool"),
    **dict.fromkeys(["sqlalchemy.pool.SingletonThreadPool"], ""),
}
"""Pools that asynchronous engines refuse, with the one to take instead; empty for the default one."""

CREATE_ASYNC_ENGINE = frozenset({"sqlalchemy.ext.asyncio.create_async_engine"})
MAKERS = frozenset().union(
    SESSION, ASYNC_SESSION, FACTORY, ASYNC_FACTORY, SCOPED, ASYNC_SCOPED, CREATE_ENGINE, CREATE_ASYNC_ENGINE
)
"""All of these: what engines, sessions and factories of them are made with."""
ENGINE = frozenset(
    {"sqlalchemy.Engine", "sqlalchemy.engine.Engine", "sqlalchemy.engine.base.Engine", "sqlalchemy.future.Engine"}
)
ASYNC_ENGINE = frozenset({"sqlalchemy.ext.asyncio.AsyncEngine"})
CONNECTION = frozenset({"sqlalchemy.Connection", "sqlalchemy.engine.Connection", "sqlalchemy.engine.base.Connection"})
ASYNC_CONNECTION = frozenset({"sqlalchemy.ext.asyncio.AsyncConnection"})
DEPENDS = frozenset(
    {"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends", "fastapi.params.Depends"}
)
QUERY = frozenset({"sqlalchemy.orm.Query", "sqlalchemy.orm.query.Query"})
SELECT = frozenset(
    f"{module}.{name}"
    for module in ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlalchemy.sql.selectable")
    for name in ("Select", "CompoundSelect", "SelectBase")
)

CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in [
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "sum",
        "any",
        "all",
        "min",
        "max",
        "dict",
        "enumerate",
        "zip",
        "map",
        "filter",
        "iter",
        "reversed",
    ]
) | {
    "collections.Counter",
    "collections.OrderedDict",
    "collections.deque",
    "itertools.chain.from_iterable",
    "itertools.combinations",
    "itertools.groupby",
    "itertools.islice",
    "itertools.pairwise",
    "itertools.product",
    "itertools.zip_longest",
}
"""Functions and classes that ask their arguments for iterators at once."""

FIELDS = frozenset(
    ("dataclasses.field", "pydantic.Field", "pydantic.fields.Field", "attr.ib", "attr.field", "attrs.field")
)
"""What declares a field of a class with its default."""

GIVING_OTHERS = ("sqlalchemy.", "sqlmodel.", "contextlib.", "unittest.", "mock.")
"""Prefixes of the dotted names of classes whose objects give something else to a `with` than themselves."""

EVENT_CALLS = frozenset(f"sqlalchemy.event.{name}" for name in ("listen", "listens_for", "remove", "contains"))
"""What takes an object whose events are meant as its first argument."""

TAKING_SESSIONS = frozenset(
    f"fastapi_pagination.ext.{module}.paginate" for module in ("sqlalchemy", "sqlalchemy_future", "sqlmodel")
)
"""Functions from outside that use the session given to them first, are done with it, and give nothing that loads
later."""

INSPECT = frozenset({"sqlalchemy.inspect", "sqlalchemy.inspection.inspect"})
METADATA_CALLS = frozenset(f"sqlalchemy.MetaData.{name}" for name in ("create_all", "drop_all", "reflect"))
"""Members of `MetaData` that reach the database through an engine or connection given to them."""

DECLARATIVE_MEMBERS = frozenset({"metadata", "query", "registry"})
"""Members of mapped classes that their bodies need not show."""
