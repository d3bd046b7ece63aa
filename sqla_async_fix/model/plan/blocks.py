"""Where a node stands in its file: parents, statement lists, the main guard. Nothing about databases."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.symbols import ClassInfo, Scope
from sqla_async_fix.model.syntax import Parents, walk


def parents(module: Module) -> Parents:
    """The parent of every node of a file."""
    return module.parents


def statement_of(module: Module, node: ast.AST) -> ast.stmt:
    """The innermost statement that a node is part of."""
    above = parents(module)
    while not isinstance(node, ast.stmt):
        node = above[node]
    return node


def block_of(module: Module, statement: ast.stmt) -> Sequence[ast.stmt]:
    """The list of statements that a statement stands in."""
    parent = parents(module)[statement]
    for field in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and statement in block:
            return block
    raise ValueError("the statement stands in no block")


def names_in(module: Module) -> frozenset[str]:
    """The names that a file mentions by themselves, and those of its functions."""
    nodes = list(walk(module.tree))
    mentioned = (node.id for node in nodes if isinstance(node, ast.Name))
    return frozenset((*mentioned, *(n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))))


def free_name(taken: Collection[str], *wanted: str) -> str:
    """The first of some names that is not taken; where all are, the first with as many underscores as it needs."""
    for name in wanted:
        if name not in taken:
            return name
    name = wanted[0]
    while name in taken:
        name += "_"
    return name


def is_main_guard(node: ast.AST) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
        and isinstance(node.test.comparators[0], ast.Constant)
        and node.test.comparators[0].value == "__main__"
    )


def root_call(module: Module, node: ast.AST) -> bool:
    """Whether a node stands below the main guard, outside of any function."""
    above = parents(module)
    while node in above:
        node = above[node]
        if is_main_guard(node):
            return True
    return False


def attribute_stores(scope: Scope) -> Sequence[tuple[ast.Attribute, ast.expr]]:
    """What a body assigns to attributes, with the first target of each assignment."""
    if scope.attribute_stores is None:
        scope.attribute_stores = tuple(
            (node.targets[0], node.value)
            for node in statements(scope.node.body)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)
        )
    return scope.attribute_stores


def mapper_arguments(info: ClassInfo) -> ast.Assign | None:
    """The statement that sets the arguments of a class's mapper."""
    for statement in info.node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Name) and target.id == "__mapper_args__":
            return statement
    return None
