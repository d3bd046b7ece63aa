"""Sessions that are opened without `with` (SAF205) and dependencies that do so by hand (SAF207). Awaits are in `waits`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqla_async_fix.core.steps import Step, WrapWith
from sqla_async_fix.model.kinds import Session
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import block_of, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import is_sync, operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function


def findings(colours: Colours) -> Iterator[Finding]:
    """Every session that a function opens and binds to a local name."""
    for function in colours.project.functions.values():
        group = name_of(colours.parts.leader(function))
        for operation in operations(function):
            if operation.method or not isinstance(operation.result, Session) or not is_sync(operation.result):
                continue
            statement = parents(function.module).get(operation.node)
            if (
                isinstance(statement, ast.Assign)
                and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)
            ):
                yield _bare(function, operation, statement, statement.targets[0].id, group)


def _bare(function: Function, operation: DatabaseCall, statement: ast.Assign, name: str, group: str) -> Finding:
    module = function.module
    region = _region(module, function, statement, name)
    code = "SAF207" if function.is_generator else "SAF205"
    steps: tuple[Step, ...] = () if region is None else (region,)
    detail = "" if region is not None else "it leaves the function or is not closed where it was opened"
    return Finding(code, module, module.span(operation.node), module.source(operation.node), detail, steps, group)


def closes(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is `name.close()`, or that guarded by `if name:` or `if name is not None:`."""
    if isinstance(statement, ast.If) and not statement.orelse and len(statement.body) == 1:
        names = {node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)}
        return names == {name} and closes(statement.body[0], name)
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Attribute)
        and statement.value.func.attr == "close"
        and isinstance(statement.value.func.value, ast.Name)
        and statement.value.func.value.id == name
    )


def _region(module: Module, function: Function, statement: ast.Assign, name: str) -> WrapWith | None:
    """How the statements that use the session become the body of a `with`; None where they cannot."""
    if _escapes(function, name) or _rebound(function, name):
        return None
    block = block_of(module, statement)
    start = list(block).index(statement)
    rest = list(block)[start + 1 :]
    parent = parents(module)[statement]
    if isinstance(parent, ast.Try) and block is parent.body and start == 0 and _finally_closes(parent, name):
        if parent.handlers or parent.orelse or not rest:
            return None
        return WrapWith(module.span(statement), module.span(rest[-1]), True, unwrap=module.span(parent))
    for index, following in enumerate(rest):
        if (
            isinstance(following, ast.Try)
            and _finally_closes(following, name)
            and not _used_after(rest[index + 1 :], name)
        ):
            return WrapWith(module.span(statement), module.span(following), True, unwrap=module.span(following))
        if closes(following, name) and not _used_after(rest[index + 1 :], name):
            if index == 0:
                return None
            return WrapWith(module.span(statement), module.span(following), True, dropped=(module.span(following),))
    return None


def closed_by_block(colours: Colours, function: Function) -> set[ast.AST]:
    """The `close()` calls of a function that its `with` blocks make superfluous."""
    found: set[ast.AST] = set()
    module = function.module
    for operation in operations(function):
        statement = parents(module).get(operation.node)
        if operation.method or not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        region = _region(module, function, statement, statement.targets[0].id)
        if region is None:
            continue
        for node in ast.walk(function.definition):
            if isinstance(node, ast.Try) and module.span(node) == region.unwrap:
                found.update(child for last in node.finalbody for child in ast.walk(last))
            elif isinstance(node, ast.stmt) and module.span(node) in region.dropped:
                found.update(ast.walk(node))
    return found


def _finally_closes(node: ast.Try, name: str) -> bool:
    return len(node.finalbody) == 1 and closes(node.finalbody[0], name)


def _used_after(rest: Sequence[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for statement in rest for node in ast.walk(statement))


def _rebound(function: Function, name: str) -> bool:
    stores = [
        node
        for node in ast.walk(function.definition)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store | ast.Del)
    ]
    return len(stores) != 1


def _escapes(function: Function, name: str) -> bool:
    """Whether the session is returned, stored, or used by an inner function."""
    above = parents(function.module)
    for node in ast.walk(function.definition):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = above[node]
        if isinstance(
            parent, ast.Return | ast.Tuple | ast.List | ast.Dict | ast.Set | ast.Assign | ast.NamedExpr | ast.AnnAssign
        ):
            return True
        while parent is not function.definition:
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return True
            parent = above[parent]
    return False
