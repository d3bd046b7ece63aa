"""What a program returned, as plain data that two runs with different sessions and mapped classes can be compared by.

Takes a picture only; which pictures count as equal is in `difference`. Must be called where a sync session may load:
an attribute that is expired is read, because reading it is what the caller of a legacy program would do.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import inspect
from sqlalchemy.engine import Result, Row, ScalarResult
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import InstanceState, Query
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import SelectBase

Picture: TypeAlias = Any
"""Nested tuples of a kind's name and its parts; an entity is a reference into `Canonical.entities`."""


@dataclass(slots=True)
class Entity:
    """One mapped object: column values as a caller would read them, loaded relationships, what is not loaded."""

    state: str
    columns: dict[str, Picture] = field(default_factory=dict)
    relations: dict[str, Picture] = field(default_factory=dict)
    unloaded: frozenset[str] = frozenset()


@dataclass(slots=True)
class Canonical:
    """A result: its picture, and every entity reached from it by reference."""

    picture: Picture = None
    entities: dict[str, Entity] = field(default_factory=dict)


class Camera:
    """Takes the picture of one result; identity of objects is kept through references."""

    def __init__(self) -> None:
        self._canonical = Canonical()
        self._references: dict[int, str] = {}
        self._kept: list[object] = []

    def take(self, value: object) -> Canonical:
        """The canonical form of `value`, a result of a program."""
        self._canonical.picture = self._picture(value)
        return self._canonical

    def _picture(self, value: Any) -> Picture:
        kind = type(value)
        if value is None or kind in (bool, int, float, str, bytes):
            return (kind.__name__, repr(value))
        if isinstance(value, enum.Enum):
            return ("enum", kind.__name__, value.name)
        if isinstance(value, Row):
            return ("row", tuple(map(self._picture, value)), tuple(value._fields))
        if kind in (list, tuple) or isinstance(value, list):
            return ("list" if isinstance(value, list) else "tuple", tuple(map(self._picture, value)))
        if isinstance(value, (set, frozenset)):
            return ("set", tuple(sorted(map(self._picture, value), key=repr)))
        if isinstance(value, Mapping):
            return ("mapping", tuple((self._picture(k), self._picture(v)) for k, v in value.items()))
        if isinstance(value, (Result, ScalarResult)):
            return ("result", kind.__name__)
        if isinstance(value, Query):
            return ("statement",)
        if isinstance(value, ClauseElement):
            return ("statement",) if isinstance(value, SelectBase) else ("clause", str(value))
        if isinstance(value, BaseException):
            return ("exception", kind.__name__)
        if isinstance(value, Iterator):
            return ("iterator", tuple(map(self._picture, value)))
        return self._object(value)

    def _object(self, value: Any) -> Picture:
        try:
            state = inspect(value)
        except NoInspectionAvailable:
            state = None
        if isinstance(state, InstanceState):
            return ("entity", self._reference(value, state))
        if isinstance(value, type) or callable(value):
            return ("name", getattr(value, "__qualname__", type(value).__qualname__))
        if hasattr(value, "__await__") or hasattr(value, "__aiter__"):
            getattr(value, "close", lambda: None)()
            return ("awaitable", type(value).__name__)
        return ("object", type(value).__name__, self._attributes(value))

    def _attributes(self, value: Any) -> Picture:
        held = getattr(value, "__dict__", None)
        if not held:
            return ("str", "")
        # A program's own object may hold the session, which is another one on purpose.
        kept = {k: v for k, v in held.items() if "session" not in k.lower() and k not in ("s", "db")}
        return tuple((k, self._picture(v)) for k, v in sorted(kept.items()))

    def _reference(self, value: Any, state: InstanceState[Any]) -> str:
        known = self._references.get(id(value))
        if known is not None:
            return known
        key = "new" if state.identity is None else "/".join(map(str, state.identity))
        base = name = f"{type(value).__name__}:{key}"
        twin = 1
        while name in self._canonical.entities:
            twin += 1
            name = f"{base}#{twin}"
        self._references[id(value)] = name
        self._kept.append(value)
        entity = self._canonical.entities[name] = Entity(_situation(state))
        self._fill(entity, value, state)
        return name

    def _fill(self, entity: Entity, value: Any, state: InstanceState[Any]) -> None:
        mapper, loaded, unloaded = state.mapper, state.dict, set()
        relations = dict(state.dict)  # reading an expired column may load more than was asked for
        for attribute in mapper.column_attrs:
            if attribute.key in loaded:
                entity.columns[attribute.key] = self._picture(loaded[attribute.key])
            elif attribute.key in state.expired_attributes:
                entity.columns[attribute.key] = self._read(value, attribute.key)
            else:
                unloaded.add(attribute.key)
        for relation in mapper.relationships:
            if relation.key in relations and relation.lazy != "dynamic":
                entity.relations[relation.key] = self._picture(relations[relation.key])
        entity.unloaded = frozenset(unloaded)

    def _read(self, value: Any, key: str) -> Picture:
        try:
            return self._picture(getattr(value, key))
        except Exception as error:
            return ("unreadable", type(error).__name__)


def _situation(state: InstanceState[Any]) -> str:
    names = ("transient", "pending", "persistent", "deleted", "detached")
    return next((name for name in names if getattr(state, name)), "unknown")
