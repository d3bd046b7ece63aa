"""Mapped classes: what a body and its bases map, and what backrefs add. Single members are in `members`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqla_async_fix.model.kinds import Kind
from sqla_async_fix.model.mapped import Column, MappedClass, Relationship
from sqla_async_fix.model.members import ClassBody


def describe(
    name: str,
    node: ast.ClassDef,
    evaluate: Callable[[ast.expr], Kind],
    bases: Sequence[MappedClass],
    complete: bool,
    assigned: Sequence[tuple[str, ast.expr]] = (),
) -> MappedClass:
    """The class `name` as mapped by its own body and by its bases (in the order of inheritance, nearest first).

    `evaluate` gives the kind of an expression in the class's scope; `complete` says that every base is among `bases`
    or is known to map nothing. `assigned` are members set on the class after its body (`Model.name = value`).
    """
    body = ClassBody(node, evaluate)
    body.read(assigned)
    columns: dict[str, Column] = {}
    relationships: dict[str, Relationship] = {}
    hybrids: set[str] = set()
    proxies: dict[str, tuple[str, str]] = {}
    for base in reversed(bases):
        columns.update(base.columns)
        relationships.update(base.relationships)
        hybrids |= base.hybrids
        proxies.update(base.proxies)
    own = body.columns.keys() | body.relationships.keys() | body.hybrids | body.plain
    columns = {key: column for key, column in columns.items() if key not in own} | body.columns
    relationships = {key: each for key, each in relationships.items() if key not in own} | body.relationships
    inherited = [names for base in bases for names in base.unique_sets]
    return MappedClass(
        name=name,
        columns=columns,
        relationships=relationships,
        hybrids=frozenset((hybrids - own) | body.hybrids),
        proxies=proxies | body.proxies,
        unique_sets=tuple(dict.fromkeys((*inherited, *body.unique_sets()))),
        complete=complete and body.complete and all(base.complete for base in bases),
        polymorphic=body.polymorphic or any(base.polymorphic for base in bases),
        declarative=any(base.declarative for base in bases),
        has_table=body.has_table or any(base.has_table for base in bases),
        table=body.table or next((base.table for base in bases if base.table), ""),
        foreign_keys=frozenset(body.foreign_keys).union(*(base.foreign_keys for base in bases)),
    )


def link_backrefs(
    classes: Mapping[str, MappedClass], resolve: Callable[[str, str], str | None]
) -> dict[str, MappedClass]:
    """The classes with relationship targets by qualified name, directions worked out, and backrefs on their targets.

    `resolve(class name, target as written)` gives the qualified name, or None.
    """
    linked = {name: _resolved(mapped, classes, resolve) for name, mapped in classes.items()}
    for name, mapped in sorted(linked.items()):
        own = classes[name]
        for relationship in mapped.relationships.values():
            if relationship.backref and relationship.name in own.relationships:
                _add_backref(linked, name, relationship)
    return linked


def _resolved(
    mapped: MappedClass, classes: Mapping[str, MappedClass], resolve: Callable[[str, str], str | None]
) -> MappedClass:
    relationships = {}
    for key, relationship in mapped.relationships.items():
        target = relationship.target
        if target and target not in classes:
            target = resolve(mapped.name, target) or ""
        relationship = replace(relationship, target=target)
        if relationship.collection is None and target in classes:
            relationship = replace(relationship, collection=_is_collection(mapped, classes[target]))
        relationships[key] = relationship
    return replace(mapped, relationships=relationships)


def _is_collection(mapped: MappedClass, target: MappedClass) -> bool | None:
    """Which side holds the foreign key; None when both or neither do."""
    holds = bool(target.table) and target.table in mapped.foreign_keys
    held = bool(mapped.table) and mapped.table in target.foreign_keys
    return None if holds == held else held


def _add_backref(linked: dict[str, MappedClass], source: str, relationship: Relationship) -> None:
    target = linked.get(relationship.target)
    if target is None or relationship.backref in target.relationships:
        return
    collection = relationship.backref_collection
    if collection is None and relationship.collection is not None and not relationship.many_to_many:
        collection = not relationship.collection
    elif collection is None and relationship.many_to_many:
        collection = True
    made = Relationship(relationship.backref, source, collection, relationship.backref_lazy, relationship.span)
    relationships = {**target.relationships, relationship.backref: made}
    linked[target.name] = replace(target, relationships=relationships)
