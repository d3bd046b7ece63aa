"""Calls on metadata that reach the database, such as `create_all` (SAF209). Queries and sessions are elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqla_async_fix.core.steps import Code, Replace, Step, Symbol
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan import startup
from sqla_async_fix.model.plan.blocks import free_name, parents, root_call
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.import_time import Handover, handed_over
from sqla_async_fix.model.plan.metadata import awaited_lines
from sqla_async_fix.model.plan.operations import METADATA, is_sync, operations, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.roots import main_block, turned, within
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk


def sites(operation: DatabaseCall) -> Iterator[str]:
    """The sites of all database objects that an operation has to do with."""
    for kind in (operation.receiver, operation.result, *operation.given):
        yield from origins(kind)


def findings(colours: Colours) -> Iterator[Finding]:
    """Every call on metadata with a synchronous engine or connection."""
    for scope in colours.evaluated:
        if colours.is_island(scope):
            continue
        for operation in operations(scope):
            if reaches(operation):
                group = _group(scope, operation, colours)
                handover = _handover(scope, operation, colours)
                yield _finding(scope, operation, colours, group, handover)
                if isinstance(handover, Handover):
                    yield _taking_over(scope, operation, group, handover)


def _finding(
    scope: Scope, operation: DatabaseCall, colours: Colours, group: str, handover: Handover | str | None
) -> Finding:
    module = scope.module
    statement = parents(module)[operation.node]
    steps: tuple[Step, ...]
    refusal: str | None
    if not isinstance(statement, ast.Expr):
        steps, refusal = (), "its result is used, and `run_sync` has to be awaited; put it on a line of its own"
    elif not _has_own_line(module, statement):
        steps, refusal = (), "it shares its line with another statement; put it on a line of its own"
    elif operation.node in startup.put_off(scope):
        steps, refusal = _at_module_level(scope, operation, statement, colours)
    elif isinstance(scope, Function) or (
        turned(scope, colours) and (block := main_block(module)) is not None and within(module, statement, block)
    ):
        lines = awaited_lines(module, operation, module.before(module.span(statement).start))
        steps, refusal = (Replace(module.span(statement), (lines,)),), None
    elif isinstance(handover, Handover):
        steps, refusal = _as_function(module, operation, statement, handover.function), None
    elif handover is not None:
        steps, refusal = (), handover
    else:
        steps, refusal = _at_module_level(scope, operation, statement, colours)
    return Finding("SAF209", module, module.span(operation.node), operation.method, "", steps, group, refusal)


def _taking_over(scope: Scope, operation: DatabaseCall, group: str, handover: Handover) -> Finding:
    """The application that takes a call over."""
    module, detail = handover.module, f" when `{scope.module.name}` is imported"
    span = module.span(handover.call)
    return Finding("SAF209", module, span, operation.method, detail, handover.steps, group, follows=True)


def _handover(scope: Scope, operation: DatabaseCall, colours: Colours) -> Handover | str | None:
    """What takes over a call that runs when a module without an application is imported, or why nothing can; None for
    other calls."""
    module = scope.module
    statement = parents(module)[operation.node]
    if isinstance(scope, Function) or not isinstance(statement, ast.Expr) or statement not in module.tree.body:
        return None
    if startup.application(scope) is not None or startup.is_test(module) or root_call(module, statement):
        return None
    return handed_over(module, statement, _named(operation), colours)


def _has_own_line(module: Module, statement: ast.stmt) -> bool:
    span = module.span(statement)
    return not module.before(span.start).strip() and not module.text[span.end :].lstrip(" \t").startswith(";")


def _at_module_level(
    scope: Scope, operation: DatabaseCall, statement: ast.Expr, colours: Colours
) -> tuple[tuple[Step, ...], str | None]:
    module = scope.module
    moved = startup.moved(scope, statement, moving(scope, colours), colours.project)
    if moved is not None:
        return moved
    if startup.is_test(module) or root_call(module, statement):
        return _run_now(module, operation, statement), None
    return (), "it runs when the module is imported; call it from the application's start-up"


def moving(scope: Scope, colours: Colours) -> Sequence[startup.Moving]:
    """The statements of a body that makes an application which its start-up takes over, in order."""
    module, found = scope.module, []
    for statement in scope.node.body if startup.application(scope) is not None else ():
        node = statement.value if isinstance(statement, ast.Expr) else None
        operation = scope.record.database.get(node) if node is not None else None
        call = scope.record.calls.get(node) if node is not None else None
        if operation is not None and reaches(operation):
            group = _group(scope, operation, colours)
            found.append(startup.Moving(statement, _lines(module, operation), _named(operation), group))
        elif call is not None and colours.is_awaited(target := call.targets[0]):
            line = f"await {module.source(call.node)}"
            group = name_of(colours.parts.leader(target))
            found.append(startup.Moving(statement, lambda _, line=line: line, target.short_name, group))  # type: ignore[misc]
    return found


def reaches(operation: DatabaseCall) -> bool:
    """Whether a call is one on metadata with a synchronous engine or connection."""
    return operation.receiver == METADATA and any(is_sync(kind) for kind in operation.given)


def _group(scope: Scope, operation: DatabaseCall, colours: Colours) -> str:
    site = next(sites(operation), None)
    return name_of(colours.parts.leader(site if site is not None else colours.node_of(scope)))


def _lines(module: Module, operation: DatabaseCall) -> startup.Lines:
    return lambda indent: awaited_lines(module, operation, indent)


def _named(operation: DatabaseCall) -> str:
    return "create_tables" if operation.method == "create_all" else operation.method


def _as_function(module: Module, operation: DatabaseCall, statement: ast.Expr, name: str) -> tuple[Step, ...]:
    body = f"    {awaited_lines(module, operation, '    ')}"
    return (startup.placed(module, module.span(statement), (f"async def {name}():{module.newline}{body}",)),)


def _run_now(module: Module, operation: DatabaseCall, statement: ast.Expr) -> tuple[Step, ...]:
    span = module.span(statement)
    newline = module.newline
    taken = {node.id for node in walk(module.tree) if isinstance(node, ast.Name)}
    name = free_name(taken, _named(operation))
    indent = module.before(module.span(statement).start)
    body = f"{indent}    "
    lines = awaited_lines(module, operation, body)
    code: Code = (
        f"async def {name}():{newline}{body}{lines}{newline}{newline}{newline}{indent}",
        Symbol("asyncio", ""),
        f".run({name}())",
    )
    return (Replace(span, code) if indent else startup.placed(module, span, code),)
