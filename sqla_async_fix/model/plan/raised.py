"""Functions that are handed to a check that they raise an error: `self.assertRaises(error, function, 1)`.

Who else is handed functions is in `callbacks`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step
from sqla_async_fix.model.knowledge.test_frameworks import RAISING
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.operations import is_sync
from sqla_async_fix.model.records import Escape, Place, ProjectCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk


def raising(scope: Scope, given: ast.AST) -> ast.Call | None:
    """The statement `self.assertRaises(error, given, ...)`, which a `with` can take the place of; None for other
    uses."""
    above = parents(scope.module)
    call = above.get(given)
    if not (isinstance(call, ast.Call) and isinstance(above[call], ast.Expr) and call.args[1:2] == [given]):
        return None
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    rest = [*call.args[2:], *call.keywords]
    busy = any(node in scope.record.calls or node in scope.record.database for each in rest for node in walk(each))
    return call if called in RAISING and not busy else None


def called(scope: Scope, given: ast.expr, call: ast.Call) -> Iterator[Step]:
    """The steps to `with self.assertRaises(error): await function(1)` from `self.assertRaises(error, function, 1)`."""
    module = scope.module
    whole, span = module.span(call), module.span(given)
    rest = [*call.args[2:], *call.keywords]
    indent = module.newline + module.before(whole.start)
    unit = "\t" if indent.endswith("\t") else "    "
    head = f"with {module.source(call.func)}({module.source(call.args[0])}):{indent}{unit}await "
    yield Replace(Span(whole.start, span.start), (head,))
    first, last = (module.span(rest[0]).start, module.span(rest[-1]).end) if rest else (whole.end, whole.end)
    yield Replace(Span(span.end, first), ("(" if rest else "()",))
    if rest:
        yield Replace(Span(last, whole.end), (")",))


def lent(scope: Scope) -> Iterator[tuple[ast.Attribute, Escape]]:
    """The members of synchronous objects that a body uses as values, with the object that each is of."""
    for escape in scope.record.escapes.values():
        member = parents(scope.module).get(escape.node)
        if isinstance(member, ast.Attribute) and is_sync(escape.kind):
            yield member, escape


def calls(scope: Scope) -> Iterator[tuple[Function, ProjectCall]]:
    """The functions of the project that a body hands to such checks."""
    for reference in scope.record.references.values():
        if reference.how == "argument" and (call := raising(scope, reference.node)) is not None:
            yield reference.function, ProjectCall(call, (reference.function,), False, Place.BODY)
