"""Bulk statements that leave the objects of their session as they were, until a commit makes them stale.

Asynchronous sessions keep the values of objects after a commit, so that these statements have to see to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import DropArgument, DropCall, Step
from sqla_async_fix.model.kinds import Session
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.syntax import walk

_OPTION = "synchronize_session"


def synchronising(module: Module, operation: DatabaseCall) -> Iterator[Step]:
    """The steps by which an executed statement takes objects along: it goes without `synchronize_session=False`."""
    if not isinstance(operation.receiver, Session) or not module.mentions(_OPTION):
        return
    for node in walk(operation.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "execution_options":
            for keyword in node.keywords:
                if keyword.arg == _OPTION and _is_false(keyword.value):
                    alone = len(node.keywords) == 1 and not node.args
                    yield DropCall(module.span(node)) if alone else DropArgument(module.span(keyword.value))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
