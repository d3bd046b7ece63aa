"""Functions and methods of sessions that are handed to who calls them at once, where they come to be awaited (SAF304).

What is handed to functions of the project is in `callbacks`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.steps import RenameMethod, Step
from sqla_async_fix.model.knowledge.test_frameworks import CLEANUP_TWINS
from sqla_async_fix.model.plan import raised, test_hooks, threads
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations, reaches_database
from sqla_async_fix.model.plan.parts import Node, name_of
from sqla_async_fix.model.symbols import Scope
from sqla_async_fix.model.syntax import walk


def is_awaited(scope: Scope, given: ast.AST, colours: Colours) -> bool:
    """Whether something that has to be awaited is handed to who can await it, or what takes it can be left out."""
    found = test_hooks.cleanup(scope, given, colours) or raised.raising(scope, given) or threads.hosted(scope, given)
    return found is not None


def findings(colours: Colours) -> Iterator[Finding]:
    """Every function, method and lambda that is handed on so."""
    for scope in colours.scopes():
        if colours.is_island(scope):
            continue
        for node, group, name in _handed(scope, colours):
            steps = tuple(_steps(scope, node, colours))
            if steps:
                span, part = scope.module.span(node), name_of(colours.parts.leader(group))
                yield Finding("SAF304", scope.module, span, name, "", steps, part, follows=True)


def _handed(scope: Scope, colours: Colours) -> Iterator[tuple[ast.expr, Node, str]]:
    """What a body hands on, with a node of its part and its name."""
    for member, _ in raised.lent(scope):
        yield member, colours.node_of(scope), member.attr
    for reference in scope.record.references.values():
        if colours.is_awaited(reference.function):
            yield reference.node, reference.function, reference.function.short_name
    for given in threads.lambdas(scope):
        if any(node in _awaited(scope, colours) for node in walk(given.body)):
            yield given, colours.node_of(scope), "lambda"


def _awaited(scope: Scope, colours: Colours) -> set[ast.AST]:
    calls = {call.node for call in scope.record.calls.values() if any(map(colours.is_awaited, call.targets))}
    return calls | {operation.node for operation in operations(scope) if reaches_database(operation)}


def _steps(scope: Scope, node: ast.expr, colours: Colours) -> Iterator[Step]:
    if (call := test_hooks.cleanup(scope, node, colours)) is not None:
        assert isinstance(call.func, ast.Attribute)
        yield RenameMethod(scope.module.span(call), CLEANUP_TWINS[call.func.attr])
    elif (call := raised.raising(scope, node)) is not None:
        yield from raised.called(scope, node, call)
    elif (call := threads.hosted(scope, node)) is not None:
        yield from threads.awaited(scope, node, call)
