"""Fresh in-memory databases with the oracle's rows, one sync and one async, each a copy of one template.

An engine lives as long as the process and its database is overwritten before every program, because opening an
aiosqlite connection (a thread) costs more than most programs. What is run on them is in `harness`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import aiosqlite
from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from . import models
from .data import ROWS

Dump: TypeAlias = dict[str, list[tuple[Any, ...]]]
Effect: TypeAlias = tuple[str, str]


@cache
def template() -> sqlite3.Connection:
    """The database that the others are copied from: the schema of `models` with the rows of `data`."""
    raw = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    models.Base.metadata.create_all(engine)
    for table in models.Base.metadata.sorted_tables:
        for row in ROWS[table.name]:
            values = {key: _stored(table, key, value) for key, value in row.items()}
            columns, marks = ", ".join(f'"{key}"' for key in values), ", ".join("?" * len(values))
            raw.execute(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", tuple(values.values()))
    raw.commit()
    return raw


def _stored(table: Table, key: str, value: Any) -> Any:
    return json.dumps(value) if table.name == "settings" and key == "data" else value


class Database:
    """One engine over one raw connection that can be overwritten and read from outside, while no program is running.

    `effects` are the writes and transactions of the program that is recorded, `fetched` the number of rows that its
    queries have; of an async engine that is not known, because its connection belongs to a thread.
    """

    def __init__(self, engine: Engine | AsyncEngine, raw: Callable[[], sqlite3.Connection]) -> None:
        self.engine = engine
        self._raw = raw
        self.threaded = isinstance(engine, AsyncEngine)
        self.effects: list[Effect] = []
        self.fetched = 0
        self.recording = False
        self._listen(engine.sync_engine if isinstance(engine, AsyncEngine) else engine)

    def reset(self) -> None:
        """Make the database what the template is, and forget the effects."""
        raw = self._raw()
        raw.rollback()
        template().backup(raw)
        self.effects.clear()
        self.fetched = 0

    def dump(self) -> Dump:
        """Every row of every table in a fixed order, after what is not committed is undone."""
        return dump(self._raw())

    def _listen(self, engine: Engine) -> None:
        def statement(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
            if not self.recording:
                return
            if not text.lstrip("( \n").upper().startswith(("SELECT", "WITH", "PRAGMA", "BEGIN")):
                self.effects.append((_in_order(text), repr(parameters)))
            elif not self.threaded and text != "BEGIN":
                self.fetched += _rows_of(self._raw(), text, parameters)

        def transaction(name: str) -> Callable[..., None]:
            def note(*_: Any) -> None:
                if self.recording:
                    self.effects.append((name, ""))

            return note

        def begin(connection: Any) -> None:
            if self._raw().isolation_level is None:
                connection.exec_driver_sql("BEGIN")

        event.listen(engine, "begin", begin)
        event.listen(engine, "before_cursor_execute", statement)
        for name in ("commit", "rollback", "savepoint", "rollback_savepoint", "release_savepoint"):
            event.listen(engine, name, transaction(name))


def _rows_of(raw: sqlite3.Connection, text: str, parameters: Any) -> int:
    """How many rows a query has, which is what a lost LIMIT changes even where the result is the same."""
    try:
        return len(raw.execute(text, parameters).fetchall())
    except sqlite3.Error:
        return 0  # the program meets the error itself


def dump(raw: sqlite3.Connection) -> Dump:
    """Every row of every table of `raw` in a fixed order, after what is not committed is undone."""
    raw.rollback()
    return {
        name: sorted(raw.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in models.Base.metadata.tables
    }


class _Kept(sqlite3.Connection):
    """A connection that stays open: after a failure a pool closes it, on aiosqlite from a thread of its own."""

    def close(self) -> None:
        """Leave it open."""


class Raw:
    """The one raw connection of a database, made on first use with the template's content."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def __call__(self) -> sqlite3.Connection:
        """The connection."""
        if self._connection is None:
            raw = self._connection = sqlite3.connect(":memory:", check_same_thread=False, factory=_Kept)
            raw.execute("PRAGMA foreign_keys=ON")
            raw.isolation_level = None  # the driver's own BEGIN comes too late for savepoints; `Database` sends it
            template().backup(raw)
        return self._connection


@cache
def sync_database() -> Database:
    """The database that legacy programs and their sync rewrites run on."""
    raw = Raw()
    return Database(create_engine("sqlite://", creator=raw, poolclass=StaticPool), raw)


@cache
def async_database() -> Database:
    """The database that async rewrites run on."""
    raw = Raw()

    async def opened() -> aiosqlite.Connection:
        connection = aiosqlite.Connection(raw, iter_chunk_size=64)
        # Nothing closes this connection, and its thread must not keep the process alive; older releases are the thread.
        thread: Any = getattr(connection, "_thread", connection)
        thread.daemon = True
        return await connection

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=opened, poolclass=StaticPool)
    return Database(engine, raw)


def _in_order(statement: str) -> str:
    """A statement with the columns that it returns in an order of their own, for SQLAlchemy takes them from a set; what
    an UPDATE or DELETE returns is fetched otherwise, or not at all, by other options that do the same."""
    text, returning, columns = statement.partition(" RETURNING ")
    if text.startswith(("UPDATE", "DELETE")):
        return text
    return f"{text}{returning}{', '.join(sorted(columns.split(', ')))}" if returning else statement
