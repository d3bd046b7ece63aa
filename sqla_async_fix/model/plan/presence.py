"""Whether a name may hold `None` where what it holds is loaded again. Nothing about what has to be loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import ClassRef
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import block_of, parents
from sqla_async_fix.model.plan.fresh import values_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Assert)


def may_be_none(function: Function, name: str, place: ast.stmt, project: Project, read: ast.expr | None = None) -> bool:
    """Whether a name may hold `None` before a statement; `read` is what the statement reads of it, if it does."""
    if read is not None and not _is_conditional(function.module, read):
        return False
    values = list(values_of(name, function))
    if values and name not in function.parameters and all(_is_made(value, function, project) for value in values):
        return False
    return not any(_settles(statement, name, function.module) for statement in _before(function, name, place)) and (
        not _is_within_test(function, name, place)
    )


def _is_made(value: ast.expr | None, function: Function, project: Project) -> bool:
    return isinstance(value, ast.Call) and isinstance(project.static(value.func, function), ClassRef)


def _is_conditional(module: Module, node: ast.AST) -> bool:
    """Whether an expression stands where its statement may leave it out, or evaluates it later."""
    above = parents(module)
    while not isinstance(node, ast.stmt):
        parent = above[node]
        left_out = (
            isinstance(parent, ast.Lambda)
            or (isinstance(parent, ast.IfExp) and node is not parent.test)
            or (isinstance(parent, ast.BoolOp) and node is not parent.values[0])
            or (isinstance(parent, ast.Compare) and node in parent.comparators[1:])
            or (isinstance(parent, ast.comprehension) and node is not parent.iter)
            or (isinstance(parent, _COMPREHENSIONS) and node is not parent.generators[0])
        )
        if left_out:
            return True
        node = parent
    return False


def _before(function: Function, name: str, place: ast.stmt) -> Iterator[ast.stmt]:
    """The statements that surely run before a place and after the name got its last value there."""
    module = function.module
    stores = (
        node.lineno
        for node in module.nodes.within(function.definition, ast.Name)
        if node.id == name and isinstance(node.ctx, ast.Store) and node.lineno < place.lineno
    )
    last = max(stores, default=0)
    around: ast.AST = place
    while isinstance(around, ast.stmt) and around is not function.definition:
        block = block_of(module, around)
        yield from (each for each in block[: block.index(around)] if each.lineno > last)
        around = parents(module)[around]


def _settles(statement: ast.stmt, name: str, module: Module) -> bool:
    """Whether code behind a statement only runs where the name holds an object."""
    if isinstance(statement, ast.If):
        leaves = isinstance(statement.body[-1], _LEAVING)
        return leaves and any(isinstance(node, ast.Name) and node.id == name for node in walk(statement.test))
    return isinstance(statement, _SIMPLE) and any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and not _is_conditional(module, node)
        for node in walk(statement)
    )


def _is_within_test(function: Function, name: str, place: ast.stmt) -> bool:
    """Whether a place stands in the body of an `if` that asks for the name."""
    above = parents(function.module)
    node: ast.AST = place
    while node is not function.definition:
        parent = above[node]
        if isinstance(parent, ast.If) and node in parent.body and _asks_for(parent.test, name):
            return True
        node = parent
    return False


def _asks_for(test: ast.expr, name: str) -> bool:
    """Whether a condition only holds where the name holds an object."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and any(_asks_for(value, name) for value in test.values)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot):
        test = test.left
    return isinstance(test, ast.Name) and test.id == name
