"""Locks and promises of threads in functions that become coroutines, whose tasks share one thread: who waits for
another task's lock blocks the loop for ever, or is let in where one thread may take the lock twice.

Sessions and transactions are in `waits`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import ExternalInstance
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import entered_sync, operations, reaches_database
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_LOCKS = frozenset(
    f"{module}.{name}"
    for module in ("threading", "multiprocessing")
    for name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore")
)


_PROMISES = frozenset({"concurrent.futures.Future"})
"""What one thread waits for and another one settles."""


def held(function: Function, colours: Colours) -> Iterator[tuple[ast.expr, str]]:
    """The places of a function that take a lock which is held at an `await`, or make a promise, each with the
    reason."""
    record = function.record
    for node, name in record.externals.items():
        if name in _PROMISES and isinstance(node, ast.Call):
            source = function.module.source(node)
            yield node, f"`{source}` is for threads to wait for, and tasks share one; use its twin of `asyncio`"
        owner, _, method = name.rpartition(".")
        if method == "acquire" and owner in _LOCKS and isinstance(node, ast.Call):
            yield node, _reason(function, node.func, owner)
    for entered in record.entered.values():
        kind = entered.kind
        if isinstance(kind, ExternalInstance) and kind.name in _LOCKS and isinstance(entered.statement, ast.With):
            inside = {child for statement in entered.statement.body for child in walk(statement)}
            if any(node in inside for node in _awaited(function, colours)):
                yield entered.node, _reason(function, entered.node, kind.name)


def _reason(function: Function, node: ast.expr, kind: str) -> str:
    source, name = function.module.source(node), kind.rpartition(".")[2]
    twin = "asyncio.Lock" if name == "RLock" else f"asyncio.{name}"
    return f"`{source}` would hold a `{kind}` while the coroutine waits; use `{twin}`"


def _awaited(function: Function, colours: Colours) -> Iterator[ast.AST]:
    record = function.record
    for call in (*record.calls.values(), *record.managers.values()):
        if any(target in colours.reasons for target in call.targets):
            yield call.node
    for operation in operations(function):
        if reaches_database(operation):
            yield operation.node
    for _, node, _ in entered_sync(function):
        yield node
