"""Who becomes asynchronous, why, and what is connected. What stands in the way is in `boundaries`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from sqla_async_fix.model.kinds import ClassRef, ContextManager, Engine, External, FunctionRef, Instance, Kind
from sqla_async_fix.model.kinds import Sequence as SequenceKind
from sqla_async_fix.model.knowledge.asyncio_api import MANAGER_TWINS
from sqla_async_fix.model.knowledge.coroutine_hosts import CALL
from sqla_async_fix.model.plan import edges, raised, threads
from sqla_async_fix.model.plan.blocks import attribute_stores
from sqla_async_fix.model.plan.bridges import Bridge, bridge_of
from sqla_async_fix.model.plan.islands import Keeping, chosen
from sqla_async_fix.model.plan.operations import (
    entered_sync,
    inspected,
    is_sync,
    operations,
    origins,
    reaches_database,
    yields_new,
)
from sqla_async_fix.model.plan.parts import Node, Parts
from sqla_async_fix.model.plan.preparations import prepared_engines
from sqla_async_fix.model.plan.stale import Staleness
from sqla_async_fix.model.plan.startup import put_off
from sqla_async_fix.model.plan.urls import Url, url_of
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.queries import QueryGroups
from sqla_async_fix.model.records import DatabaseCall, Entered, Place, ProjectCall, Reference
from sqla_async_fix.model.symbols import Function, Scope, functions_around
from sqla_async_fix.model.syntax import walk

_SYNC_CALLERS = (".run_sync", ".event.listen", ".event.listens_for")
"""Who calls a function with a synchronous session or connection, by the end of its dotted name."""

_SCOPES = ("", "class", "module", "package", "session")
"""The scopes of fixtures, the narrowest first; an empty one is that of a function."""


_MIGRATES = re.compile(
    r"^[ \t]*from alembic import (?:\([^)]*\b(?:op|context)\b|[^\n]*\b(?:op|context)\b)|\balembic\.(?:op|context)\b",
    re.MULTILINE,
)
"""What migration scripts and their environment import; programs that only start migrations import other things."""


class Colours:
    """`reasons` holds every function that becomes (or is) asynchronous because of the database, with the chain of
    calls down to the operation; `direct` those of them that reach it themselves, `causes` the next function of the
    chain for the others; `parts` what changes together; `edges` the functions that run a coroutine function for callers
    outside; `query_uses` the places of legacy queries with the reason why one cannot be rewritten; `turned` the files
    whose main block becomes a coroutine function, `misplaced` the ends of queries outside of a plain body, `decorators`
    the functions that the project decorates its own with, `bridges` the queries that stay legacy behind `run_sync`,
    `evaluated` the bodies that have something on record."""

    def __init__(self, project: Project, groups: QueryGroups) -> None:
        self.project = project
        self.parts = Parts()
        self.reasons: dict[Function, str] = {}
        self.causes: dict[Function, Function] = {}
        self.query_uses: list[tuple[Scope, ast.expr, str | None]] = []
        self.turned: dict[str, bool] = {}
        self._loop_scopes: dict[Node, str] | None = None
        self._holders: defaultdict[str, set[str]] | None = None
        self._methods: defaultdict[str, list[Function]] | None = None
        self._callers: defaultdict[Function, list[tuple[Scope, ProjectCall]]] = defaultdict(list)
        self.evaluated = tuple(scope for scope in self.scopes() if scope.evaluated)
        self.misplaced: list[tuple[Scope, ast.expr, Place]] = []
        self.bridges: defaultdict[Scope, list[Bridge]] = defaultdict(list)
        for group in groups:
            bridge = bridge_of(group) if project.options.unconvertible == "run-sync" else None
            if bridge is not None:
                self.bridges[bridge.scope].append(bridge)
            for placed in group.uses:
                if placed.use.place is Place.ISLAND:
                    continue
                if placed.use.effect or placed.use.made:
                    if bridge is None:
                        self.query_uses.append((placed.scope, placed.use.node, group.refusal))
                    if placed.use.effect and placed.use.place is not Place.BODY:
                        self.misplaced.append((placed.scope, placed.use.node, placed.use.place))
                    if placed.use.effect and isinstance(placed.scope, Function):
                        self.reasons.setdefault(placed.scope, _said(placed.use.node, placed.use.method))
        self.migrations = frozenset(
            m.path for m in project.live_modules() if "alembic" in m.text and _MIGRATES.search(m.text)
        )
        self._own_islands: dict[Function, str] = {}
        self.decorators = frozenset(
            project.functions[kind.name]
            for function in list(project.functions.values())
            for kind in function.applied
            if isinstance(kind, FunctionRef)
        )
        self.edges = frozenset(edges.edges(project))
        self.islands = self._islands()
        self._collect()
        self.direct = frozenset(self.reasons)
        self._spread()
        self.urls: dict[ast.Call, Url] = {}
        self.keeping = Keeping(self)
        self._connect()

    def is_awaited(self, function: Function) -> bool:
        """Whether a function becomes one whose calls have to be awaited."""
        return function in self.reasons and not function.is_async and function not in self.edges

    def methods_named(self, name: str) -> Sequence[Function]:
        """The methods of this name that become asynchronous."""
        if self._methods is None:
            self._methods = defaultdict(list)
            for function in self.reasons:
                if function.cls is not None and self.is_awaited(function):
                    self._methods[function.short_name].append(function)
        return self._methods.get(name, ())

    def holders(self, cls: str) -> frozenset[str]:
        """The names and attributes that the project gives objects of a class or of one that derives from it."""
        if self._holders is None:
            self._holders = defaultdict(set)
            for scope in self.scopes():
                kinds = [*scope.names.items(), *(scope.parameters.items() if isinstance(scope, Function) else ())]
                for target, value in attribute_stores(scope):
                    if isinstance(value, ast.Call):
                        made = self.project.static(value.func, scope)
                        kinds.append((target.attr, Instance(made.name) if isinstance(made, ClassRef) else made))
                for name, kind in kinds:
                    for info in self.project.mro(kind.cls) if isinstance(kind, Instance) else ():
                        self._holders[info.name].add(name)
        return frozenset(self._holders[cls])

    def callers(self, function: Function) -> Sequence[tuple[Scope, ProjectCall]]:
        """The calls that may reach a function, each with the body that it stands in."""
        return self._callers.get(function, ())

    def pytest_gives(self, function: Function, name: str) -> bool:
        """Whether pytest gives a parameter its value: that of a test or fixture which the project does not call."""
        if not (function.short_name.startswith("test") or function.has_decorator("fixture")):
            return False
        return name not in ("self", "cls") and not self.callers(function)

    def scopes(self) -> Iterator[Scope]:
        """All bodies, evaluated or not: modules first, then functions."""
        yield from list(self.project.scopes.values())
        yield from list(self.project.functions.values())

    @staticmethod
    def node_of(scope: Scope) -> Node:
        """The node of a body; module bodies are nodes of their own."""
        return scope if isinstance(scope, Function) else f"module:{scope.module.path}"

    @cached_property
    def used_as_values(self) -> frozenset[Function]:
        """The functions that any body hands on instead of calling them, but for dependencies."""
        return frozenset(
            reference.function
            for scope in self.evaluated
            for reference in scope.record.references.values()
            if reference.how != "dependency"
        )

    @cached_property
    def edge_uses(self) -> Mapping[Function | None, Sequence[tuple[Scope, ast.AST]]]:
        """Where functions that something outside calls are used as values, as `edges.uses` gives it."""
        return edges.uses(self.edges, self.evaluated)

    @cached_property
    def staleness(self) -> Staleness:
        """What functions change by foreign keys and read by relationships."""
        return Staleness(self.project)

    @cached_property
    def commits(self) -> bool:
        """Whether anything in the project ends a transaction of a session by keeping what it did."""
        calls = (call for scope in self.evaluated for call in scope.record.database.values())
        return any(call.method in ("commit", "begin") for call in calls)

    @cached_property
    def relationship_names(self) -> frozenset[str]:
        """The names of all relationships of the project."""
        mapped = (self.project.mapped(name) for name in list(self.project.classes))
        return frozenset(name for each in mapped if each is not None for name in each.relationships)

    def loop_scope(self, function: Function) -> str:
        """The widest scope of the fixtures that change with a function, whose event loop all of them have to share."""
        if self._loop_scopes is None:
            self._loop_scopes = {}
            for other in list(self.project.functions.values()):
                if other.fixture_name and (other in self.reasons or self.provides(other)):
                    leader = self.parts.leader(other)
                    widest = max(self._loop_scopes.get(leader, ""), other.fixture_scope, key=_SCOPES.index)
                    self._loop_scopes[leader] = widest
        return self._loop_scopes.get(self.parts.leader(function), "")

    def is_island(self, scope: Scope) -> bool:
        """Whether a body stays synchronous, because it is called with synchronous objects or belongs to migrations."""
        around: Scope | None = scope
        while isinstance(around, Function):
            if around in self.islands:
                return True
            around = around.parent
        return scope.module.path in self.migrations

    def is_own_island(self, scope: Scope) -> bool:
        """Whether a body stays synchronous with engines and sessions of its own."""
        return self.why_island(scope) != ""

    def why_island(self, scope: Scope) -> str:
        """Why a body stays synchronous with engines and sessions of its own, in words; empty if it does not."""
        found = (self._own_islands[each] for each in functions_around(scope) if each in self._own_islands)
        return next(found, "")

    def own_islands(self) -> Mapping[Function, str]:
        """The functions that stay synchronous with engines and sessions of their own, and why."""
        return self._own_islands

    def _islands(self) -> frozenset[Function]:
        """Functions that SQLAlchemy itself calls with synchronous objects, and those that only they call."""
        for scope in self.evaluated:
            for call in (*scope.record.calls.values(), *scope.record.managers.values()):
                for target in call.targets:
                    self._callers[target].append((scope, call))
            for target, call in raised.calls(scope):
                self._callers[target].append((scope, call))
        found = {
            reference.function
            for scope in self.evaluated
            for reference in scope.record.references.values()
            if reference.how == "argument" and reference.receiver.endswith(_SYNC_CALLERS)
        }
        for function in list(self.project.functions.values()):
            kinds = (kind.name for kind in function.decorators if isinstance(kind, External))
            if any(name.endswith(_SYNC_CALLERS) for name in kinds):
                found.add(function)
        found |= {f for f in list(self.project.functions.values()) if f.module.path in self.migrations}
        for target, calls in self._callers.items():
            if calls and all(call.place is Place.ISLAND for _, call in calls):
                found.add(target)
        for function, why in chosen(self.project):
            self._own_islands.setdefault(function, why)
            found.add(function)
        pending = list(found)
        while pending:
            function = pending.pop()
            for call in function.record.calls.values():
                for target in call.targets:
                    if target not in found and all(caller in found for caller, _ in self._callers[target]):
                        found.add(target)
                        if function in self._own_islands:
                            self._own_islands[target] = f"is called by `{function.short_name}` alone, which does"
                        pending.append(target)
        return frozenset(found)

    def _collect(self) -> None:
        for function in self.islands & self.reasons.keys():
            del self.reasons[function]
        for scope in self.evaluated:
            if isinstance(scope, Function) and scope not in self.islands:
                for operation in operations(scope):
                    if operation.node in put_off(scope):
                        continue
                    if reaches_database(operation):
                        self.reasons.setdefault(scope, f"`{operation.method}()` reaches the database")
                    elif yields_new(scope, operation) is not None:
                        self.reasons.setdefault(scope, "the session that it yields has to be closed")
                if any(True for _ in inspected(scope)):
                    self.reasons.setdefault(scope, "`inspect()` reaches the database")
                if any(True for _ in entered_sync(scope)):
                    self.reasons.setdefault(scope, "leaving the `with` reaches the database")
                for member, _ in raised.lent(scope):
                    if raised.raising(scope, member) or threads.hosted(scope, member):
                        self.reasons.setdefault(scope, f"`{member.attr}()` reaches the database")
                if any(_only_async(entered) for entered in scope.record.entered.values()):
                    self.reasons.setdefault(scope, "what it enters is asynchronous already")

    def _spread(self) -> None:
        pending = list(self.reasons)
        while pending:
            function = pending.pop()
            reached: list[tuple[Function, str]] = [
                (caller, f"it calls `{function.short_name}()`: {self.reasons[function]}")
                for caller, call in self._callers[function]
                if isinstance(caller, Function) and function not in self.edges and call.node not in put_off(caller)
            ]
            reached += [
                (twin, f"`{function.name}` is the same method of its class hierarchy") for twin in self.twins(function)
            ]
            reached += [
                (other, f"a call may reach either it or `{function.name}`")
                for scope, call in self._callers[function]
                for other in call.targets
                if function not in self.edges and other is not function
                if not other.is_async and (self._is_closure(other) or not _is_handed_in(scope, call))
            ]
            for other, reason in reached:
                if other not in self.reasons and other not in self.islands:
                    self.reasons[other] = reason
                    self.causes[other] = function
                    pending.append(other)

    def _is_closure(self, function: Function) -> bool:
        """Whether a function is made anew for whoever calls it."""
        return isinstance(function.parent, Function) and function.parent not in self.decorators

    def twins(self, function: Function) -> Iterator[Function]:
        """The methods that override a method or that it overrides, and for `__enter__` its `__exit__`."""
        name = function.short_name
        if function.cls is None or (name.startswith("__") and name not in (*MANAGER_TWINS, CALL)):
            return
        for info in self.project.hierarchy(function.cls.name):
            for twin_name in MANAGER_TWINS if name in MANAGER_TWINS else (name,):
                twin = info.methods.get(twin_name)
                if twin is not None and twin is not function:
                    yield twin

    def _connect(self) -> None:
        connect = self.parts.connect
        for function in self.reasons:
            for caller, call in () if function in self.edges else self._callers[function]:
                connect(self.node_of(caller), function)
                self.parts.connect_all(target for target in call.targets if target in self.reasons)
            for twin in self.twins(function):
                connect(function, twin)
        for scope in self.evaluated:
            node = self.node_of(scope)
            if self.is_island(scope):
                continue
            for operation in operations(scope):
                if f"origin:{getattr(operation.result, 'origin', '')}" in self.keeping.kept:
                    continue
                self._connect_url(scope, operation)
                sites = [*origins(operation.receiver), *origins(operation.result)]
                for given in operation.given:
                    sites.extend(origins(given))
                if isinstance(scope, Function):
                    self.parts.connect_all([node, *sites])
                else:
                    self.parts.connect_all(sites)
            for use in scope.record.queries.values():
                if use.session is not None and is_sync(use.session):
                    sites = list(origins(use.session))
                    self.parts.connect_all([node, *sites] if isinstance(scope, Function) else sites)
            for _, kind in inspected(scope):
                self.parts.connect_all([node, *origins(kind)])
            for passed in scope.record.passed.values():
                if is_sync(passed.kind):
                    users = self._sharers(passed.function)
                    self.parts.connect_all([node, passed.function, *origins(passed.kind), *users])
            for reference in scope.record.references.values():
                if reference.function in self.reasons or self.provides(reference.function):
                    if reference.how == "dependency":
                        connect(node, reference.function)
                    elif (replaced := self._replaced(scope, reference)) is not None:
                        connect(replaced, reference.function)
            if isinstance(scope, Function):
                self._connect_parameters(scope)

    def _connect_url(self, scope: Scope, operation: DatabaseCall) -> None:
        """Engines whose URLs are of one text change together."""
        if not isinstance(operation.result, Engine) or operation.method or self.is_island(scope):
            return
        call = operation.node
        node = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "url"), None)
        if node is None:
            return
        self.urls[call] = url = url_of(node, scope, self)
        is_twice = call in prepared_engines(scope) or any(o in self.keeping.split for o in origins(operation.result))
        url.shared = url.shared or (url.is_named and is_twice)
        if not url.shared:
            places = (f"url:{driver.module.path}:{driver.span.start}" for driver in url.drivers.values())
            self.parts.connect_all([*origins(operation.result), *places])

    def _replaced(self, scope: Scope, reference: Reference) -> Function | None:
        """The dependency that `app.dependency_overrides[dependency] = function` puts `function` in the place of."""
        for node in walk(scope.node) if reference.how == "container" else ():
            if isinstance(node, ast.Assign) and node.value is reference.node:
                target = node.targets[0]
                if isinstance(target, ast.Subscript) and isinstance(target.slice, (ast.Name, ast.Attribute)):
                    kind = self.project.static(target.slice, scope)
                    return self.project.functions[kind.name] if isinstance(kind, FunctionRef) else None
        return None

    def _connect_parameters(self, function: Function) -> None:
        for kind in (*function.parameters.values(), function.returns, function.yields):
            if is_sync(kind):
                self.parts.connect_all([function, *origins(kind)])
                if function not in self.islands and not any(origins(kind)):
                    around = [function.parent] if isinstance(function.parent, Function) else []
                    self.parts.connect_all([function, *around, *self._sharers(function)])
        for name in function.parameters:
            fixture = self.project.fixture(function, name)
            if fixture is not None and (fixture in self.reasons or self.provides(fixture)):
                self.parts.connect(function, fixture)

    def _sharers(self, function: Function) -> Iterator[Function]:
        """Who may use what is passed to a function: those within it, and the methods of its class."""
        pending = list(function.nested.values())
        if function.cls is not None:
            name = function.cls.name
            for info in self.project.hierarchy(name):
                pending.extend(info.methods.values())
        for other in pending:
            if other in self.reasons:
                yield other

    def provides(self, function: Function) -> bool:
        """Whether a function returns or yields a synchronous database object."""
        return any(is_sync(_inner(kind)) for kind in (function.returns, function.yields))


def _said(node: ast.expr, method: str) -> str:
    """What is done with a legacy query, in words."""
    if method == "iterate":
        return "it loops over a query"
    return "it takes items of a query" if isinstance(node, ast.Subscript) else f"`.{method}()` on a query"


def _only_async(entered: Entered) -> bool:
    """Whether a `with` enters what only an `async with` can."""
    return (
        isinstance(entered.statement, ast.With) and isinstance(entered.kind, ContextManager) and entered.kind.is_async
    )


def _is_handed_in(scope: Scope, call: ProjectCall) -> bool:
    """Whether a call is of a parameter, for which callers and decorated functions each have something of their own."""
    name = call.node.func.id if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Name) else ""
    return any(name == argument.arg for function in functions_around(scope) for argument in function.arguments())


def _inner(kind: Kind) -> Kind:
    if isinstance(kind, ContextManager):
        return _inner(kind.value)
    return _inner(kind.item) if isinstance(kind, SequenceKind) else kind
