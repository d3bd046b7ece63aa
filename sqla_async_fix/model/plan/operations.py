"""What bodies do to synchronous database objects, as the plan needs it. Who is affected is in `colours`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.evaluation.database import members
from sqla_async_fix.model.kinds import (
    Connection,
    ContextManager,
    Engine,
    External,
    Factory,
    Kind,
    Session,
    Transaction,
)
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.preparations import kept_calls
from sqla_async_fix.model.records import DatabaseCall, Place
from sqla_async_fix.model.symbols import Scope

METADATA = External("sqlalchemy.MetaData")
_DEFAULT_CALLING = {"query": Calling.MISSING}


def is_sync(kind: Kind) -> bool:
    """Whether a kind is a synchronous engine, factory, session, connection or transaction."""
    return isinstance(kind, (Session, Engine, Factory, Connection, Transaction)) and not kind.is_async


def calling(call: DatabaseCall) -> Calling:
    """How the call's member is called on the asynchronous twin of its receiver."""
    if call.receiver == METADATA:
        return Calling.AWAIT
    if call.method == "" or not is_sync(call.receiver):
        return Calling.SYNC
    if call.outside:
        return Calling.RUN_SYNC
    return members(call.receiver).get(call.method, _DEFAULT_CALLING.get(call.method, Calling.SYNC))


def reaches_database(call: DatabaseCall) -> bool:
    """Whether the call has to wait once its receiver is asynchronous."""
    return calling(call) not in (Calling.SYNC, Calling.MISSING)


def operations(scope: Scope) -> list[DatabaseCall]:
    """The calls of a body on synchronous objects, in order of the text."""
    if not scope.record.database:
        return []
    kept = kept_calls(scope)
    calls = [
        call
        for call in scope.record.database.values()
        if call.place is not Place.ISLAND
        and call.node not in kept
        and (is_sync(call.receiver) or is_sync(call.result) or call.receiver == METADATA)
    ]
    return sorted(calls, key=lambda call: (call.node.lineno, call.node.col_offset))


def yields_new(function: Scope, operation: DatabaseCall) -> ast.Expr | None:
    """The statement `yield SessionLocal()`, which leaves closing to nobody."""
    above = parents(function.module)
    outer = above.get(operation.node)
    statement = above.get(outer) if isinstance(outer, ast.Yield) else None
    is_new = not operation.method and isinstance(operation.result, Session) and is_sync(operation.result)
    scoped = isinstance(operation.receiver, Factory) and operation.receiver.scoped
    return statement if is_new and not scoped and isinstance(statement, ast.Expr) else None


def inspected(scope: Scope) -> Iterator[tuple[ast.Call, Kind]]:
    """The calls that make an inspector of a synchronous engine or connection, with the kind of what they inspect."""
    kept = kept_calls(scope) if scope.record.inspections else ()
    for node, kind in scope.record.inspections.items():
        if is_sync(kind) and node not in kept:
            yield node, kind


def origins(kind: Kind) -> Iterator[str]:
    """The sites that made a database object."""
    if isinstance(kind, ContextManager):
        yield from origins(kind.value)
    for origin in getattr(kind, "origin", "").splitlines():
        yield f"origin:{origin}"


def entered_sync(scope: Scope) -> Iterator[tuple[ast.With, ast.expr, Kind]]:
    """The `with` items over synchronous objects that are entered asynchronously once their colour changes."""
    kept = kept_calls(scope)
    for entered in scope.record.entered.values():
        if isinstance(entered.statement, ast.With) and entered.node not in kept:
            kind = entered.kind
            value = kind.value if isinstance(kind, ContextManager) and not kind.is_async else kind
            if is_sync(value) or (isinstance(kind, ContextManager) and entered.node in scope.record.database):
                yield entered.statement, entered.node, kind
