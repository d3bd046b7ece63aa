"""Which legacy queries stand and fall together, and why some stay. How one call is rewritten is in `legacy_query`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqla_async_fix.model.kinds import Query
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.query_hooks import QueryHooks, query_hooks
from sqla_async_fix.model.query_mocks import QueryMocks
from sqla_async_fix.model.records import QueryUse
from sqla_async_fix.model.symbols import Scope, decorator_name


@dataclass(frozen=True, slots=True)
class PlacedUse:
    """A use of a query with the body it stands in."""

    scope: Scope
    use: QueryUse

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.scope.module


@dataclass(frozen=True, slots=True)
class QueryGroup:
    """All uses of queries that are connected by variables, branches, helpers; `refusal` holds for all of them."""

    name: str
    uses: tuple[PlacedUse, ...]
    refusal: str | None


def query_groups(project: Project) -> tuple[QueryGroup, ...]:
    """The connected groups of legacy query uses in the project, in order of their first site."""
    uses = [
        PlacedUse(scope, use)
        for scope in (*project.scopes.values(), *project.functions.values())
        for use in scope.record.queries.values()
    ]
    leaders: dict[str, str] = {}

    def leader(site: str) -> str:
        leaders.setdefault(site, site)
        while leaders[site] != site:
            leaders[site] = leaders[leaders[site]]
            site = leaders[site]
        return site

    for placed in uses:
        first, *others = sorted(placed.use.origins)
        for other in others:
            a, b = sorted((leader(first), leader(other)))
            leaders[b] = a
    members: defaultdict[str, list[PlacedUse]] = defaultdict(list)
    for placed in uses:
        members[leader(min(placed.use.origins))].append(placed)
    returned = {
        leader(min(origins)): reason for origins, reason in _returned_outside(project) if origins & leaders.keys()
    }
    if not members:
        return ()
    hooks, mocks = query_hooks(project), QueryMocks(project)
    return tuple(_group(name, members[name], returned.get(name), hooks, mocks) for name in sorted(members))


def _group(name: str, uses: list[PlacedUse], returned: str | None, hooks: QueryHooks, mocks: QueryMocks) -> QueryGroup:
    ordered = sorted(uses, key=lambda placed: (placed.module.path, placed.module.span(placed.use.node).start))
    refusal = next((placed.use.refusal for placed in ordered if placed.use.refusal), returned)
    writes = any(placed.use.method in ("update", "delete") for placed in ordered)
    refusal = refusal or hooks.all or (hooks.writing if writes else None)
    refusal = refusal or next((reason for placed in ordered if (reason := mocks.reason(placed.scope))), None)
    return QueryGroup(name, tuple(ordered), refusal)


_TRANSPARENT = frozenset(
    {"property", "cached_property", "staticmethod", "classmethod", "abstractmethod", "override", "final", "overload"}
)
"""Decorators that pass on what a function returns."""


def _returned_outside(project: Project) -> Iterator[tuple[frozenset[str], str]]:
    """The sites of queries that functions return to nobody who is known."""
    called = {
        target
        for scope in (*project.scopes.values(), *project.functions.values())
        for call in scope.record.calls.values()
        for target in call.targets
    }
    for function in list(project.functions.values()):
        returns = function.returns
        if not isinstance(returns, Query):
            continue
        shown = f"`{function.short_name}()` returns the query"
        decorators = [decorator_name(node) for node in function.definition.decorator_list]
        if function not in called:
            yield returns.origins, f"{shown} to callers that are not in the project; return its results instead"
        elif not _TRANSPARENT.issuperset(decorators):
            yield returns.origins, f"{shown} through a decorator that is not followed; return its results instead"
