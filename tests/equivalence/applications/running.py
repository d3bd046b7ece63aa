"""Runs an application in a forked child with a fresh database file. What equal means is in `judging`."""

from __future__ import annotations

import gc
import io
import os
import pickle
import runpy
import select
import signal
import sqlite3
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import aiosqlite  # noqa: F401  (imported before the fork, so that children need not)
import sqlalchemy.ext.asyncio
import sqlalchemy.orm  # noqa: F401

from .application import DATABASE

TIME_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Run:
    """What a program printed, the exception that ended it, the rows of every table afterwards, and what was warned of.

    `warned` are RuntimeWarnings, such as of coroutines that were never awaited; `leaked` are connections left open.
    """

    output: str
    error: str
    trace: str
    tables: tuple[tuple[str, tuple[tuple[object, ...], ...]], ...]
    warned: tuple[str, ...] = ()
    leaked: tuple[str, ...] = ()


def run(files: Mapping[str, str]) -> Run:
    """Run `main.py` as a script, in a process of its own and a directory that goes afterwards."""
    with tempfile.TemporaryDirectory() as directory:
        for path, text in files.items():
            target = Path(directory, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _child(directory, writer)
        os.close(writer)
        answer = _answer(reader, child)
        output, error, trace, warned, leaked = answer
        return Run(output, error, trace, _tables(Path(directory, DATABASE)), warned, leaked)


def _answer(reader: int, child: int) -> tuple[str, str, str, tuple[str, ...], tuple[str, ...]]:
    data = b""
    with os.fdopen(reader, "rb") as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], TIME_LIMIT)
            part = os.read(pipe.fileno(), 1 << 16) if ready else b""
            if not part:
                break
            data += part
    if not data:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not data:
        return "", "Timeout", f"no end within {TIME_LIMIT} seconds", (), ()
    found: tuple[str, str, str, tuple[str, ...], tuple[str, ...]] = pickle.loads(data)
    return found


def _child(directory: str, writer: int) -> None:
    """Run and report; never returns."""
    output, noise = io.StringIO(), io.StringIO()
    error = trace = ""
    caught: list[str] = []

    def remember(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        caught.append(f"{category.__name__}: {message}")

    try:
        os.chdir(directory)
        sys.path.insert(0, directory)
        sys.dont_write_bytecode = True
        warnings.showwarning = remember
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", RuntimeWarning)
        warnings.filterwarnings("always", message=".*garbage collector.*")
        with redirect_stdout(output), redirect_stderr(noise):
            try:
                runpy.run_path(str(Path(directory, "main.py")), run_name="__main__")
            except BaseException as problem:
                message = str(problem).partition("\n")[0]
                error, trace = f"{type(problem).__name__}: {message}", traceback.format_exc()
                del problem
            gc.collect()
        threads = [t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
        warned = tuple(text for text in caught if text.startswith("RuntimeWarning"))
        leaked = (*(text for text in caught if "garbage" in text), *(f"thread {name}" for name in threads))
        answer = pickle.dumps((output.getvalue(), error, trace, warned, leaked))
    except BaseException:
        answer = pickle.dumps(("", "Broken", traceback.format_exc(), (), ()))
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _tables(path: Path) -> tuple[tuple[str, tuple[tuple[object, ...], ...]], ...]:
    if not path.exists():
        return ()
    connection = sqlite3.connect(path)
    try:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table' order by 1")]
        return tuple((name, tuple(connection.execute(f"select * from {name} order by 1"))) for name in names)
    finally:
        connection.close()
