"""What stands in the way of the plan: every place that keeps a part of the program as it is, with the reason.

What a single function or reference allows is in `boundaries`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.kinds import UNKNOWN, Factory, Kind
from sqla_async_fix.model.knowledge.asyncio_api import Calling
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan import (
    boundaries,
    dynamic,
    fresh,
    freshness,
    handed,
    listeners,
    loading,
    locks,
    managers,
    properties,
    receivers,
    reloading,
    roots,
    tables,
)
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.cycles import Cycles
from sqla_async_fix.model.plan.operations import METADATA, calling, is_sync, operations, origins, reaches_database
from sqla_async_fix.model.plan.parts import Node
from sqla_async_fix.model.plan.preparations import driver_calls, kept_engines
from sqla_async_fix.model.plan.provenance import Provenance
from sqla_async_fix.model.plan.readers import Readers
from sqla_async_fix.model.records import Reference
from sqla_async_fix.model.symbols import Function, Scope, times_bound


def obstacles(colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """What each obstacle holds back, where it is, and why it is one."""
    cycles, readers = Cycles(colours.project), Readers(colours)
    for function in colours.reasons:
        reason = boundaries.refusal(function, colours)
        if reason is not None:
            yield function, function.module, function.module.span(function.node), reason
        if properties.is_plain(function):
            for module, span, reason in properties.missed_reads(function, colours):
                yield function, module, span, reason
        for lock, reason in locks.held(function, colours) if not function.is_async else ():
            yield function, function.module, function.module.span(lock), reason
        again = freshness.loaded_again(function, colours) | reloading.reloaded(function, colours)
        for node, read in colours.staleness.reads(function):
            if node in again:
                continue
            source = function.module.source(node)
            reason = f"`{source}` reads `{read}` after rows behind it came or went; refresh the object before"
            yield function, function.module, function.module.span(node), reason
        for node, read in cycles.stops(function):
            reason = (
                f"`{read}` leads back to what its object is loaded from, where eager loading stops; select the object"
            )
            yield function, function.module, function.module.span(node), reason
        for load in fresh.unloaded_reads(function, colours):
            if load.node in again:
                continue
            source = function.module.source(load.node)
            reason = f"`{source}` of a new object is not loaded; refresh the object (`session.refresh()`) before"
            yield function, function.module, function.module.span(load.node), reason
        for node, reason in loading.shown_late(function, readers, colours.project):
            yield function, function.module, function.module.span(node), reason
        for name in _given_from_outside(function, colours):
            reason = f"the fixture `{name}` is not found in the project, and may stay synchronous"
            yield function, function.module, function.module.span(function.node), reason
    for scope, node, refusal in colours.query_uses:
        if refusal is not None:
            yield colours.node_of(scope), scope.module, scope.module.span(node), f"a legacy query is left: {refusal}"
    for scope, node, place in colours.misplaced:
        held = boundaries.place_refusal(place)
        if held is not None:
            yield colours.node_of(scope), scope.module, scope.module.span(node), held
    yield from listeners.obstacles(colours)
    yield from _kept_engines(colours)
    yield from _sessions_of_objects(colours)
    provenance = Provenance(colours)
    for method, module, node, reason in dynamic.reached(colours):
        yield method, module, module.span(node), reason
    for scope in colours.evaluated:
        yield from _obstacles_in(scope, colours)
        for site, used, path in () if colours.is_island(scope) else _from_strangers(scope, colours, provenance):
            reason = f"`{path}` comes from something that is not known, and may stay synchronous"
            yield site, scope.module, scope.module.span(used), reason
    for origin in sorted(colours.keeping.split):
        unsplit = colours.keeping.refusal(origin)
        if unsplit is not None:
            user = colours.keeping.users[origin]
            yield origin, user.module, user.module.span(user.definition), unsplit


def _kept_engines(colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """What uses an engine that its class keeps synchronous, from outside of the class."""
    functions = list(colours.project.functions.values())
    made = {each.record.database[call].result for each in functions for call in kept_engines(each)}
    sites = {site for kind in made for site in origins(kind)}
    for scope in colours.scopes() if sites else ():
        for operation in operations(scope):
            if any(site in sites for kind in (operation.receiver, *operation.given) for site in origins(kind)):
                reason = "the engine is used here as well, and its class keeps it synchronous"
                yield colours.node_of(scope), scope.module, scope.module.span(operation.node), reason


def _sessions_of_objects(colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """Who asks an object for its session, and who calls those who do."""
    reason = "`object_session()` gives the synchronous session; use `async_object_session()`"
    pending: list[tuple[Scope, ast.AST]] = []
    for scope in colours.scopes():
        for called, name in scope.record.externals.items():
            if name.endswith(".object_session") and name.startswith("sqlalchemy."):
                pending.append((scope, called))
    seen: set[Scope] = set()
    while pending:
        scope, node = pending.pop()
        if scope not in seen:
            seen.add(scope)
            yield colours.node_of(scope), scope.module, scope.module.span(node), reason
            for user in colours.scopes():
                calls = (call.node for call in user.record.calls.values() if scope in call.targets)
                pending.extend((user, call) for call in calls)


def _from_strangers(scope: Scope, colours: Colours, provenance: Provenance) -> Iterator[tuple[Node, ast.expr, str]]:
    for used, path in provenance.strangers(scope):
        yield colours.node_of(scope), used, path
    yield from provenance.unknown_binds(scope)


def _given_from_outside(function: Function, colours: Colours) -> Iterator[str]:
    """The parameters of a test or fixture that get a synchronous object from a fixture that is not known."""
    for name in (argument.arg for argument in function.arguments()):
        given = colours.pytest_gives(function, name) and name not in function.defaults()
        is_object = given and is_sync(function.parameters.get(name, UNKNOWN))
        if is_object and colours.project.fixture(function, name) is None:
            yield name


def _import_time(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """Operations that run when a module is imported."""
    module = scope.module
    block = roots.main_block(module) if roots.turned(scope, colours) else None
    for operation in operations(scope):
        if operation.receiver == METADATA or not reaches_database(operation):
            continue
        if block is None or not roots.within(module, operation.node, block):
            for site in tables.sites(operation):
                reason = f"`{operation.method}()` runs when the module is imported; move it into an `async def`"
                yield site, module, module.span(operation.node), reason


def _beside_islands(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """What an island shares with functions that become asynchronous."""
    module = scope.module
    name = scope.short_name if isinstance(scope, Function) else module.name
    for call in scope.record.calls.values():
        for target in call.targets:
            if colours.is_awaited(target):
                reason = f"`{target.short_name}` is called both by `{name}`, which stays synchronous, and by others"
                yield target, module, module.span(call.node), reason


def _captured_by_islands(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """What a function that stays synchronous uses of the function around it, which does not."""
    around = scope.parent
    if not isinstance(scope, Function) or not isinstance(around, Function) or colours.is_island(around):
        return
    for operation in operations(scope):
        root: ast.AST = operation.node.func
        while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        captured = isinstance(root, ast.Name) and root.id in around.names and not times_bound(scope, root.id)
        if isinstance(root, ast.Name) and captured and reaches_database(operation):
            reason = f"`{root.id}` is used by `{scope.short_name}` as well, which stays synchronous"
            sites: list[Node] = [around, *origins(operation.receiver)]
            for site in sites:
                yield site, scope.module, scope.module.span(operation.node), reason


def _given_to_islands(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    module = scope.module
    for passed in scope.record.passed.values():
        if is_sync(passed.kind) and colours.is_own_island(passed.function):
            why = colours.why_island(passed.function)
            reason = f"`{passed.function.short_name}` {why}, and it is called with a synchronous object here"
            for site in (colours.node_of(scope), *origins(passed.kind)):
                yield site, module, module.span(passed.node), reason


def _obstacles_in(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    if colours.is_island(scope):
        yield from _beside_islands(scope, colours)
        yield from _captured_by_islands(scope, colours)
        return
    yield from _given_to_islands(scope, colours)
    module, node = scope.module, colours.node_of(scope)
    for operation in operations(scope):
        how = calling(operation)
        if how is Calling.MISSING and operation.method != "query":
            reason = f"`{operation.method}` has no asynchronous twin; wrap it in `run_sync`"
            for site in (node, *origins(operation.receiver)):
                yield site, module, module.span(operation.node), reason
        elif how not in (Calling.SYNC, Calling.MISSING):
            place = boundaries.place_refusal(operation.place)
            if place is not None:
                yield node, module, module.span(operation.node), place
        if _is_scoped(operation.receiver) and isinstance(scope, Function) and scope.fixture_name:
            reason = "sessions would be scoped to tasks, and a fixture runs in another task than its tests"
            yield node, module, module.span(operation.node), reason
    for call in scope.record.calls.values():
        if any(colours.is_awaited(target) for target in call.targets):
            place = boundaries.place_refusal(call.place)
            if place is not None:
                for target in call.targets:
                    yield target, module, module.span(call.node), place
            if not all(target.is_async or colours.is_awaited(target) for target in call.targets):
                yield node, module, module.span(call.node), "the call may reach functions of both colours"
    for reference in scope.record.references.values():
        function = reference.function
        turns = colours.is_awaited(function)
        held = (
            boundaries.reference_refusal(reference, scope, colours) if turns or _is_left(reference, colours) else None
        )
        if held is not None:
            sites: Iterable[Node] = [function] if turns else (*origins(function.returns), *origins(function.yields))
            for site in sites:
                yield site, module, module.span(reference.node), held
    if not isinstance(scope, Function):
        yield from _import_time(scope, colours)
    for value, kind in scope.record.strangers.items():
        reason = f"`{module.source(value)}` is not known, and may go on giving a synchronous object"
        for site in origins(kind) if is_sync(kind) else ():
            yield site, module, module.span(value), reason
    for method, entered, reason in managers.missed_entries(scope, colours):
        yield method, module, module.span(entered), reason
    yield from _escapes_in(scope, colours)
    yield from receivers.missed_calls(scope, colours)


def _is_left(reference: Reference, colours: Colours) -> bool:
    """Whether a function that gives a synchronous object is handed to something outside of the project."""
    outside = reference.how == "argument" and reference.receiver not in colours.project.functions
    return outside and colours.provides(reference.function)


def _is_scoped(kind: Kind) -> bool:
    return isinstance(kind, Factory) and kind.scoped and not kind.is_async


def _escapes_in(scope: Scope, colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    asked = {call.func.value for call in driver_calls(scope) if isinstance(call.func, ast.Attribute)}
    for escape in scope.record.escapes.values():
        if escape.node in asked:
            continue
        lent = parents(scope.module).get(escape.node)
        if lent is not None and handed.is_awaited(scope, lent, colours):
            continue
        if is_sync(escape.kind):
            reason = f"a {type(escape.kind).__name__.lower()} {escape.how}, where it must stay synchronous"
            for site in (*origins(escape.kind), *([scope] if isinstance(scope, Function) else ())):
                yield site, scope.module, scope.module.span(escape.node), reason
