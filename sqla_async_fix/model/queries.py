"""Which legacy queries stand and fall together, and what becomes of them. How one call is rewritten is in `legacy_query`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import QueryUse
from sqla_async_fix.model.symbols import Scope


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
    return tuple(_group(name, members[name]) for name in sorted(members))


def _group(name: str, uses: list[PlacedUse]) -> QueryGroup:
    ordered = sorted(uses, key=lambda placed: (placed.module.path, placed.module.span(placed.use.node).start))
    refusal = next((placed.use.refusal for placed in ordered if placed.use.refusal), None)
    return QueryGroup(name, tuple(ordered), refusal)
