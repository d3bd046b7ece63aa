"""Who runs asynchronous tests is read from pytest's settings, else from the marks of the tests there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.pytest_settings import async_tests

ANYIO = "@pytest.mark.anyio\nasync def test(): ...\n"
ASYNCIO = "@pytest.mark.asyncio\nasync def test(): ...\n"


@pytest.mark.parametrize(
    ("name", "settings", "runner"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n', "auto"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nasyncio_mode = "strict"\n', "asyncio"),
        ("pytest.ini", "[pytest]\nasyncio_mode = auto\n", "auto"),
        ("tox.ini", "[pytest]\nasyncio_mode = auto\n", "auto"),
        ("setup.cfg", "[tool:pytest]\nasyncio_mode = auto\n", "auto"),
        ("setup.cfg", "[pytest]\nasyncio_mode = auto\n", "asyncio"),
    ],
)
def test_the_settings_say_it(tmp_path: Path, name: str, settings: str, runner: str) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / name).write_text(settings)
    assert async_tests(tmp_path, {"backend/shop.py": SourceFile("backend/shop.py", "")}) == runner


@pytest.mark.parametrize(
    ("tests", "runner"), [(ANYIO, "anyio"), (ASYNCIO, "asyncio"), (ANYIO + ASYNCIO, "asyncio"), ("", "asyncio")]
)
def test_else_the_tests_say_it(tmp_path: Path, tests: str, runner: str) -> None:
    assert async_tests(tmp_path, {"test_shop.py": SourceFile("test_shop.py", tests)}) == runner


def test_contradicting_settings_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    (tmp_path / "tox.ini").write_text("[pytest]\nasyncio_mode = strict\n")
    assert async_tests(tmp_path, {}) == "asyncio"
