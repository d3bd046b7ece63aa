"""Relationships that are loaded again before they are read, because rows behind them came or went (SAF502).

Which reads may be out of date is in `stale`; what a commit has expired is in `freshness`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import Kind, Session
from sqla_async_fix.model.plan.blocks import parents, statement_of
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.freshness import loaded_again, reload
from sqla_async_fix.model.plan.operations import operations, reaches_database
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.presence import may_be_none
from sqla_async_fix.model.records import Load
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_SOMETIMES = (ast.IfExp, ast.BoolOp, ast.Lambda)
"""Expressions that may not evaluate what is in them, or do so later."""


def findings(colours: Colours) -> Iterator[Finding]:
    """Every such read in a function that becomes asynchronous, the first one of a statement."""
    for function in colours.reasons:
        module, seen = function.module, set()
        for load, session in _reloaded(function, colours):
            statement = statement_of(module, load.node)
            assert isinstance(load.node.value, ast.Name)
            key = (statement, load.node.value.id, load.name)
            if key not in seen:
                seen.add(key)
                name = load.node.value.id
                is_optional = may_be_none(function, name, statement, colours.project, load.node)
                step = reload(module, statement, module.source(session), name, [load.name], is_optional)
                span, group = module.span(load.node), name_of(colours.parts.leader(function))
                source = module.source(load.node)
                yield Finding("SAF502", module, span, source, "", (step,), group, follows=True)


def reloaded(function: Function, colours: Colours) -> frozenset[ast.AST]:
    """The reads of a function before which the plan loads the relationship again."""
    return frozenset(load.node for load, _ in _reloaded(function, colours))


def _reloaded(function: Function, colours: Colours) -> Iterator[tuple[Load, ast.expr]]:
    """Reads of an object that the function got from its session, which it has not read before."""
    if function.is_async:
        return
    again = loaded_again(function, colours)
    outdated = {node for node, _ in colours.staleness.reads(function)} - again
    loads = [load for load in function.record.loads.values() if load.is_relationship and not load.made]
    for load in loads:
        name = load.node.value
        if load.node not in outdated or not isinstance(name, ast.Name) or not _is_plain(function, load.node):
            continue
        session = _session(function, name)
        read_before = any(
            other is not load
            and other.name == load.name
            and isinstance(other.node.value, ast.Name)
            and other.node.value.id == name.id
            and other.node.lineno < load.node.lineno
            for other in loads
        )
        if session is not None and not read_before:
            yield load, session


def _session(function: Function, name: ast.Name) -> ast.expr | None:
    """The path of the session from which the function got the object, where nothing else gives the name a value."""
    above = parents(function.module)
    stores = [
        above[node]
        for node in function.module.nodes.within(function.definition, ast.Name)
        if node.id == name.id and isinstance(node.ctx, ast.Store)
    ]
    if name.id in function.parameters or len(stores) != 1 or not isinstance(stores[0], ast.Assign):
        return None
    within = set(walk(stores[0].value))
    sessions: dict[ast.expr, Kind | None] = {
        call.node: call.receiver for call in operations(function) if reaches_database(call) and not call.outside
    }
    sessions |= {use.node: use.session for use in function.record.queries.values() if use.made}
    for node, session in sessions.items():
        path = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        of_session = isinstance(session, Session) and not session.is_async
        if node in within and of_session and isinstance(path, (ast.Name, ast.Attribute)):
            return path
    return None


def _is_plain(function: Function, node: ast.expr) -> bool:
    """Whether a statement can stand before the one of a read, which surely reads and changes nothing itself."""
    module, above = function.module, parents(function.module)
    statement = statement_of(module, node)
    outer: ast.AST = node
    while outer is not statement:
        if isinstance(outer, _SOMETIMES):
            return False
        outer = above[outer]
    is_header = isinstance(statement, (ast.If, ast.For))
    if isinstance(statement, ast.If) and module.text[module.span(statement).start :].startswith("elif"):
        return False
    return is_header or isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr))
