"""The statements of a body and the names that they bind. What the names mean is in `project`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqla_async_fix.model.symbols import FunctionNode
from sqla_async_fix.model.syntax import children, walk

_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body with those of its `if`, `try`, `with`, ... blocks, not those of functions and
    classes."""
    for node in body:
        yield node
        if not isinstance(node, _COMPOUND):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from statements(getattr(node, field, ()))
        for handler in getattr(node, "handlers", ()):
            yield from statements(handler.body)
        for case in getattr(node, "cases", ()):
            yield from statements(case.body)


def bindings(body: Sequence[ast.stmt]) -> dict[str, list[ast.AST]]:
    """The statements that bind each name of a body."""
    found: dict[str, list[ast.AST]] = {}
    for node in statements(body):
        for name in _bound_names(node):
            found.setdefault(name, []).append(node)
    return found


def _bound_names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.With, ast.AsyncFor, ast.AsyncWith)):
        for child in _targets(node):
            yield from (n.id for n in walk(child) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.NamedExpr):
        yield node.value.target.id


def _targets(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        yield from node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        yield node.target
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield from (item.optional_vars for item in node.items if item.optional_vars is not None)


def is_generator(node: FunctionNode) -> bool:
    """Whether a function's own body yields."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        child = pending.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending.extend(children(child))
    return False
