"""New objects that a route returns and whose relationships its response model reads: they are loaded before (SAF502).

What functions themselves read of new objects is in `fresh` and `freshness`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import Instance, Kind, Session
from sqla_async_fix.model.plan import fresh, freshness, loading
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.plan.presence import may_be_none
from sqla_async_fix.model.symbols import Function


@dataclass(frozen=True, slots=True)
class _New:
    """An object made at `made` in `maker`, under a `name`, that `statement` returns."""

    maker: Function
    name: str
    made: ast.expr
    statement: ast.Return


def findings(colours: Colours) -> Iterator[Finding]:
    """Every new object that some route returns without what its response needs."""
    needed: dict[_New, set[str]] = {}
    for route in colours.reasons:
        if _gives_new(route) and (read := loading.responses(route, colours.project)):
            assert isinstance(route.returns, Instance)
            names = {name for model, name in read if model == route.returns.cls}
            for new in _made(route, frozenset()) if names else ():
                needed.setdefault(new, set()).update(names)
    for new, names in needed.items():
        missing = sorted(name for name in names if not fresh.is_filled(new.name, name, new.made, None, new.maker))
        if missing:
            yield _loaded(new, missing, colours)


def outdated(colours: Colours) -> Iterator[Finding]:
    """Every object that some route returns after rows behind what its response reads came or went."""
    found: dict[tuple[Function, ast.Return, str], set[str]] = {}
    for route in colours.reasons:
        kind = route.returns
        read = loading.responses(route, colours.project) if isinstance(kind, Instance) else ()
        relations = {(model, name) for model, name in read if isinstance(kind, Instance) and model == kind.cls}
        for function, statement, held in _returned(route, frozenset()) if relations else ():
            for model, name in relations:
                if function in colours.reasons and colours.staleness.is_outdated(function, held, model, name):
                    found.setdefault((function, statement, held.id), set()).add(name)
    for (function, statement, name), missing in found.items():
        yield _again(function, statement, name, sorted(missing), colours)


def _returned(function: Function, seen: frozenset[Function]) -> Iterator[tuple[Function, ast.Return, ast.Name]]:
    """Where what a function gives back is returned under a name, in it or in what it calls."""
    for statement in statements(function.definition.body) if function not in seen else ():
        value = statement.value if isinstance(statement, ast.Return) else None
        values = fresh.values_of(value.id, function) if isinstance(value, ast.Name) else [value]
        if isinstance(statement, ast.Return) and isinstance(value, ast.Name):
            yield function, statement, value
        for each in values:
            known = function.record.calls.get(each) if isinstance(each, ast.Call) else None
            for target in known.targets if known is not None else ():
                yield from _returned(target, seen | {function})


def _again(function: Function, statement: ast.Return, name: str, missing: Sequence[str], colours: Colours) -> Finding:
    """The relationships are loaded again before the object is returned."""
    module, group = function.module, name_of(colours.parts.leader(function))
    subject, span = f"{name}.{missing[0]}", module.span(statement)
    sessions = [
        call.node.func.value
        for call in operations(function)
        if isinstance(call.receiver, Session) and isinstance(call.node.func, ast.Attribute) and not call.outside
    ]
    paths = [path for path in sessions if isinstance(path, (ast.Name, ast.Attribute))]
    if not paths:
        reason = f"`{subject}` is read by a response after rows behind it came or went; refresh the object before"
        return Finding("SAF502", module, span, subject, "", (), group, reason)
    is_optional = may_be_none(function, name, statement, colours.project)
    step = freshness.reload(module, statement, module.source(paths[-1]), name, missing, is_optional)
    return Finding("SAF502", module, span, subject, "", (step,), group, follows=True)


def _gives_new(function: Function) -> bool:
    return _is_new(function.returns)


def _is_new(kind: Kind | None) -> bool:
    return isinstance(kind, Instance) and kind.made


def _made(function: Function, seen: frozenset[Function]) -> Iterator[_New]:
    """Where the new objects that a function returns are made."""
    if function in seen or not _gives_new(function):
        return
    seen |= {function}
    for statement in statements(function.definition.body):
        value = statement.value if isinstance(statement, ast.Return) else None
        if isinstance(value, ast.Call):
            yield from _made_by(value, function, seen)
        elif isinstance(value, ast.Name) and isinstance(statement, ast.Return):
            for called in fresh.values_of(value.id, function):
                if isinstance(called, ast.Call) and called in function.record.calls:
                    yield from _made_by(called, function, seen)
                elif isinstance(called, ast.Call) and _is_new(function.names.get(value.id)):
                    yield _New(function, value.id, called, statement)


def _made_by(call: ast.Call, function: Function, seen: frozenset[Function]) -> Iterator[_New]:
    known = function.record.calls.get(call)
    for target in known.targets if known is not None else ():
        yield from _made(target, seen)


def _loaded(new: _New, missing: list[str], colours: Colours) -> Finding:
    """The relationships are loaded before the object is returned."""
    module = new.maker.module
    group = name_of(colours.parts.leader(new.maker))
    span = module.span(new.statement)
    subject = f"{new.name}.{missing[0]}"
    stored = freshness.stored_before(new.maker, new.statement)
    if stored is None:
        reason = f"`{subject}` of a new object is not loaded when a response reads it; refresh the object before"
        return Finding("SAF502", module, span, subject, "commit", (), group, reason)
    is_optional = may_be_none(new.maker, new.name, new.statement, colours.project)
    step = freshness.reload(module, new.statement, stored.session, new.name, missing, is_optional)
    return Finding("SAF502", module, span, subject, stored.method, (step,), group, follows=True)
