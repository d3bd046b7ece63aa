"""Who runs the asynchronous tests of a project, by the settings of pytest or by its tests. No test is run here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.packaging_files import project_folders, read_sections, read_toml, table

_MARKS = re.compile(r"\bmark\.(anyio|asyncio)\b|\bimport (pytest_asyncio)\b")
_SECTIONS = {"pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}


def async_tests(root: Path, sources: Mapping[str, SourceFile]) -> str:
    """`auto` where pytest-asyncio takes every coroutine function for its own, `anyio` where the tests there are have
    marks of anyio only, else `asyncio`."""
    modes = {mode for folder in project_folders(sources) for mode in _modes(root / folder)}
    if modes:
        return "auto" if modes == {"auto"} else "asyncio"
    found = {mark for source in sources.values() if "mark." in source.text for mark in _MARKS.findall(source.text)}
    return "anyio" if found == {("anyio", "")} else "asyncio"


def _modes(folder: Path) -> Iterator[str]:
    """The modes of pytest-asyncio that the settings in a folder name."""
    pyproject = table(read_toml(folder / "pyproject.toml"), "tool", "pytest")
    given = [table(pyproject, "ini_options"), pyproject]
    given += [read_sections(folder / name).get(section, {}) for name, section in _SECTIONS.items()]
    yield from (str(each["asyncio_mode"]).strip() for each in given if "asyncio_mode" in each)
