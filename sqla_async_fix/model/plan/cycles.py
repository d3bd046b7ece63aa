"""Relationships that lead back to where their objects were loaded from, at which eager loading stops.

An author that is loaded with a post has no posts loaded with him, and a later `session.get()` gives that same author.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property

from sqla_async_fix.model.kinds import Instance
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.loading import ways
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import Load, ProjectCall
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import Parents

_NEVER_LOADED = ("noload", "raise", "raise_on_sql", "dynamic", "write_only")


class Cycles:
    """What the functions of a project read through relationships, from which objects on."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._reads: dict[tuple[Function, str], frozenset[tuple[str, str]]] = {}
        self._stores: dict[Function, dict[str, list[ast.Name]]] = {}
        self._loads: dict[Function, dict[ast.AST, Load]] = {}

    def stops(self, function: Function) -> Iterator[tuple[ast.AST, str]]:
        """The places where a relationship is read that eager loading does not reach, with what is read."""
        for load in function.record.loads.values():
            if load.is_relationship and self._is_back(self._way(load.node.value, function), load.model, load.name):
                yield load.node, function.module.source(load.node)
        for call in function.record.calls.values():
            for target in call.targets:
                for given, value in _given(call, target):
                    way = self._way(value, function)
                    for model, name in self._read_of(target, given) if way else ():
                        if self._is_back(way, model, name):
                            yield value, f"{model.rpartition('.')[2]}.{name}"
        yield from self._got_again(function)
        for model, name, path in ways(function, self._project):
            if path and self._returns(path, model, name):
                yield function.definition, f"{model.rpartition('.')[2]}.{name}"

    def _got_again(self, function: Function) -> Iterator[tuple[ast.AST, str]]:
        """What `session.get()` gives where an object loaded before has brought it along already."""
        for load in function.record.loads.values():
            relationship = self._lazy(load.model, load.name) if load.is_relationship else None
            got = (
                self._got(function, load.node.value)
                if relationship is not None and relationship[1] is not False
                else None
            )
            if got is None or relationship is None or load.model not in self._brought(relationship[0]):
                continue
            start = function.module.span(got).start
            if any(
                isinstance(kind, Instance)
                and kind.cls == relationship[0]
                and self._is_bound_before(function, name, start)
                for name, kind in function.names.items()
            ):
                yield load.node, function.module.source(load.node)

    def _got(self, function: Function, held: ast.expr) -> ast.Call | None:
        """The call of `get()` that a name holds the result of."""
        source = self._source(held, function) if isinstance(held, ast.Name) else None
        return next((call.node for call in operations(function) if call.method == "get" and call.node is source), None)

    @staticmethod
    def _is_bound_before(function: Function, name: str, position: int) -> bool:
        if any(argument.arg == name for argument in function.arguments()):
            return True
        return any(
            node.id == name and isinstance(node.ctx, ast.Store) and function.module.span(node).start < position
            for node in function.module.nodes.within(function.definition, ast.Name)
        )

    def _brought(self, model: str) -> frozenset[str]:
        """The models of the objects that are loaded with an object, because somebody reads them from one."""
        mapped = self._project.mapped(model)
        relationships = mapped.relationships.values() if mapped is not None else ()
        return frozenset(
            each.target for each in relationships if each.lazy != "select" or (model, each.name) in self._read
        )

    @cached_property
    def _read(self) -> frozenset[tuple[str, str]]:
        """All relationships that the project reads."""
        functions = list(self._project.functions.values())
        return frozenset((load.model, load.name) for each in functions for load in each.record.loads.values())

    def _read_of(self, function: Function, name: str) -> frozenset[tuple[str, str]]:
        """The relationships that a function reads of what it is given by a name."""
        key = (function, name)
        if key not in self._reads:
            loads = (load for load in function.record.loads.values() if load.is_relationship)
            self._reads[key] = frozenset(
                (load.model, load.name) for load in loads if getattr(load.node.value, "id", "") == name
            )
        return self._reads[key]

    def _way(self, node: ast.expr, function: Function, depth: int = 6) -> list[Load]:
        """The relationships by which a value was reached, in order, as far as the body shows."""
        if isinstance(node, ast.Subscript):
            return self._way(node.value, function, depth)
        if isinstance(node, ast.Attribute):
            load = self._loads_of(function).get(node)
            return [*self._way(node.value, function, depth), load] if load is not None and load.is_relationship else []
        if isinstance(node, ast.Name) and depth:
            source = self._source(node, function)
            return self._way(source, function, depth - 1) if source is not None else []
        return []

    def _loads_of(self, function: Function) -> dict[ast.AST, Load]:
        """What a function reads by the place; the first of several models that an object may be of."""
        if function not in self._loads:
            self._loads[function] = {load.node: load for load in reversed(function.record.loads.values())}
        return self._loads[function]

    def _source(self, name: ast.Name, function: Function) -> ast.expr | None:
        """What a name is assigned, or what the loop runs over that binds it; None where several do."""
        if function not in self._stores:
            stores = self._stores[function] = {}
            for node in function.module.nodes.within(function.definition, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    stores.setdefault(node.id, []).append(node)
        above = parents(function.module)
        sources = []
        for store in self._stores[function].get(name.id, ()):
            binding = above[store]
            if not isinstance(binding, ast.comprehension) or _is_within(name, above[binding], above):
                sources.append(binding)
        if len(sources) != 1:
            return None
        if isinstance(sources[0], (ast.For, ast.AsyncFor, ast.comprehension)):
            return sources[0].iter
        return sources[0].value if isinstance(sources[0], (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None

    def _is_back(self, way: list[Load], model: str, name: str) -> bool:
        """Whether a relationship of what was reached leads to a class on the way."""
        if not way or not self._leads_to(way[-1], model):
            return False
        return self._returns([(load.model, load.name) for load in way], model, name)

    def _returns(self, way: Sequence[tuple[str, str]], model: str, name: str) -> bool:
        """Whether a relationship leads to a class that another on the way led from, other than straight back by its
        key."""
        found = self._lazy(model, name)
        if found is None or not any(self._project.are_related(found[0], passed) for passed, _ in way):
            return False
        target, collection = found
        step = self._lazy(*way[-1])
        to_one = collection is False and step is not None and step[1] is not False
        return not (to_one and self._project.are_related(target, way[-1][0]) and self._is_only_way(model, target, name))

    def _is_only_way(self, model: str, target: str, name: str) -> bool:
        """Whether no other relationship to one object leads to the same class."""
        mapped = self._project.mapped(model)
        others = mapped.relationships.values() if mapped is not None else ()
        return not any(r.name != name and r.target == target and r.collection is False for r in others)

    def _leads_to(self, load: Load, model: str) -> bool:
        found = self._lazy(load.model, load.name)
        return found is not None and self._project.are_related(found[0], model)

    def _lazy(self, model: str, name: str) -> tuple[str, bool | None] | None:
        """The target of a relationship that is loaded by itself, and whether it is a collection."""
        mapped = self._project.mapped(model)
        relationship = mapped.relationships.get(name) if mapped is not None else None
        if relationship is None or not relationship.target or relationship.lazy in _NEVER_LOADED:
            return None
        return relationship.target, relationship.collection


def _given(call: ProjectCall, target: Function) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a function that is called, with what they get by position; for a property, its object."""
    names = [argument.arg for argument in target.arguments()]
    node: ast.expr = call.node
    if isinstance(node, ast.Call):
        bound = isinstance(node.func, ast.Attribute) and target.cls is not None
        receiver = [node.func.value] if bound and isinstance(node.func, ast.Attribute) else []
        yield from zip(names, [*receiver, *node.args], strict=False)
    elif isinstance(node, ast.Attribute):
        yield from zip(names, [node.value], strict=False)


def _is_within(node: ast.AST, outer: ast.AST, above: Parents) -> bool:
    while node in above and node is not outer:
        node = above[node]
    return node is outer
