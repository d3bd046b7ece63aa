"""Migrate the SQL tutorial application of FastAPI 0.110.0 with one command; its own 45 tests pass before and after.

The files are its authors' and come from the package index: `python -m tests.projects.fastapi_tutorial --help`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .migration import Migration, migrate, run
from .sandbox import Sandbox

VERSION = "0.110.0"

#: pydantic 1: with 2 the tests skip themselves. httpx below 0.28: the test client of that starlette hands it `app=`.
REQUIREMENTS = (
    f"fastapi=={VERSION}",
    "pydantic>=1.10,<2",
    "httpx<0.28",
    "sqlalchemy[asyncio]>=2.0.46,<2.1",
    "aiosqlite>=0.20",
    "pytest>=8",
    "dirty-equals",
)

TESTS = "tests/test_tutorial/test_sql_databases"

#: The application in three spellings, its tests, and what the tests import.
PATHS = (
    "docs_src/sql_databases",
    "tests/__init__.py",
    "tests/utils.py",
    "tests/test_tutorial/__init__.py",
    TESTS,
)


def migrate_tutorial(directory: Path) -> Migration:
    """Obtain, test, migrate and test the tutorial below `directory`; needs a package index."""
    sandbox = Sandbox(directory)
    sandbox.install(REQUIREMENTS)
    sandbox.assemble(sandbox.obtain("fastapi", VERSION), PATHS)
    # One process a file: the tests reload modules for their side effects.
    files = sorted(path.relative_to(sandbox.project).as_posix() for path in (sandbox.project / TESTS).glob("test_*.py"))

    return migrate(sandbox, files, 45)


if __name__ == "__main__":
    sys.exit(run("tests.projects.fastapi_tutorial", __doc__, migrate_tutorial))
