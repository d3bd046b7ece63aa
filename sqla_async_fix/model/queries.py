"""Which legacy queries stand and fall together, and why some stay. How one call is rewritten is in `legacy_query`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqla_async_fix.model.kinds import Query
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.query_helpers import added_parameters
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

    @property
    def endings(self) -> frozenset[str]:
        """The methods by which its queries reach the database."""
        return frozenset(placed.use.method for placed in self.uses if placed.use.effect)

    @property
    def is_of_models(self) -> bool:
        """Whether all its queries are made by `Model.query`."""
        made = [placed.use.node for placed in self.uses if placed.use.made]
        return bool(made) and all(isinstance(node, ast.Attribute) for node in made)


class QueryGroups(tuple[QueryGroup, ...]):
    """The groups of a project, in order of their first site."""

    @cached_property
    def _by_module(self) -> dict[Module, list[QueryGroup]]:
        found: defaultdict[Module, list[QueryGroup]] = defaultdict(list)
        for group in self:
            for module in dict.fromkeys(placed.module for placed in group.uses):
                found[module].append(group)
        return found

    def within(self, module: Module) -> Sequence[QueryGroup]:
        """The groups that have a use in a file."""
        return self._by_module.get(module, ())


def query_groups(project: Project) -> QueryGroups:
    """The connected groups of legacy query uses in the project, with what holds them back."""
    groups = connected_groups(project)
    if not groups:
        return groups
    hooks, mocks = query_hooks(project), QueryMocks(project)
    return QueryGroups(replace(group, refusal=group.refusal or _outer_refusal(group, hooks, mocks)) for group in groups)


def _outer_refusal(group: QueryGroup, hooks: QueryHooks, mocks: QueryMocks) -> str | None:
    writes = any(placed.use.method in ("update", "delete") for placed in group.uses)
    refusal = hooks.all or (hooks.writing if writes else None)
    return refusal or next((reason for placed in group.uses if (reason := mocks.reason(placed.scope))), None)


def connected_groups(project: Project) -> QueryGroups:
    """The groups as the uses themselves make them, without what stands around them: listeners and mocks."""
    uses = [
        PlacedUse(scope, use)
        for scope in (*project.scopes.values(), *project.functions.values())
        for use in scope.record.queries.values()
    ]
    uses += [PlacedUse(function, use) for function, use in added_parameters(project)]
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
    return QueryGroups(_group(name, members[name], returned.get(name)) for name in sorted(members))


def _group(name: str, uses: list[PlacedUse], returned: str | None) -> QueryGroup:
    ordered = sorted(uses, key=lambda placed: (placed.module.path, placed.module.span(placed.use.node).start))
    refusal = next((placed.use.refusal for placed in ordered if placed.use.refusal), returned)
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
