"""Where a session known by its use alone comes from. Sessions that the project makes are known by their origin."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import Instance, Session
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations, reaches_database
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope


def strangers(scope: Scope, colours: Colours) -> Iterator[tuple[DatabaseCall, str]]:
    """Operations on sessions that come from a call that is not known, which would go on giving synchronous ones."""
    for operation in operations(scope):
        receiver = operation.receiver
        if not isinstance(receiver, Session) or receiver.evidence != "use" or not reaches_database(operation):
            continue
        if isinstance(operation.node.func, ast.Attribute):
            path = _path(operation.node.func.value)
            if path is not None and not _is_given(path, scope, colours):
                yield operation, ".".join(path)


def _path(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        base = _path(node.value)
        return [*base, node.attr] if base is not None else None
    return None


def _is_given(path: list[str], scope: Scope | None, colours: Colours) -> bool:
    """Whether a path begins with a parameter or what the project makes, through assignments and attributes."""
    while scope is not None:
        values = list(_values(scope, path[0]))
        is_parameter = isinstance(scope, Function) and path[0] in scope.parameters
        if is_parameter or values:
            held = scope.parameters[path[0]] if isinstance(scope, Function) and is_parameter else None
            if isinstance(held, Instance) and len(path) > 1:
                return not _stores_call(held.cls, path[1], colours)
            return all(value is not None and _is_known(value, scope, colours, path[0]) for value in values)
        scope = scope.parent
    return False


def _values(scope: Scope, name: str) -> Iterator[ast.expr | None]:
    """What a body assigns to a name; None where it binds it otherwise."""
    bound = [
        node
        for node in ast.walk(scope.node)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    above = parents(scope.module)
    for node in bound:
        statement = above[node]
        yield statement.value if isinstance(statement, ast.Assign | ast.AnnAssign | ast.NamedExpr) else None


def _is_known(value: ast.expr, scope: Scope, colours: Colours, name: str) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is None
    if isinstance(value, ast.IfExp):
        return all(_is_known(part, scope, colours, name) for part in (value.body, value.orelse))
    if isinstance(value, ast.BoolOp):
        return all(_is_known(part, scope, colours, name) for part in value.values)
    if isinstance(value, ast.Call):
        made = scope.record.database.get(value)
        return made is not None and isinstance(made.result, Session)
    path = _path(value)
    return path is not None and (path[0] == name or _is_given(path, scope, colours))


def _stores_call(cls: str, attribute: str, colours: Colours) -> bool:
    """Whether a method of a class assigns an attribute something other than a name."""
    for info in colours.project.mro(cls):
        for node in ast.walk(info.node):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == attribute:
                    value = node.value if isinstance(node, ast.Assign) else None
                    if any(isinstance(child, ast.Call) for child in ast.walk(value)) if value is not None else False:
                        return True
    return False
