"""Where a session known by its use alone comes from. Sessions that the project makes are known by their origin."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from sqla_async_fix.model.kinds import External, Factory, Instance, Kind, Session
from sqla_async_fix.model.plan.blocks import attribute_stores
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations, origins, reaches_database
from sqla_async_fix.model.records import DatabaseCall
from sqla_async_fix.model.symbols import ClassInfo, Function, Scope
from sqla_async_fix.model.syntax import walk


class Provenance:
    """What bodies assign to names, and classes to attributes; read once each."""

    def __init__(self, colours: Colours) -> None:
        self._colours = colours
        self._project = colours.project
        self._bound: dict[Scope, dict[str, list[ast.expr | None]]] = {}
        self._assigned: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def strangers(self, scope: Scope) -> Iterator[tuple[ast.expr, str]]:
        """Operations on sessions from a call that is not known, which would go on giving synchronous ones."""
        used: list[tuple[ast.expr, Kind]] = [
            (call.node, call.receiver) for call in operations(scope) if reaches_database(call)
        ]
        uses = (use for use in scope.record.queries.values() if use.made)
        used += [(use.node, use.session) for use in uses if use.session is not None]
        for node, session in used:
            by_use = isinstance(session, Session) and not session.is_async and session.evidence == "use"
            if by_use and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                path = _path(node.func.value)
                if path is not None and not self._is_given(path, scope):
                    yield node, ".".join(path)

    def unknown_binds(self, scope: Scope) -> Iterator[tuple[str, ast.expr, str]]:
        """The sites of sessions and factories that are made with something that is not known, and with what."""
        for operation in operations(scope):
            bind = _bind(operation)
            path = _path(bind) if bind is not None else None
            if bind is not None and (path is None or not self._is_given(path, scope)):
                for site in origins(operation.result):
                    yield site, bind, scope.module.source(bind)

    def _is_given(self, path: list[str], scope: Scope | None) -> bool:
        """Whether a path begins with a parameter or what the project makes, through assignments and attributes."""
        while scope is not None:
            values = self._values(scope, path[0])
            is_parameter = isinstance(scope, Function) and path[0] in scope.parameters
            if is_parameter and isinstance(scope, Function) and not self._comes_along(scope, path[0]):
                return False
            if is_parameter or values:
                held = scope.parameters[path[0]] if isinstance(scope, Function) and is_parameter else None
                if isinstance(held, Instance) and len(path) > 1:
                    return self._is_given_to(held.cls, path[1])
                return all(value is not None and self._is_known(value, scope, path[0]) for value in values)
            scope = scope.parent
        return False

    def _comes_along(self, function: Function, name: str) -> bool:
        """Whether what a parameter gets changes its colour with the function, unless pytest gives it something else."""
        if not self._colours.pytest_gives(function, name):
            return True
        fixture = self._project.fixture(function, name)
        return fixture is not None and (fixture in self._colours.reasons or self._colours.provides(fixture))

    def _is_known(self, value: ast.expr, scope: Scope, name: str) -> bool:
        if isinstance(value, ast.Constant):
            return value.value is None
        if isinstance(value, ast.IfExp):
            return all(self._is_known(part, scope, name) for part in (value.body, value.orelse))
        if isinstance(value, ast.BoolOp):
            return all(self._is_known(part, scope, name) for part in value.values)
        if isinstance(value, ast.Call):
            made = scope.record.database.get(value)
            return made is not None and isinstance(made.result, Session)
        path = _path(value)
        return path is not None and (path[0] == name or self._is_given(path, scope))

    def _values(self, scope: Scope, name: str) -> list[ast.expr | None]:
        """What a body assigns to a name; None where it binds it otherwise."""
        bound = self._bound.get(scope)
        if bound is None:
            bound = self._bound[scope] = _bound(scope)
        return bound.get(name, [])

    def _is_given_to(self, cls: str, name: str) -> bool:
        """Whether the project itself puts into an attribute what it was given, and nothing else does."""
        given = False
        for info in self._project.hierarchy(cls):
            made = name in info.methods or name in self._stores(info)[1]
            if made:
                return False
            given = given or name in info.annotations or name in self._stores(info)[0]
        return given or name in self._stored

    def _stores(self, info: ClassInfo) -> tuple[frozenset[str], frozenset[str]]:
        """The attributes to which a class body and its methods assign something: without, and with a call in it."""
        stored = self._assigned.get(info.name)
        if stored is None:
            plain: set[str] = set()
            called: set[str] = set()
            for node in walk(info.node):
                if isinstance(node, ast.Assign):
                    has_call = any(isinstance(child, ast.Call) for child in walk(node.value))
                    names = {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
                    if node in info.node.body and has_call:
                        names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
                    (called if has_call else plain).update(names)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                    has_call = node.value is not None and any(isinstance(child, ast.Call) for child in walk(node.value))
                    (called if has_call else plain).add(node.target.attr)
            stored = self._assigned[info.name] = frozenset(plain), frozenset(called)
        return stored

    @cached_property
    def _stored(self) -> frozenset[str]:
        """The attributes that any body of the project stores a name in."""
        return frozenset(
            target.attr
            for scope in self._colours.scopes()
            for target, value in attribute_stores(scope)
            if isinstance(value, (ast.Name, ast.Attribute))
        )


def _bind(operation: DatabaseCall) -> ast.expr | None:
    """The engine or connection that a session or factory is made with, if nothing is known of it."""
    if operation.method or not isinstance(operation.receiver, External) or operation.given:
        return None
    if not isinstance(operation.result, (Session, Factory)) or getattr(operation.result, "scoped", False):
        return None
    call = operation.node
    bind = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "bind"), None)
    return None if isinstance(bind, (ast.Constant, ast.Starred)) else bind


def _bound(scope: Scope) -> dict[str, list[ast.expr | None]]:
    values: dict[ast.AST, ast.expr | None] = {}
    found: defaultdict[str, list[ast.expr | None]] = defaultdict(list)
    for node in walk(scope.node):
        if isinstance(node, ast.Assign):
            values.update(dict.fromkeys(node.targets, node.value))
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            values[node.target] = node.value
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id].append(values.get(node))
    return found


def _path(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        base = _path(node.value)
        return [*base, node.attr] if base is not None else None
    return None
