"""What members of sessions, connections, engines, factories and results give. Legacy queries are in `legacy_query`."""

from __future__ import annotations

import ast
from dataclasses import replace

from sqla_async_fix.model.evaluation.annotations import Annotations
from sqla_async_fix.model.kinds import (
    NONE,
    UNKNOWN,
    VALUE,
    Argument,
    Awaitable,
    ClassRef,
    Connection,
    ContextManager,
    Element,
    Engine,
    External,
    Factory,
    Instance,
    Kind,
    Query,
    Result,
    Row,
    Sequence,
    Session,
    Statement,
    Transaction,
)
from sqla_async_fix.model.knowledge import asyncio_api
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.knowledge.sql_constructs import STREAMING
from sqla_async_fix.model.records import DatabaseCall

_STREAMED = frozenset(("stream", "stream_scalars"))
_LISTS = frozenset(("all", "fetchall", "fetchmany", "partitions"))
_ONES = frozenset(("first", "one", "one_or_none", "fetchone", "get"))


def members(kind: Kind) -> dict[str, Calling]:
    """The members of the asyncio twin of an object, with how they are called."""
    if isinstance(kind, Session):
        return asyncio_api.SESSION
    if isinstance(kind, Connection):
        return asyncio_api.CONNECTION
    if isinstance(kind, Engine):
        return asyncio_api.ENGINE
    if isinstance(kind, Factory):
        return asyncio_api.SCOPED if kind.scoped else asyncio_api.FACTORY
    if isinstance(kind, Transaction):
        return asyncio_api.TRANSACTION
    if isinstance(kind, Result):
        return asyncio_api.RESULT
    return {}


class Database(Annotations):
    """Calls that reach the database, and what they give."""

    def lend(self, node: ast.Attribute, owner: Kind, how: str) -> None:
        """A member of a database object that waits is used as a value, or another one takes its place."""
        if members(owner).get(node.attr, Calling.SYNC) is not Calling.SYNC:
            self.let_go(node.value, owner, how)

    def database_call(
        self,
        node: ast.Call,
        receiver: Kind,
        method: str,
        result: Kind,
        given: tuple[Kind, ...] = (),
        streamed: bool = False,
    ) -> Kind:
        """Record a call of a member and give its kind, awaitable where the receiver is asynchronous."""
        is_async = bool(getattr(receiver, "is_async", False))
        if is_async:
            calling = members(receiver).get(method, Calling.SYNC)
            if calling is Calling.AWAIT:
                result = Awaitable(result)
        self.record.database[node] = DatabaseCall(
            node, receiver, method, result, node in self.awaited, self.place, given, streamed
        )
        return result

    def session_method(self, node: ast.Call, session: Session, method: str, args: tuple[Argument, ...]) -> Kind:
        """A call of a session's (or scoped registry's) member, other than `query`."""
        result = self._session_result(session, method, args)
        if method == "refresh" and args:
            self._refreshed(args[0])
        return self.database_call(node, session, method, result, streamed=_streams(args))

    def _refreshed(self, arg: Argument) -> None:
        """An object that was refreshed has what it loads eagerly, whoever made it."""
        path = self.path_of(arg.node)
        if path is not None and isinstance(arg.kind, Instance):
            self.env[path] = replace(arg.kind, made=False)

    def _session_result(self, session: Session, method: str, args: tuple[Argument, ...]) -> Kind:
        first = args[0].kind if args else UNKNOWN
        if method in ("execute", "stream", "exec", "scalars", "stream_scalars", "scalar"):
            return self._executed(session.is_async, method, first)
        if method in ("get", "get_one", "merge"):
            return Instance(first.name) if isinstance(first, ClassRef) else (first if method == "merge" else UNKNOWN)
        if method in ("begin", "begin_nested"):
            return Transaction(session, session.is_async)
        if method == "connection":
            return Connection(session.is_async)
        if method == "get_bind":
            return Engine(False)
        if method == "__call__":
            return session
        return NONE if method in ("add", "add_all", "commit", "rollback", "flush", "close") else UNKNOWN

    def _executed(self, is_async: bool, method: str, statement: Kind) -> Kind:
        elements = statement.elements if isinstance(statement, Statement) else None
        row: Kind = Row(elements)
        scalar = element_value(elements[0]) if elements else UNKNOWN
        if method == "scalar":
            return scalar
        item = (
            row
            if method in ("execute", "stream") or (method == "exec" and (elements is None or len(elements) > 1))
            else scalar
        )
        return Result(item, is_async and method in _STREAMED)

    def connection_method(
        self, node: ast.Call, connection: Connection, method: str, args: tuple[Argument, ...]
    ) -> Kind:
        """A call of a connection's member."""
        first = args[0].kind if args else UNKNOWN
        result: Kind = UNKNOWN
        if method in ("execute", "scalars", "scalar", "stream", "exec_driver_sql"):
            result = self._executed(connection.is_async, "execute" if method == "exec_driver_sql" else method, first)
        elif method in ("begin", "begin_nested"):
            result = Transaction(UNKNOWN, connection.is_async)
        elif method == "execution_options":
            streamed = any(arg.name in STREAMING for arg in args)
            result = replace(connection, streamed=connection.streamed or streamed)
        streams = method in ("execute", "scalars") and (connection.streamed or _streams(args))
        return self.database_call(node, connection, method, result, streamed=streams)

    def engine_method(self, node: ast.Call, engine: Engine, method: str) -> Kind:
        """A call of an engine's member."""
        result: Kind = UNKNOWN
        if method in ("connect", "begin"):
            connection = Connection(engine.is_async, engine.origin)
            is_manager = engine.is_async or method == "begin"
            result = ContextManager(connection, engine.is_async) if is_manager else connection
        elif method == "execution_options":
            result = engine
        elif method == "raw_connection":
            assert isinstance(node.func, ast.Attribute)
            self.let_go(node.func.value, engine, "gives a connection of its driver")
        elif method in ("execute", "scalar"):
            result = Result(Row()) if method == "execute" else VALUE
        return self.database_call(node, engine, method, result)

    def factory_call(self, node: ast.Call, factory: Factory) -> Kind:
        """`SessionLocal()`: a session of its own, or the current one of a scoped registry."""
        session = Session(factory.is_async, factory.origin, "factory")
        self.record.database[node] = DatabaseCall(node, factory, "", session, node in self.awaited, self.place)
        return session

    def factory_method(self, node: ast.Call, factory: Factory, method: str, args: tuple[Argument, ...]) -> Kind:
        """A call of a factory's member; a scoped registry passes its session's members on."""
        session = Session(factory.is_async, factory.origin, "factory")
        if method == "begin" and not factory.scoped:
            return self.database_call(node, factory, method, ContextManager(session, factory.is_async))
        if method in ("configure", "close_all") or (factory.scoped and method in ("remove", "configure")):
            return self.database_call(node, factory, method, NONE, _given(args))
        if factory.scoped:
            result = self._session_result(session, method, args)
            return self.database_call(node, factory, method, result, streamed=_streams(args))
        return UNKNOWN

    def result_method(self, node: ast.Call, result: Result, method: str) -> Kind:
        """A call of a result's member."""
        kind: Kind = UNKNOWN
        if method in _LISTS:
            kind = Sequence(result.item)
        elif method in _ONES:
            kind = result.item
        elif method in ("scalars", "scalar", "scalar_one", "scalar_one_or_none"):
            row = result.item
            value = element_value(row.elements[0]) if isinstance(row, Row) and row.elements else UNKNOWN
            kind = Result(value, result.is_async) if method == "scalars" else value
        elif method in ("unique", "yield_per", "tuples", "columns", "freeze"):
            kind = result
        elif method == "mappings":
            kind = Result(VALUE, result.is_async)
        elif method in ("keys",):
            kind = Sequence(VALUE)
        if result.is_async:
            return self.database_call(node, result, method, kind)
        return kind

    def made_by(self, name: str, node: ast.Call, args: tuple[Argument, ...]) -> Kind | None:
        """What calling one of SQLAlchemy's own constructors makes; None for any other name."""
        if name not in names.MAKERS:
            return None
        origin = f"{self.module.path}:{self.context.span(node).start}"
        made: Kind | None = None
        if name in names.CREATE_ENGINE or name in names.CREATE_ASYNC_ENGINE:
            made = Engine(name in names.CREATE_ASYNC_ENGINE, origin)
        elif name in names.SESSION or name in names.ASYNC_SESSION:
            made = Session(name in names.ASYNC_SESSION, origin, "constructor")
        elif name in names.FACTORY or name in names.ASYNC_FACTORY:
            made = Factory(name in names.ASYNC_FACTORY or self._async_class(args), False, origin)
        elif name in names.SCOPED or name in names.ASYNC_SCOPED:
            inner = args[0].kind if args else UNKNOWN
            made = Factory(name in names.ASYNC_SCOPED, True, origin)
            if isinstance(inner, Factory):
                made = Factory(made.is_async or inner.is_async, True, origin)
        if made is not None:
            self.record.database[node] = DatabaseCall(
                node, External(name), "", made, node in self.awaited, self.place, _given(args)
            )
        return made

    def _async_class(self, args: tuple[Argument, ...]) -> bool:
        return any(
            arg.name == "class_" and isinstance(arg.kind, External) and arg.kind.name in names.ASYNC_SESSION
            for arg in args
        )

    def session_by_use(self, node: ast.Call, method: str, args: tuple[Argument, ...]) -> Session | None:
        """The session that an unknown receiver of `method(args)` must be, if the call says so."""
        assert isinstance(node.func, ast.Attribute)
        if not args or args[0].starred:
            return None
        first = args[0].kind
        evidence = False
        if method == "query":
            evidence = all(self._selectable(arg.kind) for arg in args)
        elif method in ("execute", "scalar", "scalars", "stream", "stream_scalars"):
            evidence = isinstance(first, Statement)
        elif method in ("add", "delete", "merge", "refresh", "expunge"):
            evidence = isinstance(first, Instance) and self.project.is_mapped(first.cls)
        elif method == "add_all":
            evidence = (
                isinstance(first, Sequence)
                and isinstance(first.item, Instance)
                and self.project.is_mapped(first.item.cls)
            )
        elif method in ("get", "bulk_insert_mappings", "bulk_update_mappings"):
            evidence = len(args) > 1 and isinstance(first, ClassRef) and self.project.is_mapped(first.name)
        elif method == "bulk_save_objects":
            evidence = (
                isinstance(first, Sequence)
                and isinstance(first.item, Instance)
                and self.project.is_mapped(first.item.cls)
            )
        if not evidence:
            return None
        is_async = self.path_of(node.func.value) in self.awaited_paths
        return None if is_async and method == "query" else Session(is_async, evidence="use")

    def _selectable(self, kind: Kind) -> bool:
        from sqla_async_fix.model import sql

        if isinstance(kind, ClassRef):
            return self.project.is_mapped(kind.name)
        return sql.is_sql(kind) or isinstance(kind, Query)


def _streams(args: tuple[Argument, ...]) -> bool:
    return bool(args) and isinstance(args[0].kind, Statement) and args[0].kind.streamed


def _given(args: tuple[Argument, ...]) -> tuple[Kind, ...]:
    return tuple(arg.kind for arg in args if is_database_object(arg.kind))


def element_value(element: Element) -> Kind:
    """The kind of the value that an element of a SELECT has in a row."""
    return Instance(element.model) if element.entity is not None and element.model else VALUE


def is_database_object(kind: Kind) -> bool:
    """Whether a kind is an engine, factory, session or connection."""
    return isinstance(kind, (Session, Engine, Factory, Connection))
