"""What a constructor does to the database of an engine that it makes itself, on a synchronous engine of its own.

Engines that it is given, and sessions, are not here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.model.evaluation.database import members
from sqla_async_fix.model.kinds import Connection, Engine, External, Kind, Session, Transaction
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

_CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__")
_LEAVING = (ast.Return, ast.Yield, ast.YieldFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Preparation:
    """The statements of a constructor that reach the database through one engine and leave nothing of it behind.

    `creations` are the assignments that make the engine and bind it to the text `target`, `uses` the expressions that
    name it in those statements, `last` the last statement. `outlives`: the engine is used elsewhere as well. `kept` are
    the calls that stay synchronous.
    """

    creations: Sequence[ast.Assign]
    target: str
    uses: Sequence[ast.expr]
    last: ast.stmt
    outlives: bool
    kept: frozenset[ast.AST]


def preparations(scope: Scope) -> Sequence[Preparation]:
    """What a constructor does with each engine that it makes; nothing if it has to wait for something else too."""
    if not (isinstance(scope, Function) and scope.short_name in _CONSTRUCTORS and scope.record.database):
        return ()
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in scope.definition.body):
        return ()
    prepared = (_prepared(scope, target, creations) for target, creations in _creations(scope).items())
    found = [each for each in prepared if each is not None]
    return found if _waiting(scope) <= _kept(found) else ()


def kept_calls(scope: Scope) -> frozenset[ast.AST]:
    """The calls of a body that stay synchronous although the objects of their kind become asynchronous."""
    return _kept(preparations(scope)) | frozenset(driver_calls(scope)) | kept_engines(scope)


def kept_engines(scope: Scope) -> frozenset[ast.AST]:
    """The calls of a constructor that make engines whose driver alone is asked for connections, besides tables."""
    prepared = {each.target: each for each in preparations(scope)}
    kept: list[ast.AST] = []
    for target, creations in creations_of(scope).items():
        found, drivers = prepared.get(target), list(driver_uses(scope, target))
        uses = [*(found.uses if found is not None else ()), *drivers]
        if drivers and not _is_used_further(scope, target, len(creations) + len(uses)):
            kept += [each.value for each in creations]
    return frozenset(kept)


def _is_used_further(scope: Scope, target: str, known: int) -> bool:
    """Whether a file mentions a member more often than is known."""
    return len(scope.module.places([f".{target.rpartition('.')[2]}"])) > known


def prepared_engines(scope: Scope) -> frozenset[ast.AST]:
    """The calls that make engines of which a constructor needs a synchronous twin."""
    made: list[ast.AST] = [each.value for found in preparations(scope) for each in found.creations]
    for target, creations in creations_of(scope).items():
        if any(True for _ in driver_uses(scope, target)):
            made += [each.value for each in creations]
    return frozenset(made) - kept_engines(scope)


def creations_of(scope: Scope | None) -> dict[str, list[ast.Assign]]:
    """The assignments of a constructor that make engines, by the text of their target."""
    is_constructor = isinstance(scope, Function) and scope.short_name in _CONSTRUCTORS
    return _creations(scope) if isinstance(scope, Function) and is_constructor and scope.record.database else {}


def driver_calls(scope: Scope) -> Iterator[ast.Call]:
    """The calls `self.engine.raw_connection()` on an engine that the constructor of the class makes: connections of a
    synchronous driver come from a synchronous engine."""
    constructor = scope.cls.methods.get(_CONSTRUCTORS[0]) if scope.cls is not None else None
    if constructor is None or "raw_connection" not in scope.module.text:
        return
    for call in scope.record.database.values():
        named = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
        if call.method == "raw_connection" and named is not None and not call.awaited:
            text = scope.module.source(named)
            if "." in text and text in creations_of(constructor):
                yield call.node


def driver_uses(constructor: Scope, target: str) -> Iterator[tuple[Function, ast.expr]]:
    """Where the methods of a class ask the engine of this name for connections of its driver."""
    for method in constructor.cls.methods.values() if constructor.cls is not None else ():
        for call in driver_calls(method):
            if isinstance(call.func, ast.Attribute) and method.module.source(call.func.value) == target:
                yield method, call.func.value


def _kept(found: Sequence[Preparation]) -> frozenset[ast.AST]:
    return frozenset().union(*(each.kept for each in found))


def _waiting(scope: Scope) -> frozenset[ast.AST]:
    """What a body does with a database: calls that reach it, sessions that it opens, legacy queries."""
    calls = (call.node for call in scope.record.database.values() if _waits(call))
    queries = (use.node for use in scope.record.queries.values())
    return frozenset((*calls, *queries, *scope.record.inspections))


def _waits(call: DatabaseCall) -> bool:
    if isinstance(call.result, Session):
        return True
    if isinstance(call.receiver, External):
        return call.method != ""  # of metadata
    return call.method != "" and members(call.receiver).get(call.method, Calling.MISSING) is not Calling.SYNC


def _creations(scope: Function) -> dict[str, list[ast.Assign]]:
    """The assignments that make engines, by the text of their target, where nothing else is assigned to it."""
    made: dict[str, list[ast.Assign]] = {}
    others = {argument.arg for argument in scope.arguments()}
    for node in walk(scope.definition):
        if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            statement = parents(scope.module)[node]
            text = scope.module.source(node)
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and _makes(scope, statement.value):
                made.setdefault(text, []).append(statement)
            else:
                others.add(text)
    return {text: statements for text, statements in made.items() if text not in others}


def _makes(scope: Scope, value: ast.expr) -> bool:
    """Whether an expression makes a synchronous engine."""
    call = scope.record.database.get(value)
    return call is not None and call.method == "" and isinstance(call.result, Engine) and not call.result.is_async


def _prepared(scope: Function, target: str, creations: Sequence[ast.Assign]) -> Preparation | None:
    """What the constructor does with one engine; None where it does nothing, or something that lasts."""
    module = scope.module
    statements = {_outermost(scope, node, creations) for node in _waiting(scope) if _is_of(scope, node, target)}
    inside = {node for statement in statements for node in walk(statement)}
    if not statements or min(s.lineno for s in statements) <= max(each.lineno for each in creations):
        return None
    if any(isinstance(node, _LEAVING) or _stays(node) for node in inside):
        return None
    bound = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    loads = [
        node
        for node in walk(scope.definition)
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
    ]
    if any(isinstance(node, ast.Name) and node.id in bound and node not in inside for node in loads):
        return None
    named = [node for node in loads if module.source(node) == target]
    uses = [node for node in named if node in inside]
    calls = {node for node in inside if node in scope.record.database or node in scope.record.inspections}
    outlives = "." in target or len(uses) < len(named)
    made = [] if outlives else [each.value for each in creations]
    last = max(statements, key=lambda statement: statement.lineno)
    return Preparation(creations, target, uses, last, outlives, frozenset((*calls, *made)))


def _is_of(scope: Scope, node: ast.AST, target: str) -> bool:
    """Whether a call reaches the database through the engine of this text, or through a connection."""
    call = scope.record.database.get(node)
    inspected = scope.record.inspections.get(node) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or (call is None and inspected is None):
        return False
    if call is not None and not isinstance(call.receiver, External):
        through: Kind | None = call.receiver
        named = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    else:
        through = call.given[0] if call is not None else inspected
        named = next((k.value for k in node.keywords if k.arg == "bind"), None) or node.args[0]
    if isinstance(through, Engine):
        return scope.module.source(named) == target
    return isinstance(through, (Connection, Transaction))


def _outermost(scope: Function, node: ast.AST, creations: Sequence[ast.Assign]) -> ast.stmt:
    """The largest statement of a body around a node that makes none of the engines."""
    above = parents(scope.module)
    around = [node]
    while around[-1] is not scope.definition:
        around.append(above[around[-1]])
    makers = {parent for each in creations for parent in _with_parents(scope, each)}
    return next(each for each in reversed(around) if isinstance(each, ast.stmt) and each not in makers)


def _with_parents(scope: Function, node: ast.AST) -> Iterator[ast.AST]:
    while node is not scope.definition:
        yield node
        node = parents(scope.module)[node]
    yield node


def _stays(node: ast.AST) -> bool:
    """Whether a node puts something where it outlives its statement."""
    return isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load)
