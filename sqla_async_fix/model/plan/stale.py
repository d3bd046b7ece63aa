"""Relationships read after rows behind them came or went by their foreign keys, which eager loading does not see.

Legacy code loads them when they are read, and again after a commit; the plan loads them with their objects. What an
object that was just made holds is in `fresh`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from sqla_async_fix.model.kinds import ClassRef, Instance
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.operations import operations
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.records import ProjectCall
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import Parents

Change: TypeAlias = tuple[str, str, bool]
"""Rows of a model get or lose a key of a table; whether an object that was there already gets it."""

_STATEMENTS = frozenset(["insert", "update", "delete"])


class Staleness:
    """What the functions of a project change by foreign keys and read by relationships."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._direct: dict[Function, list[tuple[int, frozenset[Change]]]] = {}
        self._changes: dict[Function, frozenset[Change]] = {}
        self._reads: dict[Function, frozenset[tuple[str, str]]] = {}
        self._setters: dict[str, set[Change]] = {}
        for name in list(project.classes):
            for column, table in self._keys(name):
                self._setters.setdefault(column, set()).add((name, table, True))

    def reads(self, function: Function) -> Iterator[tuple[ast.AST, str]]:
        """The places at which a function reads a relationship that may be out of date, with what is read."""
        changed = self._changed(function)
        if not changed:
            return
        for node, names, relations in self._read_by(function):
            at = function.module.span(node).start
            for model, name in relations:
                keys = self._affecting(model, name)
                if not keys:
                    continue
                for place, changes in changed:
                    if changes & keys and any(self._is_between(function, held, place, at) for held in names):
                        yield node, f"{model.rpartition('.')[2]}.{name}"
                        break

    def is_outdated(self, function: Function, held: ast.Name, model: str, name: str) -> bool:
        """Whether a relationship of the object that a name holds may be out of date where the name stands."""
        keys, at = self._affecting(model, name), function.module.span(held).start
        return any(
            changes & keys and self._is_between(function, held, place, at)
            for place, changes in (self._changed(function) if keys else ())
        )

    def _changed(self, function: Function) -> list[tuple[int, frozenset[Change]]]:
        """What a function changes, itself and by calls, and where."""
        changed = [*self._direct_changes(function)]
        for call in function.record.calls.values():
            found = frozenset(change for target in call.targets for change in self._changes_of(target))
            if found:
                changed.append((function.module.span(call.node).start, found))
        return changed

    # --- what is changed --------------------

    def _keys(self, model: str) -> Iterator[tuple[str, str]]:
        mapped = self._project.mapped(model)
        for column in mapped.columns.values() if mapped is not None and mapped.is_mapped else ():
            if column.references:
                yield column.name, column.references

    def _changes_of(self, function: Function) -> frozenset[Change]:
        if function not in self._changes:
            self._changes[function] = frozenset()
            found = {change for _, changes in self._direct_changes(function) for change in changes}
            for call in function.record.calls.values():
                for target in call.targets:
                    found |= self._changes_of(target)
            self._changes[function] = frozenset(found)
        return self._changes[function]

    def _direct_changes(self, function: Function) -> list[tuple[int, frozenset[Change]]]:
        if function not in self._direct:
            self._direct[function] = list(self._changed_in(function))
        return self._direct[function]

    def _changed_in(self, function: Function) -> Iterator[tuple[int, frozenset[Change]]]:
        position = function.module.span
        for node in function.module.nodes.within(function.definition, ast.Call, ast.Attribute):
            if isinstance(node, ast.Call):
                found = frozenset(self._changed_by(node, function))
                if found:
                    yield position(node).start, found
            elif isinstance(node.ctx, ast.Store) and node.attr in self._setters:
                yield position(node).start, frozenset(self._setters[node.attr])
        for call in operations(function):
            if call.method == "delete" and call.node.args:
                kind = function.names.get(getattr(call.node.args[0], "id", ""))
                if isinstance(kind, Instance):
                    yield position(call.node).start, frozenset((kind.cls, t, False) for _, t in self._keys(kind.cls))

    def _changed_by(self, node: ast.Call, function: Function) -> Iterator[Change]:
        called = self._project.static(node.func, function) if isinstance(node.func, (ast.Name, ast.Attribute)) else None
        if isinstance(called, ClassRef):
            given = {keyword.arg for keyword in node.keywords}
            for column, table in self._keys(called.name):
                if column in given or None in given:
                    yield called.name, table, False
            return
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _STATEMENTS and node.args and isinstance(node.args[0], (ast.Name, ast.Attribute)):
            kind = self._project.static(node.args[0], function)
            if isinstance(kind, ClassRef):
                yield from ((kind.name, table, False) for _, table in self._keys(kind.name))

    def _affecting(self, model: str, name: str) -> set[Change]:
        mapped = self._project.mapped(model)
        relationship = mapped.relationships.get(name) if mapped is not None else None
        target = self._project.mapped(relationship.target) if relationship is not None else None
        if mapped is None or relationship is None or target is None or relationship.lazy != "select":
            return set()
        if relationship.collection is False:
            return {(model, target.table, True)}
        return {(relationship.target, mapped.table, True), (relationship.target, mapped.table, False)}

    # --- what is read --------------------

    def _read_by(self, function: Function) -> Iterator[tuple[ast.AST, list[ast.Name], frozenset[tuple[str, str]]]]:
        for load in function.record.loads.values():
            root = _root(load.node.value)
            if load.is_relationship and root is not None:
                yield load.node, [root], frozenset([(load.model, load.name)])
        for call in function.record.calls.values():
            relations = frozenset(pair for target in call.targets for pair in self._reads_of(target))
            if relations:
                yield call.node, list(_given(call)), relations

    def _reads_of(self, function: Function) -> frozenset[tuple[str, str]]:
        """The relationships that a function reads of what it is given."""
        if function not in self._reads:
            self._reads[function] = frozenset()
            found: set[tuple[str, str]] = set()
            for _, names, relations in self._read_by(function):
                if any(bound_at(function, name) < 0 for name in names):
                    found |= relations
            self._reads[function] = frozenset(found)
        return self._reads[function]

    def _is_between(self, function: Function, name: ast.Name, change: int, read: int) -> bool:
        """Whether a change comes after an object was got and before it is read, and nothing refreshes it between."""
        bound, span = bound_at(function, name), function.module.span
        if bound < change < read:
            refreshed = (
                call.node for call in operations(function) if call.method in ("refresh", "expire", "expire_all")
            )
            return not any(
                change < span(call).start < read and (not call.args or getattr(call.args[0], "id", "") == name.id)
                for call in refreshed
            )
        loops = function.module.nodes.within(function.definition, ast.For, ast.While, ast.AsyncFor)
        return any(
            bound < span(loop).start < min(change, read) and max(change, read) < span(loop).end for loop in loops
        )


def _given(call: ProjectCall) -> Iterator[ast.Name]:
    """The names that a call is made with."""
    node: ast.expr = call.node
    if isinstance(node, ast.Attribute):
        arguments: list[ast.expr] = [node.value]
    else:
        arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
        if isinstance(call.node.func, ast.Attribute):
            arguments.append(call.node.func.value)
    for argument in arguments:
        root = _root(argument)
        if root is not None:
            yield root


def _root(node: ast.expr) -> ast.Name | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def bound_at(function: Function, name: ast.Name, depth: int = 5) -> int:
    """Where a name got its value before it is read; negative for what the function is given."""
    span, above = function.module.span, parents(function.module)
    at, best = span(name).start, -1
    for node in function.module.nodes.within(function.definition, ast.Name):
        if not (node.id == name.id and isinstance(node.ctx, ast.Store)):
            continue
        binding = above[node]
        while isinstance(binding, (ast.Tuple, ast.List, ast.Starred)):
            binding = above[binding]
        if isinstance(binding, ast.comprehension):
            if not any(above[binding] is each for each in _above(name, above)):
                continue
            source: ast.expr | None = binding.iter
        elif span(node).start < at:
            source = getattr(binding, "iter", None) or getattr(binding, "value", None)
        else:
            continue
        root = _root(source) if source is not None else None
        came = bound_at(function, root, depth - 1) if root is not None and depth else span(source or node).start
        best = max(best, came)
    return best


def _above(node: ast.AST, above: Parents) -> Iterator[ast.AST]:
    while node in above:
        node = above[node]
        yield node
