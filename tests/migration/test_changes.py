"""What a file's change amounts to is counted in its trees, by the names of its functions."""

from __future__ import annotations

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.migration.changes import FileChange, MadeAsync, count_changes
from sqla_async_fix.migration.rows import Origins

BEFORE = '''\
"""async def and await in words are not counted."""


async def already():
    await nothing()


class Unit:
    def __enter__(self):
        return self

    def get(self):
        def inner():
            return 1

        return inner()


if __name__ == "__main__":
    already()
'''
AFTER = '''\
"""async def and await in words are not counted."""
import asyncio


async def already():
    await nothing()


class Unit:
    async def __aenter__(self):
        return self

    async def get(self):
        async def inner():
            return await x(await y())

        return await inner()


async def main():
    await already()


if __name__ == "__main__":
    asyncio.run(main())
'''


def test_functions_awaits_and_lines_are_counted() -> None:
    before, after = SourceFile("a.py", BEFORE), SourceFile("a.py", AFTER)
    (change,) = count_changes([(before, after)], [], Origins({"a.py": before}, {"a.py": after}))
    assert change == FileChange(
        "a.py",
        (
            MadeAsync("Unit.__aenter__", 9),
            MadeAsync("Unit.get", 12),
            MadeAsync("Unit.get.inner", 13),
            MadeAsync("main", 16),
        ),
        awaits=4,
        queries=0,
        added=11,
        removed=6,
    )
