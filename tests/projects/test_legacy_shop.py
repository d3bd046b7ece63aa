"""The example that README migrates: it works, the diff applies, and `migrate` takes it over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .colours import half_coloured

EXAMPLE = Path(__file__).parents[2] / "examples" / "legacy_shop"
TOOL = Path(sys.executable).with_name("sqla-async-fix")
TESTS = 47

SESSION = (
    ("shop.cli", "seed"),
    ("shop.cli", "order", "ada@example.com", "TEA-1=2", "CUP-1=1"),
    ("shop.cli", "report"),
    ("shop.jobs",),
)
"""What is run of its commands, one after the other on one database."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "legacy_shop", ignore=shutil.ignore_patterns("__pycache__", "*.db"))


def run(*command: str, directory: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=120, env=environment
    )


def own_tests(shop: Path) -> str:
    """What its tests print; a coroutine that nobody awaits is an error."""
    strict = ("-W", "error::RuntimeWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning")
    plugins = ("-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
    command = (sys.executable, "-m", "pytest", "-q", *plugins, *strict)
    return run(*command, directory=shop, environment={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}).stdout


def printed(shop: Path, database: Path) -> list[str]:
    """What its commands print, on an empty database in a folder of its own."""
    database.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(shop)}
    strict = (sys.executable, "-W", "error::RuntimeWarning", "-m")
    outputs = [run(*strict, *command, directory=database, environment=environment) for command in SESSION]
    return [done.stdout + done.stderr for done in outputs]


def sources(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*.py")}


def test_the_diff_is_shown_and_applies(shop: Path) -> None:
    before = sources(shop)
    done = run(str(TOOL), "--diff", "--unsafe-fixes", ".", directory=shop)
    assert done.returncode == 1, done.stderr
    assert sources(shop) == before
    removed = [line for line in done.stdout.splitlines() if line.startswith("-")]
    added = [line for line in done.stdout.splitlines() if line.startswith("+")]
    assert any("session.query(" in line for line in removed)
    assert any("select(" in line for line in added)
    assert not any("session.query(" in line for line in added)

    (shop / "shown.diff").write_text(done.stdout, encoding="utf-8")
    run("git", "init", "--quiet", ".", directory=shop)
    done = run("git", "apply", "shown.diff", directory=shop)
    assert done.returncode == 0, done.stderr
    assert "async def place" in (shop / "shop" / "services" / "orders.py").read_text(encoding="utf-8")


def test_its_tests_pass_and_its_commands_print_the_same_after_the_one_command(shop: Path, tmp_path: Path) -> None:
    assert f"{TESTS} passed" in own_tests(shop)
    before = printed(shop, tmp_path / "before")
    assert "Order 1 of Ada: 16.00\n" in before

    done = run(str(TOOL), "migrate", ".", directory=shop)
    assert "aiosqlite: the driver of `sqlite+aiosqlite` in shop/config.py" in done.stdout
    changed = "29 files: 111 functions made async, 196 awaits inserted, 48 queries rewritten"
    assert f"Changed {changed}; 1 place left to look at." in done.stdout
    assert "comes from outside of the program" in done.stdout

    after = own_tests(shop)
    assert f"{TESTS} passed" in after, after
    assert printed(shop, tmp_path / "after") == before
    assert half_coloured(shop) == []
    again = run(str(TOOL), "migrate", ".", directory=shop)
    assert (again.returncode, again.stdout) == (0, "Nothing to migrate!\n")


def test_is_migrated_whole_from_above_it(shop: Path) -> None:
    (shop.parent / ".git").mkdir()
    done = run(str(TOOL), "--diff", "--unsafe-fixes", shop.name, directory=shop.parent)
    assert done.returncode == 1, done.stderr
    assert "+    async def place(" in done.stdout
    assert "+async def test_places_an_order(" in done.stdout
