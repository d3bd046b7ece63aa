"""Migrate the application of SQLModel 0.0.22's chapter on testing; its own tests, in three spellings, pass afterwards.

The files are its authors' and come from the package index: `python -m tests.projects.sqlmodel_testing --help`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .migration import Migration, migrate, run
from .sandbox import Sandbox

VERSION = "0.0.22"

#: httpx below 0.28: the test client of that starlette hands it `app=`.
REQUIREMENTS = (
    f"sqlmodel=={VERSION}",
    "fastapi==0.115.0",
    "httpx<0.28",
    "pydantic<2.10",
    "sqlalchemy[asyncio]>=2.0.46,<2.1",
    "aiosqlite>=0.20",
    "pytest>=8",
    "pytest-asyncio>=0.24",
)

APPLICATION = "docs_src/tutorial/fastapi/app_testing"

#: Tests of one spelling: those of the chapter, each step on the way there, and what completes their coverage.
TESTS = 18


def migrate_application(directory: Path) -> Migration:
    """Obtain, test, migrate and test the application below `directory`; needs a package index."""
    sandbox = Sandbox(directory)
    sandbox.install(REQUIREMENTS)
    sandbox.assemble(sandbox.obtain("sqlmodel", VERSION), (APPLICATION,))
    found = (sandbox.project / APPLICATION).glob("tutorial001*/test_*.py")
    files = sorted(path.relative_to(sandbox.project).as_posix() for path in found)
    return migrate(sandbox, files, 3 * TESTS)


if __name__ == "__main__":
    sys.exit(run("tests.projects.sqlmodel_testing", __doc__, migrate_application))
