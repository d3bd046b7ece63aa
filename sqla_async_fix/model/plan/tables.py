"""Calls on metadata that reach the database, such as `create_all` (SAF209). Queries and sessions are elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddArgument, AddStatements, Code, DropStatement, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Connection
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import free_name, parents, root_call
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import METADATA, is_sync, operations, origins
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.roots import main_block, turned, within
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

_APPLICATIONS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")


def sites(operation: DatabaseCall) -> Iterator[str]:
    """The sites of all database objects that an operation has to do with."""
    for kind in (operation.receiver, operation.result, *operation.given):
        yield from origins(kind)


def findings(colours: Colours) -> Iterator[Finding]:
    """Every call on metadata with a synchronous engine or connection."""
    for scope in colours.scopes():
        if colours.is_island(scope):
            continue
        for operation in operations(scope):
            if operation.receiver != METADATA or not any(is_sync(kind) for kind in operation.given):
                continue
            site = next(sites(operation), None)
            node = site if site is not None else colours.node_of(scope)
            yield _finding(scope, operation, colours, name_of(colours.parts.leader(node)))


def _finding(scope: Scope, operation: DatabaseCall, colours: Colours, group: str) -> Finding:
    module = scope.module
    statement = parents(module)[operation.node]
    steps: tuple[Step, ...]
    refusal: str | None
    if not isinstance(statement, ast.Expr):
        steps, refusal = (), "its result is used, and `run_sync` has to be awaited; put it on a line of its own"
    elif not _has_own_line(module, statement):
        steps, refusal = (), "it shares its line with another statement; put it on a line of its own"
    elif isinstance(scope, Function) or (
        turned(scope, colours) and (block := main_block(module)) is not None and within(module, statement, block)
    ):
        lines = _lines(module, operation, module.before(module.span(statement).start))
        steps, refusal = (Replace(module.span(statement), (lines,)),), None
    else:
        steps, refusal = _at_module_level(scope, operation, statement)
    return Finding("SAF209", module, module.span(operation.node), operation.method, "", steps, group, refusal)


def _has_own_line(module: Module, statement: ast.stmt) -> bool:
    span = module.span(statement)
    return not module.before(span.start).strip() and not module.text[span.end :].lstrip(" \t").startswith(";")


def _lines(module: Module, operation: DatabaseCall, indent: str) -> str:
    """The statements that do the same on an asynchronous engine or connection, the first one without indentation."""
    node = operation.node
    bind = next(arg for arg in [*(k for k in node.keywords if k.arg == "bind"), *node.args])
    bind_node = bind.value if isinstance(bind, ast.keyword) else bind
    text = module.source(bind_node)
    if (
        isinstance(bind_node, ast.Call)
        and isinstance(bind_node.func, ast.Attribute)
        and bind_node.func.attr == "get_bind"
    ):
        text = f"{module.source(bind_node.func.value)}.bind"
    rest = [module.source(arg) for arg in node.args if arg is not bind]
    rest += [f"{k.arg}={module.source(k.value)}" for k in node.keywords if k is not bind and k.arg]
    call = ", ".join([module.source(node.func), *rest])
    if isinstance(operation.given[0], Connection):
        return f"await {text}.run_sync({call})"
    newline = module.newline
    unit = "\t" if "\n\t" in module.text and "\n    " not in module.text else "    "
    return f"async with {text}.begin() as conn:{newline}{indent}{unit}await conn.run_sync({call})"


def _at_module_level(scope: Scope, operation: DatabaseCall, statement: ast.Expr) -> tuple[tuple[Step, ...], str | None]:
    module = scope.module
    applications = [
        node for node, name in scope.record.externals.items() if name in _APPLICATIONS and isinstance(node, ast.Call)
    ]
    if len(applications) == 1 and isinstance(parents(module).get(applications[0]), ast.Assign):
        return _into_lifespan(module, operation, statement, applications[0])
    if _is_test(module) or root_call(module, statement):
        return _run_now(module, operation, statement), None
    return (), "it runs when the module is imported; call it from the application's start-up"


def _is_test(module: Module) -> bool:
    name = module.path.rsplit("/", 1)[-1]
    return name.startswith("test_") or name == "conftest.py" or name.endswith("_test.py")


def _into_lifespan(
    module: Module, operation: DatabaseCall, statement: ast.Expr, application: ast.Call
) -> tuple[tuple[Step, ...], str | None]:
    given = {keyword.arg for keyword in application.keywords}
    if given & {"lifespan", "on_startup", None} or ".on_event(" in module.text or "add_event_handler" in module.text:
        return (), "the application has start-up code of its own; create the tables there"
    if any(isinstance(node, ast.Name) and node.id == "lifespan" for node in walk(module.tree)):
        return (), "the name `lifespan` is taken in this module; create the tables at the application's start-up"
    unit = "    "
    newline = module.newline
    code: Code = (
        "@",
        Symbol("contextlib", "asynccontextmanager"),
        f"{newline}async def lifespan(app: ",
        module.source(application.func),
        f"):{newline}{unit}{_lines(module, operation, unit)}{newline}{unit}yield",
    )
    owner = parents(module)[application]
    span = module.span(statement)
    steps: list[Step] = [AddArgument(module.span(application), ("lifespan=lifespan",))]
    if statement.lineno < owner.lineno:  # type: ignore[attr-defined]
        steps.append(Replace(span, _spaced(module, span, code)))
    else:
        steps.append(DropStatement(span))
        steps.append(AddStatements(module.span(owner), (code, ("",), ("",)), False))
    return tuple(steps), None


def _run_now(module: Module, operation: DatabaseCall, statement: ast.Expr) -> tuple[Step, ...]:
    span = module.span(statement)
    newline = module.newline
    taken = {node.id for node in walk(module.tree) if isinstance(node, ast.Name)}
    name = free_name(taken, "create_tables" if operation.method == "create_all" else operation.method)
    indent = module.before(module.span(statement).start)
    body = f"{indent}    "
    code: Code = (
        f"async def {name}():{newline}{body}{_lines(module, operation, body)}{newline}{newline}{newline}{indent}",
        Symbol("asyncio", ""),
        f".run({name}())",
    )
    return (Replace(span, code if indent else _spaced(module, span, code)),)


def _spaced(module: Module, span: Span, code: Code) -> Code:
    """A definition at module level with two blank lines before and after it."""
    newline = module.newline
    before = module.text[: span.start]
    blank_before = len(before) - len(before.rstrip(" \t\r\n"))
    lines_before = before[len(before) - blank_before :].count("\n") - 1 if before.strip() else 2
    after = module.text[span.end :]
    gap = after[: len(after) - len(after.lstrip(" \t\r\n"))]
    missing_after = max(0, 3 - gap.count("\n")) if after.strip() else 0
    return (newline * max(0, 2 - lines_before), *code, newline * missing_after)
