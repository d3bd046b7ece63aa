"""Functions of the project handed to functions of the project, decorators among them, which call and await them then.

What is handed to outside code is in `boundaries`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqla_async_fix.model.lattice import functions_of
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.records import Reference
from sqla_async_fix.model.symbols import Function, Scope, decorator_name
from sqla_async_fix.model.syntax import Parents, walk

_PLAIN = ("staticmethod", "classmethod")
_LOOKING = frozenset(
    [
        "functools.wraps",
        "functools.update_wrapper",
        "functools.partial",
        "builtins.callable",
        "inspect.iscoroutinefunction",
    ]
)
"""What takes a function and neither calls nor keeps it; what `partial` gives is followed by itself."""


def is_followed(reference: Reference, scope: Scope, colours: Colours) -> bool:
    """Whether all calls of a function through this use of it as a value are known."""
    if reference.how in ("argument", "decorated"):
        if reference.receiver in _LOOKING:
            return True
        taker = colours.project.functions.get(reference.receiver)
        return taker is not None and _is_only_called(reference.function, reference.argument, taker)
    if reference.how == "container":
        return _is_looked_up(reference, scope, colours)
    if reference.how == "returned":
        return isinstance(scope, Function) and (
            scope in colours.decorators or _is_made_for_callers(reference, scope, colours)
        )
    if reference.how == "assigned" and isinstance(scope, Function):
        statement = parents(scope.module).get(reference.node)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, (ast.For, ast.comprehension)):
            targets = [statement.target]
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
    if held is not None and function.name not in {option.name for option in functions_of(held)}:
        return False
    above = parents(owner.module)
    scopes = list(_within(owner))
    for node in (child for statement in owner.definition.body for child in walk(statement)):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = above[node]
        if isinstance(parent, ast.Attribute) or _is_tested(node, above):
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


def _is_made_for_callers(reference: Reference, factory: Function, colours: Colours) -> bool:
    """Whether a function is returned by the one around it, all whose calls are known, or by a fixture: what is done
    with it is seen where it comes to."""
    returned = isinstance(parents(factory.module).get(reference.node), ast.Return)
    if not returned or reference.function.parent is not factory:
        return False
    if factory.fixture_name:
        return not any(module.mentions("getfixturevalue") for module in colours.project.live_modules())
    if not all(decorator_name(node) in _PLAIN for node in factory.definition.decorator_list):
        return False
    if factory.short_name.startswith("__") or factory in colours.used_as_values or not colours.callers(factory):
        return False
    name, owner = factory.short_name, factory.cls
    return owner is None or not any(
        method == name and scope.module.mentions(owner.node.name)
        for scope in colours.scopes()
        for method in scope.record.unresolved.values()
    )


def _is_tested(node: ast.AST, above: Parents) -> bool:
    """Whether a value only decides a condition."""
    while True:
        parent = above[node]
        if isinstance(parent, ast.Compare):
            return all(isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for operator in parent.ops)
        if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            return parent.test is node
        if isinstance(parent, ast.UnaryOp) and not isinstance(parent.op, ast.Not):
            return False
        if not isinstance(parent, (ast.BoolOp, ast.UnaryOp)):
            return False
        node = parent


def _is_looked_up(reference: Reference, scope: Scope, colours: Colours) -> bool:
    """Whether a dictionary or list that holds a function serves for nothing but calling what it holds."""
    above = parents(scope.module)
    table = above[reference.node]
    if not isinstance(table, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
        return False
    holder = _name_of(table, above)
    if holder is None:
        return _is_entry_called(table, reference.function, [scope], above)
    scopes: list[Scope] = []
    if isinstance(scope, Function):
        scopes += _within(scope)
    elif any(module.mentions(holder.id) for module in colours.project.live_modules() if module is not scope.module):
        return False
    else:
        scopes += (each for each in colours.scopes() if each.module is scope.module)
    uses = (node for node in scope.module.nodes.within(scope.node, ast.Name) if node.id == holder.id)
    return all(node is holder or _is_entry_called(node, reference.function, scopes, above) for node in uses)


def _name_of(table: ast.expr, above: Parents) -> ast.Name | None:
    """The name that an assignment gives a dictionary or list, if that is all it does."""
    statement = above[table]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return targets[0] if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def _is_entry_called(table: ast.expr, function: Function, scopes: Sequence[Scope], above: Parents) -> bool:
    """Whether a mention of a dictionary or list takes entries from it, which are only called; or looks for a key."""
    parent = above[table]
    if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is table:
        return _is_each_called(parent.target, function, scopes)
    if isinstance(parent, ast.Compare):
        return parent.left is not table and all(isinstance(op, (ast.In, ast.NotIn)) for op in parent.ops)
    if isinstance(parent, ast.Subscript) and parent.value is table and isinstance(parent.ctx, ast.Load):
        entry: ast.AST = parent
    elif isinstance(parent, ast.Attribute) and parent.attr == "get" and isinstance(above[parent], ast.Call):
        entry = above[parent]
    else:
        return False
    taker = above[entry]
    if isinstance(taker, ast.Call) and taker.func is entry:
        calls = (scope.record.calls.get(taker) for scope in scopes)
        return any(call is not None and function in call.targets for call in calls)
    target: ast.expr | None = None
    if isinstance(taker, ast.NamedExpr) and _is_tested(taker, above):
        target = taker.target
    elif isinstance(taker, ast.Assign) and len(taker.targets) == 1:
        target = taker.targets[0]
    return target is not None and _is_each_called(target, function, scopes)


def _is_each_called(target: ast.expr, function: Function, scopes: Sequence[Scope]) -> bool:
    """Whether all that a body does with a target that may get a function is to call it."""
    owner = next((scope for scope in scopes if isinstance(scope, Function) and target in walk(scope.definition)), None)
    return isinstance(target, ast.Name) and owner is not None and _is_only_called(function, target.id, owner)
