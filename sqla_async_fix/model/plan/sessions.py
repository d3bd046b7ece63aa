"""Sessions that are opened without `with` (SAF205) and dependencies that do so by hand (SAF207).

Awaits are in `waits`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import DropStatement, Replace, Step, WrapWith
from sqla_async_fix.model.kinds import Factory, Session
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import block_of, free_name, parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import is_sync, operations, yields_new
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk


@dataclass(frozen=True, slots=True)
class Block:
    """The `with` block that takes the place of opening and closing by hand: its steps, and the statements that go."""

    steps: tuple[Step, ...]
    closing: tuple[ast.stmt, ...]


def findings(colours: Colours) -> Iterator[Finding]:
    """Every session that a function opens and binds to a local name."""
    for function in list(colours.project.functions.values()):
        if colours.is_island(function):
            continue
        group = name_of(colours.parts.leader(function))
        for operation in operations(function):
            statement = yields_new(function, operation)
            if statement is not None:
                yield _yielded(function, operation, statement, group)
        for operation, block in _opened(function):
            if block is not None and is_idle(function, operation, colours):
                continue
            code = "SAF207" if function.is_generator else "SAF205"
            span = function.module.span(operation.node)
            source = function.module.source(operation.node)
            if block is not None:
                yield Finding(code, function.module, span, source, "", block.steps, group)
            else:
                reason = "the session leaves the function or is not closed where it was opened; open it by `async with`"
                yield Finding(code, function.module, span, source, "", (), group, unfixable=reason)


def _yielded(function: Function, operation: DatabaseCall, statement: ast.Expr, group: str) -> Finding:
    module = function.module
    whole, made = module.span(statement), module.span(operation.node)
    indent = module.before(whole.start)
    taken = {node.id for node in walk(function.definition) if isinstance(node, ast.Name)}
    name = free_name(taken, "session", "db")
    steps = (
        Replace(Span(whole.start, made.start), ("async with ",)),
        Replace(Span(made.end, whole.end), (f" as {name}:{module.newline}{indent}    yield {name}",)),
    )
    source = module.source(operation.node)
    return Finding("SAF207", module, module.span(operation.node), source, "", steps, group)


def is_idle(scope: Scope, operation: DatabaseCall, colours: Colours) -> bool:
    """Whether a session opened here never leaves a function in which nothing reaches the database."""
    if not isinstance(scope, Function) or scope.is_async or scope in colours.reasons:
        return False
    return any(opened is operation and block is not None for opened, block in _opened(scope))


def closed_by_block(function: Function) -> set[ast.AST]:
    """The `close()` calls of a function that its `with` blocks make superfluous."""
    return {
        node
        for _, block in _opened(function)
        if block is not None
        for statement in block.closing
        for node in walk(statement)
    }


def _opened(function: Function) -> Iterator[tuple[DatabaseCall, Block | None]]:
    """The sessions that a function binds to a local name, with the block that can hold each."""
    for operation in operations(function):
        if operation.method or not isinstance(operation.result, Session) or not is_sync(operation.result):
            continue
        if isinstance(operation.receiver, Factory) and operation.receiver.scoped:
            continue
        statement = parents(function.module).get(operation.node)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                yield operation, _block(function, statement, target.id)


def closes(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is `name.close()`, or that guarded by `if name:` or `if name is not None:`."""
    if isinstance(statement, ast.If) and not statement.orelse and len(statement.body) == 1:
        names = {node.id for node in walk(statement.test) if isinstance(node, ast.Name)}
        return names == {name} and closes(statement.body[0], name)
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Attribute)
        and statement.value.func.attr == "close"
        and isinstance(statement.value.func.value, ast.Name)
        and statement.value.func.value.id == name
    )


def _block(function: Function, statement: ast.Assign, name: str) -> Block | None:
    """How the statements that use the session become the body of a `with`; None where they cannot."""
    if _escapes(function, name) or _rebound(function, name):
        return None
    module = function.module
    span = module.span
    around = block_of(module, statement)
    start = list(around).index(statement)
    rest = list(around)[start + 1 :]
    parent = parents(module)[statement]
    if isinstance(parent, ast.Try) and around is parent.body and start == 0 and _finally_closes(parent, name):
        return _turned(module, parent, statement, name)
    for index, following in enumerate(rest):
        if _used_after(rest[index + 1 :], name):
            continue
        if isinstance(following, ast.Try) and _finally_closes(following, name):
            wrap = WrapWith(span(statement), span(following), True, unwrap=span(following))
            return Block((wrap,), tuple(following.finalbody))
        if closes(following, name) and index > 0:
            wrap = WrapWith(span(statement), span(following), True, dropped=(span(following),))
            return Block((wrap,), (following,))
    return _left_open(function, statement, rest, name)


def _left_open(function: Function, statement: ast.Assign, rest: Sequence[ast.stmt], name: str) -> Block | None:
    """A session that nobody closes, and that does not outlive the statements that use it, is closed after them."""
    span = function.module.span
    using = [following for following in rest if _used_after([following], name)]
    inside = {node for following in using for node in walk(following)}
    above = parents(function.module)
    for node in walk(function.definition):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = above[node]
            call = above[parent] if isinstance(parent, ast.keyword) else parent
            known = function.record.calls.get(call)
            given = known is not None and not any(target.short_name == "__init__" for target in known.targets)
            used = isinstance(parent, ast.Attribute) and parent.attr != "close"
            if node not in inside or not (used or given or isinstance(parent, ast.Yield)):
                return None
    return Block((WrapWith(span(statement), span(using[-1]), True),), ()) if using else None


def _turned(module: Module, node: ast.Try, statement: ast.Assign, name: str) -> Block | None:
    """A `try` that opens the session itself and finally closes it turns into the `with`."""
    if node.handlers or node.orelse or len(node.body) < 2:
        return None
    whole = module.span(node)
    steps = (
        Replace(
            Span(whole.start, whole.start + len("try")), (f"async with {module.source(statement.value)} as {name}",)
        ),
        DropStatement(module.span(statement)),
        Replace(Span(module.span(node.body[-1]).end, whole.end), ()),
    )
    return Block(steps, tuple(node.finalbody))


def _finally_closes(node: ast.Try, name: str) -> bool:
    return len(node.finalbody) == 1 and closes(node.finalbody[0], name)


def _used_after(rest: Sequence[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for statement in rest for node in walk(statement))


def _rebound(function: Function, name: str) -> bool:
    stores = [
        node
        for node in walk(function.definition)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, (ast.Store, ast.Del))
    ]
    return len(stores) != 1


def _escapes(function: Function, name: str) -> bool:
    """Whether the session is returned, stored, or used by an inner function."""
    above = parents(function.module)
    for node in walk(function.definition):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = above[node]
        if isinstance(
            parent, (ast.Return, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Assign, ast.NamedExpr, ast.AnnAssign)
        ):
            return True
        while parent is not function.definition:
            if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return True
            parent = above[parent]
    return False
