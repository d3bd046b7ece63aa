"""The projects of others that are migrated: where they come from, what they need, and which of their tests are run.

How that is done is in `sandbox` and `projects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TESTS = ("aiosqlite>=0.20", "pytest>=8", "pytest-asyncio>=0.24")
_ASYNC = ("sqlalchemy[asyncio]>=2.0.46,<2.1", *_TESTS)
"""What a migrated project and its tests need."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A project out of a source distribution.

    `package` is named where it differs from `name`. Of its files `paths` make the project (all if there are none), and
    it is imported from its folder `sources`. `tests` are patterns of files or folders, of which each match is run in a
    process of its own. `requirements` are installed for it."""

    name: str
    version: str
    requirements: tuple[str, ...]
    tests: tuple[str, ...]
    paths: tuple[str, ...] = ()
    sources: str = "."
    package: str = ""

    @property
    def distribution(self) -> str:
        """The package that it comes from."""
        return self.package or self.name

    def test_files(self, project: Path) -> Sequence[str]:
        """The tests that it names, in order."""
        found = (path for pattern in self.tests for path in project.glob(pattern))
        return sorted(path.relative_to(project).as_posix() for path in found)


ENTRIES = (
    Entry(
        name="fastapi-tutorial",
        package="fastapi",
        version="0.110.0",
        # pydantic 1: with 2 the tests skip themselves. httpx below 0.28: that starlette's test client hands it `app=`.
        requirements=("fastapi==0.110.0", "pydantic>=1.10,<2", "httpx<0.28", "dirty-equals", *_ASYNC),
        # The application in three spellings, its tests, and what the tests import.
        paths=(
            "docs_src/sql_databases",
            "tests/__init__.py",
            "tests/utils.py",
            "tests/test_tutorial/__init__.py",
            "tests/test_tutorial/test_sql_databases",
        ),
        # One process a file: the tests reload modules for their side effects.
        tests=("tests/test_tutorial/test_sql_databases/test_*.py",),
    ),
    Entry(
        name="sqlmodel-testing",
        package="sqlmodel",
        version="0.0.22",
        # httpx below 0.28: the test client of that starlette hands it `app=`.
        requirements=("sqlmodel==0.0.22", "fastapi==0.115.0", "httpx<0.28", "pydantic<2.10", *_ASYNC),
        paths=("docs_src/tutorial/fastapi/app_testing",),
        tests=("docs_src/tutorial/fastapi/app_testing/tutorial001*/test_*.py",),
    ),
    Entry(
        name="hamster-lib",
        version="0.13.2",
        # SQLAlchemy 1.4: it maps its classes by `mapper()`.
        requirements=(
            *("appdirs", "future", "icalendar<5", "six", "configparser", "setuptools<81", "sqlalchemy[asyncio]<2"),
            *(
                "freezegun",
                "pytest-factoryboy",
                "pytest-mock",
                "pytest-faker",
                "factory-boy<3",
                "fauxfactory",
                *_TESTS,
            ),
        ),
        # Without its setup.cfg, whose section for pytest is of an old form.
        paths=("hamster_lib", "tests"),
        tests=("tests",),
    ),
    Entry(
        name="pybel",
        version="0.15.5",
        requirements=(
            *("networkx<3", "click", "click-plugins", "bel-resources", "more-itertools", "requests", "requests-file"),
            *("pyparsing", "tqdm", "humanize", "tabulate", "pandas<3", "jsonschema", "bioregistry", "ratelimit"),
            *("pystow", "psycopg2-binary", "mock", *_ASYNC),
        ),
        tests=("tests/test_manager",),
        sources="src",
    ),
)
