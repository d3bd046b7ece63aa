"""Bulk statements that leave the objects of their session as they were, until a commit makes them stale.

Asynchronous sessions keep the values of objects after a commit, so that these statements have to see to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import DropArgument, DropCall, Step
from sqla_async_fix.model.kinds import Session
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Scope
from sqla_async_fix.model.syntax import walk

_OPTION = "synchronize_session"


def synchronising(scope: Scope, operation: DatabaseCall, colours: Colours) -> Iterator[Step]:
    """The steps by which an executed statement takes objects along: it goes without `synchronize_session=False`.

    Not where nothing commits, where what it sets would be expired, for only the database can evaluate it, nor where
    objects are read before they are stale.
    """
    module = scope.module
    if not isinstance(operation.receiver, Session) or not module.mentions(_OPTION) or not colours.commits:
        return
    if _computes(operation.node) or _is_read_before_commit(scope, operation):
        return
    for node in walk(operation.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "execution_options":
            for keyword in node.keywords:
                if keyword.arg == _OPTION and _is_false(keyword.value):
                    alone = len(node.keywords) == 1 and not node.args
                    yield DropCall(module.span(node)) if alone else DropArgument(module.span(keyword.value))


def _computes(node: ast.Call) -> bool:
    """Whether a statement sets what a call gives, such as a function of the database."""
    calls = (each for each in walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute))
    set_by = (each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == "values")
    given = (value for each in set_by for value in (*each.args, *(keyword.value for keyword in each.keywords)))
    return any(isinstance(inner, ast.Call) for value in given for inner in walk(value))


def _is_read_before_commit(scope: Scope, operation: DatabaseCall) -> bool:
    """Whether a body reads columns of objects after a statement and before the next commit."""
    span, start = scope.module.span, scope.module.span(operation.node).end
    commits = (span(call.node).start for call in operations(scope) if call.method == "commit")
    end = min((place for place in commits if place > start), default=len(scope.module.text))
    return any(start <= span(load.node).start < end for load in scope.record.loads.values())


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
