"""What has no asynchronous form and is carried over as it is by `run_sync`: methods, and legacy queries.

Whether queries are is the user's setting.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import RenameMethod, Replace, Step, Symbol
from sqla_async_fix.model.kinds import Factory
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.blocks import free_name, parents
from sqla_async_fix.model.queries import QueryGroup
from sqla_async_fix.model.records import DatabaseCall, Place
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk


def by_run_sync(module: Module, call: DatabaseCall) -> Iterator[Step]:
    """`db.bulk_save_objects(users)` becomes `db.run_sync(Session.bulk_save_objects, users)` and `paginate(db, users)`
    becomes `db.run_sync(paginate, users)`, still to be awaited."""
    span, func = module.span(call.node), module.span(call.node.func)
    if call.outside:
        given = call.node.args[0]
        yield Replace(func, (f"{module.source(given)}.run_sync",))
        yield Replace(module.span(given), (module.source(call.node.func),))
        return
    opening = module.text.index("(", func.end) + 1
    arguments = module.text[opening:]
    gap = arguments[: len(arguments) - len(arguments.lstrip())]
    before, after = (gap, ",") if "\n" in gap else ("", ", ")
    method = (
        before,
        Symbol("sqlalchemy.orm", "Session"),
        f".{call.method}",
        after if call.node.args or call.node.keywords else "",
    )
    yield RenameMethod(span, "run_sync")
    yield Replace(Span(opening, opening), method)
    if isinstance(call.receiver, Factory) and isinstance(call.node.func, ast.Attribute):
        current = module.span(call.node.func.value).end
        yield Replace(Span(current, current), ("()",))


@dataclass(frozen=True, slots=True)
class Bridge:
    """A whole query chain in one expression: `node` is its end, `session` the expression that it begins with."""

    scope: Scope
    node: ast.expr
    session: ast.expr

    def steps(self) -> tuple[Step, ...]:
        """`db.query(X).all()` becomes `await db.run_sync(lambda session: session.query(X).all())`."""
        module = self.scope.module
        whole, session = module.span(self.node), module.span(self.session)
        text = module.source(self.session)
        used = {child.id for child in walk(self.node) if isinstance(child, ast.Name)}
        name = free_name(used, "session", "sync_session")
        plain = isinstance(parents(module)[self.node], (ast.Expr, ast.Assign, ast.Return, ast.AnnAssign))
        before, after = ("", ")") if plain else ("(", "))")
        return (
            Replace(session, (f"{before}await {text}.run_sync(lambda {name}: {name}",)),
            Replace(Span(whole.end, whole.end), (after,)),
        )


def bridge_of(group: QueryGroup) -> Bridge | None:
    """The bridge for a refused group that is one expression in a function; None where there is none."""
    made = [placed for placed in group.uses if placed.use.made]
    ends = [placed for placed in group.uses if placed.use.effect]
    if group.refusal is None or len(made) != 1 or len(ends) != 1:
        return None
    scope, end = ends[0].scope, ends[0].use.node
    span = scope.module.span
    together = all(placed.scope is scope and span(end).contains(span(placed.use.node)) for placed in group.uses)
    start = made[0].use.node
    if not together or ends[0].use.place is not Place.BODY or not isinstance(scope, Function):
        return None
    if not isinstance(start, ast.Call) or not isinstance(start.func, ast.Attribute):
        return None
    session = start.func.value
    if span(session).start != span(end).start or not isinstance(session, (ast.Name, ast.Attribute)):
        return None
    if any(isinstance(child, (ast.Await, ast.NamedExpr, ast.Yield)) for child in walk(end)):
        return None
    others = [call for call in scope.record.database if span(end).contains(span(call))]
    return None if others else Bridge(scope, end, session)
