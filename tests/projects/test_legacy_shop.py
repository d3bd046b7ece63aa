"""The example that README migrates: it works as it is, and the first command shows its diff and writes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .colours import half_coloured

EXAMPLE = Path(__file__).parents[2] / "examples" / "legacy_shop"
TOOL = Path(sys.executable).with_name("sqla-async-fix")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "legacy_shop", ignore=shutil.ignore_patterns("__pycache__", "*.db"))


def run(*command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=120)


def sources(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*.py")}


def test_passes_its_own_tests(shop: Path) -> None:
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", directory=shop)
    assert done.returncode == 0, done.stdout
    assert "17 passed" in done.stdout


def test_the_diff_is_shown_and_nothing_is_written(shop: Path) -> None:
    before = sources(shop)
    done = run(str(TOOL), "--diff", "--unsafe-fixes", ".", directory=shop)
    assert done.returncode == 1, done.stderr
    assert sources(shop) == before
    removed = [line for line in done.stdout.splitlines() if line.startswith("-")]
    added = [line for line in done.stdout.splitlines() if line.startswith("+")]
    assert any("session.query(" in line for line in removed)
    assert any("select(" in line for line in added)
    assert not any(".query(" in line for line in added)


def test_the_diff_applies(shop: Path) -> None:
    diff = run(str(TOOL), "--diff", "--unsafe-fixes", ".", directory=shop).stdout
    (shop / "shown.diff").write_text(diff, encoding="utf-8")
    run("git", "init", "--quiet", ".", directory=shop)
    done = run("git", "apply", "shown.diff", directory=shop)
    assert done.returncode == 0, done.stderr
    assert ".query(" not in (shop / "shop" / "catalog.py").read_text(encoding="utf-8")


def test_its_tests_pass_after_the_one_command(shop: Path) -> None:
    done = run(str(TOOL), "migrate", ".", directory=shop)
    assert done.returncode == 0, done.stdout
    assert "aiosqlite: the driver of `sqlite+aiosqlite` in shop/database.py" in done.stdout
    assert "async def place" in (shop / "shop" / "orders.py").read_text(encoding="utf-8")
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", directory=shop)
    assert "17 passed" in done.stdout, done.stdout
    assert half_coloured(shop) == []
    again = run(str(TOOL), "migrate", "--diff", ".", directory=shop)
    assert (again.returncode, again.stdout) == (0, "")


def test_is_migrated_whole_from_above_it(shop: Path) -> None:
    (shop.parent / ".git").mkdir()
    done = run(str(TOOL), "--diff", "--unsafe-fixes", shop.name, directory=shop.parent)
    assert done.returncode == 1, done.stderr
    assert "+    async def place(" in done.stdout
    assert "+async def test_places_an_order(" in done.stdout
