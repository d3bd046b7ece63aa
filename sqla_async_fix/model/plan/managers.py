"""Classes with `__enter__` and `__exit__` that wait, and the `with` statements over their objects.

Context managers that are generator functions are in `waits`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import External, ExternalInstance
from sqla_async_fix.model.knowledge.asyncio_api import MANAGER_TWINS
from sqla_async_fix.model.lattice import is_vague
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope
from sqla_async_fix.model.syntax import walk


def refusal(function: Function, colours: Colours) -> str | None:
    """Why `__enter__` or `__exit__` cannot become its asynchronous twin; None if it can."""
    assert function.cls is not None
    cls, project = function.cls, colours.project
    for name, twin in MANAGER_TWINS.items():
        if project.method(cls.name, name) is None:
            return f"`{cls.node.name}` has `{function.short_name}` without `{name}`; write both"
        if project.method(cls.name, twin) is not None:
            return f"`{cls.node.name}` has `{name}` and `{twin}`; write the one that is wanted"
    for base in project.external_bases(cls.name):
        if isinstance(base, (External, ExternalInstance)) and base.name.startswith(
            ("builtins.object", "abc.", "typing.")
        ):
            continue
        return f"`{cls.node.name}` has a base class that enters it without `async with`; write the asynchronous one"
    return None


def missed_entries(scope: Scope, colours: Colours) -> Iterator[tuple[Function, ast.expr, str]]:
    """`with` statements over what is not known, which by its use may be an object of a class that waits."""
    waiting = colours.methods_named("__enter__")
    for entered in scope.record.entered.values() if waiting else ():
        if not (isinstance(entered.statement, ast.With) and is_vague(entered.kind)):
            continue
        if entered.node in scope.record.externals:
            continue
        paths = {ast.unparse(entered.node)}
        for item in entered.statement.items:
            if item.context_expr is entered.node and item.optional_vars is not None:
                paths.add(ast.unparse(item.optional_vars))
        used = {
            node.attr
            for node in walk(scope.node)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in paths
        }
        for method in waiting:
            assert method.cls is not None
            if used & _members(method.cls):
                label = scope.module.source(entered.node)
                reason = (
                    f"`{label}` may be a `{method.cls.node.name}`, which is entered by `async with` then; annotate it"
                )
                yield method, entered.node, reason


def _members(info: ClassInfo) -> set[str]:
    own = {
        node.attr
        for node in walk(info.node)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
    return own | set(info.methods)
