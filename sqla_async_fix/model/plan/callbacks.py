"""Functions of the project handed to functions of the project, decorators among them, which call and await them then.

What is handed to outside code is in `boundaries`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.lattice import functions_of
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.records import Reference
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

_LOOKING = frozenset(
    ["functools.wraps", "functools.update_wrapper", "builtins.callable", "inspect.iscoroutinefunction"]
)
"""What takes a function and neither calls nor keeps it."""


def is_followed(reference: Reference, scope: Scope, colours: Colours) -> bool:
    """Whether all calls of a function through this use of it as a value are known."""
    if reference.how in ("argument", "decorated"):
        if reference.receiver in _LOOKING:
            return True
        taker = colours.project.functions.get(reference.receiver)
        return taker is not None and _is_only_called(reference.function, reference.argument, taker)
    if reference.how == "returned":
        return isinstance(scope, Function) and scope in colours.decorators
    if reference.how == "assigned" and isinstance(scope, Function):
        statement = parents(scope.module).get(reference.node)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        return (
            bool(names)
            and len(names) == len(targets)
            and all(_is_only_called(reference.function, name, scope) for name in names)
        )
    return False


def _is_only_called(function: Function, name: str, owner: Function) -> bool:
    """Whether a body does nothing with a name that holds a function but call it, in calls that are known."""
    held = owner.parameters.get(name) or owner.names.get(name)
    if held is None or function.name not in {option.name for option in functions_of(held)}:
        return False
    above = parents(owner.module)
    scopes = list(_within(owner))
    for node in (child for statement in owner.definition.body for child in walk(statement)):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = above[node]
        if isinstance(parent, ast.Attribute):
            continue
        if not isinstance(parent, ast.Call):
            return False
        if parent.func is node:
            calls = (scope.record.calls.get(parent) for scope in scopes)
            if not any(call is not None and function in call.targets for call in calls):
                return False
        elif not any((node, function.name) in scope.record.references for scope in scopes):
            return False
    return True


def _within(owner: Function) -> Iterator[Function]:
    """A function and all those within it."""
    yield owner
    for inner in owner.nested.values():
        yield from _within(inner)
