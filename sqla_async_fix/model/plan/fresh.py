"""Relationships read from objects that the program made itself, for which nothing has been loaded (SAF501).

Objects that come from queries are in `loading`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.kinds import ClassRef, Instance
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations, reaches_database
from sqla_async_fix.model.records import Load
from sqla_async_fix.model.symbols import Function
from sqla_async_fix.model.syntax import walk

_FILLING = frozenset(["append", "extend", "add", "update", "insert", "remove"])


def unloaded_reads(function: Function, colours: Colours) -> Iterator[Load]:
    """What a function reads lazily from an object that was stored since it was made, and not refreshed."""
    for load in function.record.loads.values():
        if load.made and _is_lazy(load, colours) and not _is_at_hand(load, function, colours):
            yield load


def _is_lazy(load: Load, colours: Colours) -> bool:
    if load.is_relationship:
        mapped = colours.project.mapped(load.model)
        relationship = mapped.relationships.get(load.name) if mapped is not None else None
        return relationship is not None and relationship.lazy not in ("noload", "raise", "dynamic", "write_only")
    method = colours.project.method(load.model, load.name)
    return method is not None and _reads_lazily(method, load.model, frozenset())


def _reads_lazily(method: Function, model: str, seen: frozenset[Function]) -> bool:
    """Whether a method of a model reads a relationship of its own instance."""
    if method in seen:
        return False
    if any(load.is_relationship and load.model == model for load in method.record.loads.values()):
        return True
    called = (target for call in method.record.calls.values() for target in call.targets)
    return any(_reads_lazily(target, model, seen | {method}) for target in called if target.cls is method.cls)


def _is_at_hand(load: Load, function: Function, colours: Colours) -> bool:
    """Whether the value is there without loading: given when the object was made, or read before it was stored."""
    if not isinstance(load.node.value, ast.Name):
        return False
    name = load.node.value.id
    for binding in walk(function.definition):
        if isinstance(binding, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and _binds(binding, name):
            value = binding.value
            call = function.record.calls.get(value) if value is not None else None
            returned = [target.returns for target in call.targets] if call is not None else []
            if any(isinstance(kind, Instance) and kind.made for kind in returned):
                return False
            if isinstance(value, ast.Call):
                is_new = isinstance(colours.project.static(value.func, function), ClassRef)
                if is_new and not _is_given(load, value, function, colours):
                    return False
    return True


def _binds(binding: ast.Assign | ast.AnnAssign | ast.NamedExpr, name: str) -> bool:
    targets = binding.targets if isinstance(binding, ast.Assign) else [binding.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _is_given(load: Load, made: ast.Call, function: Function, colours: Colours) -> bool:
    if load.is_relationship and any(keyword.arg == load.name for keyword in made.keywords):
        return True
    position = function.module.span
    start, read = position(made).end, position(load.node).start
    waits = [position(call.node).start for call in operations(function) if reaches_database(call)]
    waits += [
        position(call.node).start
        for call in function.record.calls.values()
        if any(target in colours.reasons for target in call.targets)
    ]
    assert isinstance(load.node.value, ast.Name)
    handed = _handed_on(load.node.value.id, start, function)
    stored = min((at for at in waits if at >= handed), default=None)
    if stored is None or start < read < stored:
        return True
    above = parents(function.module)
    for node in walk(function.definition):
        if not (isinstance(node, ast.Attribute) and node.attr == load.name and isinstance(node.value, ast.Name)):
            continue
        if node.value.id == load.node.value.id and start < position(node).start < stored:
            parent = above[node]
            if isinstance(node.ctx, ast.Store) or (isinstance(parent, ast.Attribute) and parent.attr in _FILLING):
                return True
    return False


def _handed_on(name: str, start: int, function: Function) -> int:
    """Where an object made before `start` is first used as a whole, so that a session may hold it from there on; in a
    loop that begins behind `start`, where the loop begins."""
    above, position = parents(function.module), function.module.span
    first = position(function.definition).end
    for node in walk(function.definition):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(above[node], ast.Attribute):
            at = position(node).start
            if at <= start:
                continue
            inner = above[node]
            while inner is not function.definition:
                if isinstance(inner, (ast.For, ast.While, ast.AsyncFor)) and position(inner).start > start:
                    at = min(at, position(inner).start)
                elif isinstance(inner, ast.Call):
                    at = min(at, max(position(inner).start, start + 1))
                inner = above[inner]
            first = min(first, at)
    return first
