"""Whether evaluating code does no more than read, so that nobody sees it done once more. Colours are elsewhere."""

from __future__ import annotations

import ast

from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope, times_bound
from sqla_async_fix.model.syntax import walk

_READING = frozenset(["get", "get_one", "scalar", "scalars", "execute"])
_BUILTINS = frozenset(
    """
    abs all any bool bytes dict divmod enumerate float frozenset getattr hasattr hash int isinstance issubclass len list
    max min range repr reversed round set sorted str sum tuple type zip
    """.split()
)
_CHANGING = frozenset(
    """
    add add_all append clear commit delete discard execute extend flush insert merge pop popleft refresh remove rollback
    send set setdefault sort update write writelines
    """.split()
)
"""Names of methods that change something, whoever they belong to."""
_DEMANDING = frozenset(["get_one", "one", "one_or_none", "scalar_one", "scalar_one_or_none"])
"""Methods of sessions and results that raise if there are not as many rows as they want."""

_CONSTRUCTS = frozenset(["and_", "exists", "func", "not_", "or_", "select", "text"])
_UNSEEN = (
    ast.Global,
    ast.Nonlocal,
    ast.Delete,
    ast.Raise,
    ast.Assert,
    ast.With,
    ast.AsyncWith,
    ast.Yield,
    ast.YieldFrom,
    ast.Import,
    ast.ImportFrom,
    ast.ClassDef,
)
"""What a function must not do to count as one that only reads."""


def only_reads(scope: Scope, node: ast.AST, seen: frozenset[Function] = frozenset()) -> bool:
    """Whether evaluating an expression of a body leaves everything as it is, what it calls included."""
    for child in walk(node):
        if isinstance(child, (ast.NamedExpr, ast.Await)) or _may_fail(scope, child):
            return False
        call = scope.record.calls.get(child)
        if call is not None:
            if not all(_is_reader(target, seen) for target in call.targets):
                return False
        elif isinstance(child, ast.Call) and not _reads(scope, child):
            return False
    return True


def _may_fail(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression may raise for one value and not for another: `rows[0]`, `a / b`, a member of what a call
    gave, which may be None."""
    if isinstance(node, (ast.Subscript, ast.BinOp)):
        return isinstance(node, ast.Subscript) or isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod))
    if not isinstance(node, ast.Attribute):
        return False
    if node.attr in _DEMANDING:
        return True
    base, called = node.value, False
    while isinstance(base, (ast.Attribute, ast.Call)):
        operation = scope.record.database.get(base)
        if operation is not None:
            return operation.method in ("get", "scalar")
        called = called or isinstance(base, ast.Call)
        base = base.func if isinstance(base, ast.Call) else base.value
    if not isinstance(base, ast.Name):
        return True
    if base.id in _CONSTRUCTS:
        return False
    return called or (isinstance(scope, Function) and times_bound(scope, base.id) > _given(scope, base.id))


def _given(function: Function, name: str) -> int:
    return int(any(argument.arg == name for argument in function.arguments()))


def _reads(scope: Scope, node: ast.Call) -> bool:
    operation = scope.record.database.get(node)
    if operation is not None:
        return _is_read(operation)
    if isinstance(node.func, ast.Name):
        return node.func.id in _BUILTINS or node.func.id in _CONSTRUCTS
    return isinstance(node.func, ast.Attribute) and node.func.attr not in _CHANGING


def _is_read(operation: DatabaseCall) -> bool:
    if operation.method not in _READING:
        return False
    if operation.method in ("get", "get_one"):
        return True
    statement: ast.expr | None = operation.node.args[0] if operation.node.args else None
    while isinstance(statement, (ast.Call, ast.Attribute)):
        if isinstance(statement, ast.Attribute) and statement.attr == "select":
            return True
        statement = statement.func if isinstance(statement, ast.Call) else statement.value
    return isinstance(statement, ast.Name) and statement.id == "select"


def _is_reader(function: Function, seen: frozenset[Function]) -> bool:
    if function in seen:
        return True
    body = function.definition.body
    if function.definition.decorator_list:
        return False
    for node in (child for statement in body for child in walk(statement)):
        if isinstance(node, _UNSEEN) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
            return False
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            return False
    return all(only_reads(function, statement, seen | {function}) for statement in body)
