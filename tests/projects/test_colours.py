"""The checker of half-coloured programs finds what is wrong, and nothing in what is right."""

from __future__ import annotations

from pathlib import Path

from .colours import half_coloured

_STORE = """
import contextlib


async def load(key): ...


def name(key): ...


@contextlib.asynccontextmanager
async def opened():
    yield


async def rows():
    yield


class Base:
    async def find_user(self): ...


class Store(Base):
    async def both(self):
        await self.find_user()
        return await super().find_user()
"""

_RIGHT = """
import asyncio

from store import load, name, opened, rows


async def right(store):
    async with opened():
        await load(name(1))
    async for row in rows():
        await asyncio.gather(load(1), *[store.both() for _ in range(2)])
    return [await store.find_user() for _ in range(2)]


asyncio.run(load(1))
"""

_WRONG = """
import store
from store import load, name, opened, rows


async def wrong(other):
    load(1)
    return await name(1)


def also_wrong(other):
    with opened():
        for row in rows():
            store.load(1)
    other.find_user()
"""


def test_a_program_of_one_colour_has_no_faults(tmp_path: Path) -> None:
    (tmp_path / "store.py").write_text(_STORE, encoding="utf-8")
    (tmp_path / "right.py").write_text(_RIGHT, encoding="utf-8")
    assert half_coloured(tmp_path) == []


def test_half_coloured_calls_are_found(tmp_path: Path) -> None:
    (tmp_path / "store.py").write_text(_STORE, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(_WRONG, encoding="utf-8")
    assert sorted(half_coloured(tmp_path)) == [
        "wrong.py:12: `opened` is entered by a plain `with`",
        "wrong.py:13: `rows` is run through by a plain `for`",
        "wrong.py:14: `load` is not awaited",
        "wrong.py:15: `find_user` is not awaited",
        "wrong.py:7: `load` is not awaited",
        "wrong.py:8: `name` is awaited and is a plain function",
    ]
