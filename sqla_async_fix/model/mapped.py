"""Mapped classes: columns, keys, uniqueness, relationships with their loader strategy. Queries are not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column; `hashable` is False for JSON, ARRAY and types not known to hash, `deferred` if loaded on demand.

    `unhashable`: it surely is JSON, ARRAY or the like. `renamed`: the table's column is named otherwise. `references`:
    the table that its foreign key leads to, if it has one. `server_onupdate`: the database sets it on an update.
    `computed`: it is an expression of other columns.
    """

    name: str
    primary_key: bool = False
    unique: bool = False
    nullable: bool = True
    hashable: bool = True
    deferred: bool = False
    unhashable: bool = False
    renamed: bool = False
    server_default: bool = False
    server_onupdate: bool = False
    computed: bool = False
    references: str = ""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship; `target` is a qualified class name or empty, `collection` None when unknown.

    `lazy` is the loader strategy's text (None when unknown), `span` line and column of the call. `backref` is the
    name of the relationship that it makes on its target, with that one's strategy and whether it is a collection.
    `many_to_many`: it goes over a secondary table.
    """

    name: str
    target: str
    collection: bool | None
    lazy: str | None
    span: tuple[int, int]
    backref: str = ""
    backref_lazy: str | None = "select"
    backref_collection: bool | None = None
    many_to_many: bool = False


@dataclass(frozen=True, slots=True)
class MappedClass:
    """A mapped class by qualified name, with everything it inherits.

    `complete` is False when a base, mixin or member could not be read, so that unknown columns, relationships or
    unique constraints may exist. `unique_sets` are sets of column attributes that are unique together. `declarative`:
    a base makes it a declarative class; `has_table`: it or a base has `__tablename__` or `__table__`. `table` is the
    table's name, `foreign_keys` are the names of the tables that its own foreign keys lead to.
    `proxies` are association proxies, each with its relationship and the attribute that it reads of what is in there.
    `stands_for`: it bounds a type variable, whose values are these mapped classes (one empty name: not known yet).
    """

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)
    hybrids: frozenset[str] = frozenset()
    proxies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unique_sets: tuple[frozenset[str], ...] = ()
    complete: bool = True
    polymorphic: bool = False
    declarative: bool = False
    has_table: bool = False
    table: str = ""
    foreign_keys: frozenset[str] = frozenset()
    stands_for: tuple[str, ...] = ()

    @property
    def is_mapped(self) -> bool:
        """Whether it is mapped to a table, rather than a mixin, an abstract base or a plain class."""
        return self.declarative and (self.has_table or bool(self.stands_for) or bool(self.primary_key()))

    def primary_key(self) -> frozenset[str]:
        """The attribute names of the primary key; empty when unknown."""
        return frozenset(name for name, column in self.columns.items() if column.primary_key)

    def attribute_type(self, name: str) -> str:
        """`column`, `relationship`, `hybrid` or `other`."""
        if name in self.columns:
            return "column"
        if name in self.relationships:
            return "relationship"
        return "hybrid" if name in self.hybrids else "other"
