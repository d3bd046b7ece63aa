"""Migrate the SQL tutorial application of FastAPI 0.110.0 with one command; its own 45 tests pass before and after.

The files are its authors' and come from the package index: `python -m tests.projects.fastapi_tutorial --help`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .sandbox import Count, Sandbox, unified_diff

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


@dataclass(frozen=True, slots=True)
class Migration:
    """The tests before and after, what changed, and whether a second run changes more."""

    before: Count
    after: Count
    failures: str
    report: str
    diff: str
    second_diff: str

    @property
    def successful(self) -> bool:
        """Whether 45 tests pass on both sides and the second run found nothing to do."""
        return self.before == self.after == Count(passed=45) and bool(self.diff) and not self.second_diff


def migrate_tutorial(directory: Path) -> Migration:
    """Obtain, test, migrate and test the tutorial below `directory`; needs a package index."""
    sandbox = Sandbox(directory)
    sandbox.install(REQUIREMENTS)
    sandbox.assemble(sandbox.obtain("fastapi", VERSION), PATHS)
    # One process a file: the tests reload modules for their side effects.
    files = sorted(path.relative_to(sandbox.project).as_posix() for path in (sandbox.project / TESTS).glob("test_*.py"))

    before, failures_before = sandbox.run_tests(files)
    legacy = sandbox.sources()
    report = sandbox.migrate().output
    migrated = sandbox.sources()
    after, failures_after = sandbox.run_tests(files)
    sandbox.migrate()
    return Migration(
        before,
        after,
        failures_before + failures_after,
        report,
        unified_diff(legacy, migrated),
        unified_diff(migrated, sandbox.sources()),
    )


def main() -> int:
    """Run the migration, show it, and return 0 if it succeeded."""
    parser = argparse.ArgumentParser(prog="python -m tests.projects.fastapi_tutorial", description=__doc__)
    parser.add_argument("--directory", type=Path, help="work here and keep it (default: a temporary directory)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        migration = migrate_tutorial(directory.resolve())
    print(migration.diff)
    print(migration.report)
    if migration.failures:
        print(migration.failures)
    if migration.second_diff:
        print(f"A second run changes more:\n{migration.second_diff}")
    print(f"before: {migration.before}\nafter:  {migration.after}")
    return 0 if migration.successful else 1


if __name__ == "__main__":
    sys.exit(main())
