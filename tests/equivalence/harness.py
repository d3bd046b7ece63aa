"""The verdict on one legacy program: run it, have it rewritten, run what came out, compare.

Two forms are tried. *Sync*: the safe fixes, on a sync session. *Async*: all fixes, on an AsyncSession. Equal means: the
same result, loaded state of every entity included, or the same exception; the same writes and transactions in the same
order; the same tables afterwards; no more rows asked for. How programs look is in `programs`, what equal results are
in `difference`.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from .canonical import Camera, Canonical
from .databases import Database, Dump, Effect, async_database, dump, sync_database, template
from .difference import difference
from .programs import MODELS, Files, entry, loaded


class Answer(Enum):
    """What the oracle says about one form of a program."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_REWRITTEN = "not rewritten"
    INVALID = "invalid output"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with what it rests on: the texts, the place of the first difference, the tool's reasons."""

    answer: Answer
    detail: str = ""
    files: Files = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The program that was judged."""
        parts = [text for path, text in self.files.items() if path not in ("models.py", "database.py")]
        return "\n# ---\n".join(parts)


@dataclass(slots=True)
class Run:
    """What one run of a program did."""

    value: Canonical | None
    error: str | None
    effects: list[Effect]
    tables: Dump
    fetched: int = 0
    traceback: str = ""


def project(program: str, **others: str) -> dict[str, str]:
    """The files of a project whose program is `program`; `others` are more files by module name."""
    return {"models.py": MODELS, **{f"{name}.py": text for name, text in others.items()}, "program.py": program}


# Running


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def run_sync(files: Files) -> Run:
    """Run a program on a sync session, or on the sessions that it makes itself."""
    database = sync_database()
    database.reset()
    with _quiet(), loaded(files) as modules:
        if "database" in modules:
            engine = modules["database"].__dict__["engine"]
            with engine.connect() as connection:
                raw = connection.connection.driver_connection
                template().backup(raw)
                run = _sync_call(entry(modules), (), Database(engine, lambda: raw))
            engine.dispose()
            return run
        assert isinstance(database.engine, Engine)
        with Session(database.engine) as session:
            run = _sync_call(entry(modules), (session,), database)
    run.tables = database.dump()
    return run


def run_async(files: Files) -> Run:
    """Run a program on an AsyncSession, or on the sessions that it makes itself."""
    return _runner().run(_run_async(files))


def _sync_call(run: Callable[..., Any], arguments: tuple[Any, ...], database: Database) -> Run:
    database.recording, value, error, trace = True, None, None, ""
    try:
        result = run(*arguments)
        database.recording = False
        value = _take(result, arguments)
    except Exception as caught:
        error, trace = type(caught).__name__, repr(caught)
    finally:
        database.recording = False
    tables = {} if arguments else database.dump()
    return Run(value, error, list(database.effects), tables, database.fetched, trace)


async def _run_async(files: Files) -> Run:
    database = async_database()
    database.reset()
    with _quiet() as unawaited, loaded(files) as modules:
        if "database" in modules:
            run = await _run_with_own_engine(modules)
        else:
            assert isinstance(database.engine, AsyncEngine)
            async with AsyncSession(database.engine, expire_on_commit=False) as session:
                run = await _async_call(entry(modules), (session,), database)
            run.tables = database.dump()
    for warning in unawaited:
        if "never awaited" in str(warning.message):
            run.value, run.error = None, str(warning.message)
    return run


async def _run_with_own_engine(modules: Any) -> Run:
    engine = modules["database"].__dict__["engine"]
    if not isinstance(engine, AsyncEngine):
        return Run(None, "the engine is still sync", [], {})
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        raw: sqlite3.Connection = driver._conn
        await driver._execute(template().backup, raw)
        run = await _async_call(entry(modules), (), Database(engine, lambda: raw))
        run.tables = await driver._execute(dump, raw)
    await engine.dispose()
    return run


async def _async_call(run: Callable[..., Any], arguments: tuple[Any, ...], database: Database) -> Run:
    database.recording, value, error, trace = True, None, None, ""
    try:
        result = run(*arguments)
        if inspect.iscoroutine(result):  # what never reaches the database may have stayed sync
            result = await result
        database.recording = False
        value = await _bridge(arguments, lambda: _take(result, arguments))
    except Exception as caught:
        error, trace = type(caught).__name__, repr(caught)
    finally:
        database.recording = False
    return Run(value, error, list(database.effects), {}, database.fetched, trace)


async def _bridge(arguments: tuple[Any, ...], take: Callable[[], Canonical]) -> Canonical:
    """Take a picture where expired attributes may be read."""
    for argument in arguments:
        if isinstance(argument, AsyncSession):
            return await argument.run_sync(lambda _: take())
    return take()


def _take(result: object, arguments: tuple[Any, ...]) -> Canonical:
    for argument in arguments:
        session = argument.sync_session if isinstance(argument, AsyncSession) else argument
        if isinstance(session, Session):
            with session.no_autoflush:
                return Camera().take(result)
    return Camera().take(result)


@contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", RuntimeWarning)
        yield caught


# Judging


def compare(old: Run, new: Run, *, is_async: bool) -> str | None:
    """Where `new` does something else than `old`, or None."""
    if is_async and (old.error, new.error) == ("StopIteration", "RuntimeError"):
        pass  # no coroutine can raise StopIteration: the language turns it into the other
    elif old.error != new.error:
        return f"raises {old.error} {old.traceback}, now {new.error} {new.traceback}"
    if old.value is not None and new.value is not None:
        found = difference(old.value, new.value, more_loaded=is_async)
        if found:
            return found
    for table, rows in old.tables.items():
        if rows != new.tables.get(table):
            return f"table {table} afterwards: {rows}, now {new.tables.get(table)}"
    before, after = _undoing(old.effects), _undoing(new.effects)
    if before != after:
        return f"effects: {before}, now {after}"
    if not is_async and new.fetched > old.fetched:
        return f"queries have {old.fetched} rows, now {new.fetched}"
    return None


def _undoing(effects: list[Effect]) -> list[Effect]:
    """The effects without rollbacks that undo nothing: whether a session that is closed has read since is not one."""
    kept: list[Effect] = []
    for effect in effects:
        if effect[0] != "rollback" or (kept and kept[-1][0] not in ("commit", "rollback")):
            kept.append(effect)
    return kept


def legacy_calls(text: str) -> list[str]:
    """The legacy query expressions that a program still has."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            legacy = name in ("query", "query_property", "Query")
        else:
            legacy = isinstance(node, ast.Attribute) and node.attr == "purchase_log"
        if legacy:
            found.append(ast.unparse(node))
    return found


def judge(old: Run, files: Files, *, is_async: bool, reasons: tuple[str, ...] = ()) -> Verdict:
    """Judge one rewritten form of the program that did `old`."""

    def verdict(answer: Answer, detail: str = "") -> Verdict:
        return Verdict(answer, detail, files, reasons)

    try:
        for path, content in files.items():
            compile(content, path, "exec")
        left = [call for path, content in files.items() if path != "models.py" for call in legacy_calls(content)]
        if is_async:
            with _quiet(), loaded(files) as modules:
                coloured = inspect.iscoroutinefunction(entry(modules))
            if not coloured and (left or reasons):
                return verdict(Answer.NOT_REWRITTEN, "`run` is still sync")
            new = run_async(files)
            if not coloured and compare(old, new, is_async=True):
                return verdict(Answer.NOT_REWRITTEN, "`run` is still sync")
        else:
            new = run_sync(files)
    except Exception as error:
        return verdict(Answer.INVALID, repr(error))
    found = compare(old, new, is_async=is_async)
    if found:
        return verdict(Answer.DIFFERENT, found)
    # What is left inside `run_sync` in the async form is a bridge, and has just been seen to work.
    if left and not is_async:
        return verdict(Answer.NOT_REWRITTEN, left[0])
    return verdict(Answer.SAME)
