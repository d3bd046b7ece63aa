"""Entry points are read from the packaging files of a project and stay callable."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_async_fix import check_paths
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.scripts import installed

PROJECT = """
[project]
scripts = {shop = "shop.cli:main"}
gui-scripts = {shopw = "shop.gui:main [extra]"}
entry-points.plugins = {own = "shop.plugin:load", module = "shop.plugin"}
"""
POETRY = """
[tool.poetry.scripts]
shop = "shop.cli:main"
other = {reference = "shop.other:run", type = "console"}
"""
SETUP_CFG = """
[options.entry_points]
console_scripts =
    shop = shop.cli:main
    shop-admin = shop.admin:run [extra]
"""
SETUP = """
from setuptools import setup

setup(name="shop", entry_points={"console_scripts": ["shop=shop.cli:main"], "other": "x = shop.x:y"})
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pyproject.toml", PROJECT, ("shop.cli:main", "shop.gui:main", "shop.plugin:load")),
        ("pyproject.toml", POETRY, ("shop.cli:main", "shop.other:run")),
        ("pyproject.toml", "[project\n", ()),
        ("pyproject.toml", "project = 3\n", ()),
        ("setup.cfg", SETUP_CFG, ("shop.cli:main", "shop.admin:run")),
        ("setup.cfg", "x\n", ()),
        ("setup.py", SETUP, ("shop.cli:main", "shop.x:y")),
        ("setup.py", "entry_points = (\n", ()),
    ],
)
@pytest.mark.parametrize("folder", ["", "backend"])
def test_packaging_files(tmp_path: Path, folder: str, name: str, text: str, found: tuple[str, ...]) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / name).write_text(text)
    prefix = f"{folder}/" if folder else ""
    paths = [f"{prefix}src/shop/__init__.py", f"{prefix}src/shop/cli.py"]
    sources = {path: SourceFile(path, "") for path in paths}
    if name == "setup.py":
        sources[f"{prefix}setup.py"] = SourceFile(f"{prefix}setup.py", text)
    assert sorted(installed(tmp_path, sources)) == sorted(found)


def test_an_entry_point_stays_callable(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    package = tmp_path / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text(
        "from sqlalchemy import create_engine, text\n\n"
        'engine = create_engine("sqlite://")\n\n\n'
        "def main():\n"
        "    with engine.connect() as connection:\n"
        '        print(connection.scalar(text("select 1")))\n'
    )
    report = check_paths([tmp_path])
    steps = [found.rewrite.steps for found in report.violations if found.code == "SAF303" and found.rewrite]
    assert len(steps) == 1
    assert "async def _main():\n" in str(steps[0][0]).replace("\\n", "\n")
