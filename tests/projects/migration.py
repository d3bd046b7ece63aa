"""One command over a project of others: its own tests before and after, what changed, and whether a second run is idle.

Which project that is stands in the modules beside this one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .sandbox import Count, Sandbox, unified_diff


@dataclass(frozen=True, slots=True)
class Migration:
    """The tests before and after, what changed, and whether a second run changes more; `expected` have to pass."""

    expected: int
    before: Count
    after: Count
    failures: str
    report: str
    diff: str
    second_diff: str

    @property
    def successful(self) -> bool:
        """Whether all tests pass on both sides and the second run found nothing to do."""
        return self.before == self.after == Count(passed=self.expected) and bool(self.diff) and not self.second_diff


def migrate(sandbox: Sandbox, files: Sequence[str], expected: int) -> Migration:
    """Test, migrate and test an assembled project; each of its test `files` runs in a process of its own."""
    before, failures_before = sandbox.run_tests(files)
    legacy = sandbox.sources()
    report = sandbox.migrate().output
    migrated = sandbox.sources()
    after, failures_after = sandbox.run_tests(files)
    sandbox.migrate()
    return Migration(
        expected,
        before,
        after,
        failures_before + failures_after,
        report,
        unified_diff(legacy, migrated),
        unified_diff(migrated, sandbox.sources()),
    )


def run(program: str, description: str | None, migrate_project: Callable[[Path], Migration]) -> int:
    """Migrate from the command line, show what came out, and return 0 if it succeeded."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--directory", type=Path, help="work here and keep it (default: a temporary directory)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory: Path = options.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        migration = migrate_project(directory.resolve())
    print(migration.diff)
    print(migration.report)
    if migration.failures:
        print(migration.failures)
    if migration.second_diff:
        print(f"A second run changes more:\n{migration.second_diff}")
    print(f"before: {migration.before}\nafter:  {migration.after}")
    return 0 if migration.successful else 1
