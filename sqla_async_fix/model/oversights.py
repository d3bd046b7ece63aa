"""What asynchronous code forgets: awaits, `async with`, `async for`. Code that is still synchronous is the plan's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import AddArgument, AddAsync, AddAwait, DropAwait, Step
from sqla_async_fix.model.evaluation.database import members
from sqla_async_fix.model.kinds import (
    Connection,
    ContextManager,
    Engine,
    External,
    Factory,
    Kind,
    Result,
    Session,
)
from sqla_async_fix.model.knowledge import sqlalchemy_names as names
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.plan import listeners
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.finding import Finding, Plan
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import DatabaseCall, Place, ProjectCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import Parents, walk

_NOT_ASYNC = "the function is not `async def`, so that nothing can be awaited in it"


def oversights(project: Project) -> Plan:
    """Findings on objects that are asynchronous already; each stands alone, its `group` is empty."""
    scopes = (*project.scopes.values(), *project.functions.values())
    return Plan(finding for scope in scopes for finding in _in(project, scope))


def _in(project: Project, scope: Scope) -> Iterator[Finding]:
    for call in scope.record.database.values():
        if is_async(call.receiver):
            yield from _database_call(scope, call)
        elif call.method == "" and isinstance(call.receiver, External) and call.receiver.name in names.ASYNC_FACTORY:
            yield from _factory(scope, call)
    for listened in scope.record.listened.values():
        if is_async(listened.kind):
            module, node = scope.module, listened.node
            change = listeners.steps(scope, listened)
            yield Finding("SAF211", module, module.span(node), module.source(node), "", change, "")
    for reference in scope.record.references.values():
        if reference.receiver in names.EVENT_CALLS and reference.function.is_async:
            yield _listener(scope, reference.node, reference.function)
    if isinstance(scope, Function) and scope.is_async:
        for node, kind in zip(scope.definition.decorator_list, scope.decorators, strict=False):
            if isinstance(kind, External) and kind.name in names.EVENT_CALLS:
                yield _listener(scope, node, scope)
    for project_call in scope.record.calls.values():
        yield from _project_call(project, scope, project_call)
    for entered in scope.record.entered.values():
        if isinstance(entered.statement, ast.With) and _enters_async(entered.kind):
            yield from _with(scope, entered.statement, entered.node)
    for loop in scope.record.loops.values():
        if isinstance(loop.kind, Result) and loop.kind.is_async and isinstance(loop.statement, ast.For):
            module = scope.module
            steps: tuple[Step, ...] = (AddAsync(module.span(loop.statement)),)
            yield _finding(scope, "SAF305", loop.node, module.source(loop.node), steps)


def _listener(scope: Scope, node: ast.expr, function: Function) -> Finding:
    refusal = "nobody awaits a listener; make it a plain function"
    name = function.short_name
    return Finding("SAF211", scope.module, scope.module.span(node), name, "listener", (), "", refusal)


def is_async(kind: Kind) -> bool:
    """Whether a kind is an asynchronous engine, factory, session, connection or streamed result."""
    return isinstance(kind, (Session, Engine, Factory, Connection, Result)) and kind.is_async


def _finding(scope: Scope, code: str, node: ast.expr, subject: str, steps: tuple[Step, ...]) -> Finding:
    in_async = isinstance(scope, Function) and scope.is_async
    refusal = None if in_async else _NOT_ASYNC
    return Finding(code, scope.module, scope.module.span(node), subject, "", steps if in_async else (), "", refusal)


def _database_call(scope: Scope, call: DatabaseCall) -> Iterator[Finding]:
    calling = members(call.receiver).get(call.method) if call.method else None
    module = scope.module
    if call.place not in (Place.BODY, Place.GENERATOR):
        return
    if calling is Calling.AWAIT and not call.awaited and _forgotten(scope, call.node):
        if call.place is Place.BODY:
            yield _finding(scope, "SAF301", call.node, call.method, (AddAwait(module.span(call.node)),))
    elif calling is Calling.SYNC and call.awaited and isinstance(call.receiver, Session):
        awaited = parents(module)[call.node]
        yield _finding(scope, "SAF302", call.node, call.method, (DropAwait(module.span(awaited)),))
    elif calling in (Calling.MISSING, Calling.RUN_SYNC) and call.method != "query":
        refusal = f"`{call.method}` has no asynchronous twin; call it by `run_sync`"
        yield Finding("SAF306", module, module.span(call.node), call.method, "", (), "", refusal)


def _factory(scope: Scope, call: DatabaseCall) -> Iterator[Finding]:
    if not {"expire_on_commit", None} & {keyword.arg for keyword in call.node.keywords}:
        module = scope.module
        steps = (AddArgument(module.span(call.node), ("expire_on_commit=False",)),)
        source = module.source(call.node.func)
        yield Finding("SAF204", module, module.span(call.node), source, "", steps, "")


def _project_call(project: Project, scope: Scope, call: ProjectCall) -> Iterator[Finding]:
    target = call.targets[0]
    if len(call.targets) != 1 or not target.is_async or target.is_generator or call.awaited:
        return
    if not isinstance(call.node, ast.Call) or call.place is not Place.BODY or not _reaches(target):
        return
    if _forgotten(scope, call.node):
        yield _finding(scope, "SAF304", call.node, target.short_name, (AddAwait(scope.module.span(call.node)),))


def _reaches(function: Function) -> bool:
    """Whether a coroutine function plainly talks to the database, so that it is no look-alike."""
    return any(is_async(call.receiver) for call in function.record.database.values()) and not function.decorators


def _with(scope: Scope, statement: ast.With, node: ast.expr) -> Iterator[Finding]:
    if len(statement.items) == 1:
        module = scope.module
        yield _finding(scope, "SAF206", node, module.source(node), (AddAsync(module.span(statement)),))


def _enters_async(kind: Kind) -> bool:
    if isinstance(kind, ContextManager):
        return kind.is_async
    return isinstance(kind, (Session, Connection)) and kind.is_async


def _forgotten(scope: Scope, node: ast.expr) -> bool:
    """Whether the coroutine that a call gives is surely used as if it were its result, or not at all."""
    if not isinstance(scope, Function):
        return False
    above = parents(scope.module)
    parent = above[node]
    if _needs_value(node, parent):
        return True
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, (ast.Tuple, ast.List)):
            return True
        if isinstance(target, ast.Name):
            return _all_uses_need_value(scope, target.id, above)
    return False


def _needs_value(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, (ast.Expr, ast.Attribute, ast.Subscript, ast.Compare, ast.UnaryOp)):
        return True
    if isinstance(parent, (ast.For, ast.comprehension)):
        return parent.iter is node
    return isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)) and parent.test is node


def _all_uses_need_value(scope: Function, name: str, above: Parents) -> bool:
    stored, needing = 0, 0
    for child in walk(scope.definition):
        if isinstance(child, ast.Name) and child.id == name:
            if isinstance(child.ctx, ast.Load):
                if not _needs_value(child, above[child]):
                    return False
                needing += 1
            else:
                stored += 1
    return stored == 1 and needing > 0
