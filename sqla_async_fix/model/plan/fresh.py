"""Relationships read from objects that the program made itself, for which nothing has been loaded (SAF501).

Objects that come from queries are in `loading`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.model.bindings import statements
from sqla_async_fix.model.kinds import ClassRef, Instance
from sqla_async_fix.model.plan.blocks import parents
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations, reaches_database
from sqla_async_fix.model.records import Load
from sqla_async_fix.model.symbols import Function, times_bound

_FILLING = frozenset(["append", "extend", "add", "update", "insert", "remove"])

_CONDITIONAL = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.ExceptHandler, ast.match_case),
    *(ast.IfExp, ast.BoolOp, ast.comprehension, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda),
)


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
    return bool(_relationships(load, colours))


def _is_at_hand(load: Load, function: Function, colours: Colours) -> bool:
    """Whether the value is there without loading: given when the object was made, or read before it was stored."""
    if not isinstance(load.node.value, ast.Name):
        return False
    name = load.node.value.id
    for value in values_of(name, function):
        call = function.record.calls.get(value) if value is not None else None
        returned = [target.returns for target in call.targets] if call is not None else []
        made = any(isinstance(kind, Instance) and kind.made for kind in returned)
        if made and call is not None and not all(_is_made_whole(load, each, colours) for each in call.targets):
            return False
        if isinstance(value, ast.Call):
            is_new = isinstance(colours.project.static(value.func, function), ClassRef)
            if is_new and not _is_given(load, value, function, colours):
                return False
    return True


def _is_made_whole(load: Load, maker: Function, colours: Colours) -> bool:
    """Whether all objects that a function returns are its own, made with what is read later."""
    needed = {load.name} if load.is_relationship else _relationships(load, colours)
    for statement in statements(maker.definition.body):
        if isinstance(statement, ast.Return) and not isinstance(statement.value, ast.Name):
            return False
        if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Name):
            name = statement.value.id
            made = list(values_of(name, maker))
            if len(made) != 1 or not isinstance(made[0], ast.Call) or times_bound(maker, name) != 1:
                return False
            if not isinstance(colours.project.static(made[0].func, maker), ClassRef):
                return False
            start = maker.module.span(made[0]).end
            stored = _stored(name, start, maker, colours)
            if not all(is_filled(name, each, made[0], stored, maker) for each in needed):
                return False
    return True


def _relationships(load: Load, colours: Colours) -> set[str]:
    """The relationships of its own instance that a method reads."""
    found: set[str] = set()
    pending, seen = [colours.project.method(load.model, load.name)], set[Function]()
    while pending:
        method = pending.pop()
        if method is None or method in seen:
            continue
        seen.add(method)
        loads = method.record.loads.values()
        found.update(each.name for each in loads if each.is_relationship and each.model == load.model)
        called = (target for call in method.record.calls.values() for target in call.targets)
        pending.extend(target for target in called if target.cls is method.cls)
    return found


def values_of(name: str, function: Function) -> Iterator[ast.expr | None]:
    """What a body assigns to a name; None for an annotation alone."""
    for binding in function.module.nodes.within(function.definition, ast.Assign, ast.AnnAssign, ast.NamedExpr):
        targets = binding.targets if isinstance(binding, ast.Assign) else [binding.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            yield binding.value


def _is_given(load: Load, made: ast.Call, function: Function, colours: Colours) -> bool:
    start, read = function.module.span(made).end, function.module.span(load.node).start
    assert isinstance(load.node.value, ast.Name)
    name = load.node.value.id
    stored = _stored(name, start, function, colours)
    return stored is None or start < read < stored or is_filled(name, load.name, made, stored, function)


def _stored(name: str, start: int, function: Function, colours: Colours) -> int | None:
    """Where the database is reached first once an object made before `start` may be known to a session."""
    position = function.module.span
    waits = [position(call.node).start for call in operations(function) if reaches_database(call)]
    waits += [
        position(call.node).start
        for call in function.record.calls.values()
        if any(target in colours.reasons for target in call.targets)
    ]
    handed = _handed_on(name, start, function)
    return min((at for at in waits if at >= handed), default=None)


def is_filled(name: str, relationship: str, made: ast.expr, stored: int | None, function: Function) -> bool:
    """Whether a relationship of a new object is surely given, assigned or filled before the object is stored."""
    if isinstance(made, ast.Call) and any(keyword.arg == relationship for keyword in made.keywords):
        return True
    above, position = parents(function.module), function.module.span
    start, around = position(made).end, _conditions(made, function)
    for node in function.module.nodes.within(function.definition, ast.Attribute):
        if not (node.attr == relationship and isinstance(node.value, ast.Name)):
            continue
        if node.value.id == name and start < position(node).start and (stored is None or position(node).start < stored):
            parent = above[node]
            filled = isinstance(node.ctx, ast.Store) or (isinstance(parent, ast.Attribute) and parent.attr in _FILLING)
            if filled and _conditions(node, function) <= around:
                return True
    return False


def _conditions(node: ast.AST, function: Function) -> set[ast.AST]:
    """The blocks and expressions around a node that may not run, or not to their end."""
    above, found = parents(function.module), set[ast.AST]()
    while node is not function.definition:
        node = above[node]
        if isinstance(node, _CONDITIONAL):
            found.add(node)
    return found


def _handed_on(name: str, start: int, function: Function) -> int:
    """Where an object made before `start` is first used as a whole, so that a session may hold it from there on; in a
    loop that begins behind `start`, where the loop begins."""
    above, position = parents(function.module), function.module.span
    first = position(function.definition).end
    for node in function.module.nodes.within(function.definition, ast.Name):
        if node.id == name and not isinstance(above[node], ast.Attribute):
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
