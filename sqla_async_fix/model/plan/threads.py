"""Functions that a coroutine runs in a thread and waits for: `await run_in_threadpool(find, session, 1)`.

Once such a function waits for an asynchronous session, the coroutine awaits it itself. Functions that stay in their
thread with sessions of their own are in `islands`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step
from sqla_async_fix.model.kinds import Engine, Factory, Session
from sqla_async_fix.model.knowledge.sync_hosts import AWAITED
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk


def hosted(scope: Scope, given: ast.AST) -> ast.Call | None:
    """The awaited call that runs the function `given` in a thread; None for other uses of a function."""
    above = parents(scope.module)
    call = above.get(given)
    if not (isinstance(call, ast.Call) and isinstance(above.get(call), ast.Await)):
        return None
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    index = AWAITED.get(scope.record.externals.get(call, f"unknown.{method}"))
    return call if index is not None and call.args[index : index + 1] == [given] else None


def lambdas(scope: Scope) -> Iterator[ast.Lambda]:
    """The lambdas of a body that take nothing and run in a thread."""
    for call in (*scope.record.externals, *scope.record.unresolved):
        for given in call.args if isinstance(call, ast.Call) else ():
            if isinstance(given, ast.Lambda) and len(walk(given.args)) == 1 and hosted(scope, given) is not None:
                yield given


def opens_own(function: Function) -> bool:
    """Whether a function, or one that it calls, makes sessions or connections of its own."""
    seen, pending = {function}, [function]
    while pending:
        current = pending.pop()
        if any(map(_opens, operations(current))):
            return True
        for call in current.record.calls.values():
            pending += [target for target in call.targets if target not in seen]
            seen.update(call.targets)
    return False


def _opens(operation: DatabaseCall) -> bool:
    made = not operation.method and isinstance(operation.result, Session)
    return made or isinstance(operation.receiver, (Engine, Factory))


def awaited(scope: Scope, given: ast.expr, call: ast.Call) -> Iterator[Step]:
    """The steps to `find(session, 1)` from `run_in_threadpool(find, session, 1)`."""
    module = scope.module
    whole, span = module.span(call), module.span(given)
    rest = [*call.args[call.args.index(given) + 1 :], *call.keywords]
    if isinstance(given, ast.Lambda):
        body = module.span(given.body)
        plain = isinstance(given.body, (ast.Call, ast.Attribute, ast.Subscript))
        outer = module.span(parents(module)[call])
        yield Replace(Span(outer.start, body.start), () if plain else ("(",))
        yield Replace(Span(body.end, outer.end), () if plain else (")",))
        return
    yield Replace(Span(whole.start, span.start), ())
    between = Span(span.end, module.span(rest[0]).start if rest else whole.end)
    gap = module.text[between.start : between.end].partition(",")[2]
    yield Replace(between, ((f"({gap}" if "\n" in gap else "(") if rest else "()",))
