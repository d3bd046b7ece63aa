"""What a project has to add: read from wherever it declares, compared with what its new texts use."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.migration.declared import declared_requirements, parse_requirement
from sqla_async_fix.migration.dependencies import missing_dependencies
from sqla_async_fix.model.knowledge.drivers import ASYNC_SCHEMES, PACKAGES

BEFORE = 'from sqlalchemy import create_engine\nengine = create_engine("postgresql://localhost/shop")\n'
AFTER = (
    "import pytest_asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    'engine = create_async_engine("postgresql+asyncpg://localhost/shop")\n'
)


def missing(root: Path, after: str = AFTER, before: str = BEFORE) -> list[str]:
    """The requirements that are missing after one file changed."""
    changed = [(SourceFile("app.py", before), SourceFile("app.py", after))]
    return [need.requirement for need in missing_dependencies(root, changed)]


def test_every_driver_has_a_distribution() -> None:
    assert {scheme.partition("+")[2] for scheme in ASYNC_SCHEMES} == PACKAGES.keys()


def test_without_any_declaration_all_is_named(tmp_path: Path) -> None:
    assert missing(tmp_path) == ["sqlalchemy[asyncio]>=2.0", "asyncpg", "pytest-asyncio"]


def test_what_was_used_before_is_not_named(tmp_path: Path) -> None:
    assert missing(tmp_path, AFTER + "x = 1\n", AFTER) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "pyproject.toml",
            '[project]\ndependencies = ["SQLAlchemy[asyncio]>=2", "asyncpg ; python_version > \'3.8\'"]\n'
            '[dependency-groups]\ntest = ["pytest_asyncio~=0.24", {include-group = "x"}]\n',
        ),
        (
            "pyproject.toml",
            '[project.optional-dependencies]\nall = ["sqlalchemy [asyncio] (>=2.0)", "asyncpg", "pytest-asyncio"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nsqlalchemy = {version = "^2.0", extras = ["asyncio"]}\nasyncpg = "*"\n'
            '[tool.poetry.group.test.dependencies]\npytest-asyncio = "0.24"\n',
        ),
        (
            "requirements-dev.txt",
            "-r base.txt\n# tests\nsqlalchemy[asyncio]==2.0.40 --hash=sha256:0\nasyncpg  # fast\npytest-asyncio\n",
        ),
        ("requirements/base.in", "SQLAlchemy==2.0.40\ngreenlet\nasyncpg\npytest.asyncio\n"),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n  sqlalchemy[asyncio]\n  asyncpg\n"
            "[options.extras_require]\ntest = pytest-asyncio\n",
        ),
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['sqlalchemy[asyncio]', 'asyncpg'],"
            " extras_require={'test': ['pytest-asyncio']})\n",
        ),
        (
            "Pipfile",
            '[packages]\nsqlalchemy = {extras = ["asyncio"], version = ">=2"}\nasyncpg = "*"\n'
            '[dev-packages]\npytest-asyncio = "*"\n',
        ),
    ],
)
def test_what_is_declared_is_not_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert missing(tmp_path) == []


@pytest.mark.parametrize(
    ("versions", "named"),
    [
        ("==1.4.46", True),
        ("~=1.4", True),
        ("<2", True),
        (">=1.4,<2.0", True),
        ("<=1.4", True),
        (">=1.4", False),
        (">=1.3,<3", False),
        ("<2.1", False),
        ("==2.0.1", False),
        ("!=1.4.3", False),
    ],
)
def test_versions_without_2_0_are_named_whatever_the_extras(tmp_path: Path, versions: str, named: bool) -> None:
    (tmp_path / "requirements.txt").write_text(f"sqlalchemy[asyncio]{versions}\nasyncpg\npytest-asyncio\n")
    assert missing(tmp_path) == (["sqlalchemy[asyncio]>=2.0"] if named else [])


def test_a_scoped_loop_needs_a_version_that_knows_it(tmp_path: Path) -> None:
    after = 'import pytest\n\n@pytest.mark.asyncio(loop_scope="module")\nasync def test_a():\n    pass\n'
    assert missing(tmp_path, after) == ["pytest-asyncio>=0.24"]


def test_files_that_cannot_be_read_declare_nothing(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py"):
        (tmp_path / name).write_text("[ = (\n")
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe\n")
    assert declared_requirements(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "./local", "-e .", "git+https://example.org/x.git", "= 3", "name with spaces"])
def test_what_is_no_requirement(text: str) -> None:
    assert parse_requirement(text) is None
