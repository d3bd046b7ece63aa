"""Listeners of events, which stay synchronous: they listen to the synchronous object behind an asynchronous one.

Source: SQLAlchemy's documentation, "Using events with the asyncio extension".
"""

from __future__ import annotations

from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import Replace, Step
from sqla_async_fix.model.kinds import Engine, Kind
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.finding import Finding
from sqla_async_fix.model.plan.operations import is_sync, origins
from sqla_async_fix.model.plan.parts import Node, name_of
from sqla_async_fix.model.records import Listened
from sqla_async_fix.model.symbols import Scope


def findings(colours: Colours) -> Iterator[Finding]:
    """Every engine or session that is listened to and becomes asynchronous."""
    for scope in colours.scopes():
        for listened in () if colours.is_island(scope) else scope.record.listened.values():
            site = next(_sites(listened, colours), None)
            if site is not None:
                group = name_of(colours.parts.leader(site))
                module, node = scope.module, listened.node
                yield Finding(
                    "SAF211", module, module.span(node), module.source(node), "", steps(scope, listened), group
                )


def obstacles(colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """Engines that both colours need and that are listened to."""
    for scope in colours.scopes():
        for listened in scope.record.listened.values():
            for site in origins(listened.kind):
                if site in colours.keeping.split:
                    user = colours.keeping.users[site].short_name
                    reason = f"`{user}` stays synchronous and would need an engine that is listened to as well"
                    yield site, scope.module, scope.module.span(listened.node), reason


def steps(scope: Scope, listened: Listened) -> tuple[Step, ...]:
    """Listen to the synchronous object."""
    end = scope.module.span(listened.node).end
    return (Replace(Span(end, end), (f".{_behind(listened.kind)}",)),)


def _behind(kind: Kind) -> str:
    return "sync_engine" if isinstance(kind, Engine) else "sync_session"


def _sites(listened: Listened, colours: Colours) -> Iterator[str]:
    if is_sync(listened.kind):
        yield from (site for site in origins(listened.kind) if site not in colours.keeping.kept)
