"""Applications of others, migrated by one command, pass their own tests (`benchmarks.migration.projects`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.migration.entries import ENTRIES
from benchmarks.migration.projects import migrate
from benchmarks.migration.sandbox import Count


@pytest.mark.slow
@pytest.mark.parametrize(("name", "tests"), [("fastapi-tutorial", 45), ("sqlmodel-testing", 54)])
def test_migrated_applications_pass_their_own_tests(tmp_path: Path, name: str, tests: int) -> None:
    entry = next(entry for entry in ENTRIES if entry.name == name)
    migration = migrate(entry, tmp_path)
    assert migration.before == Count(passed=tests), migration.failures
    assert migration.after == Count(passed=tests), f"{migration.failures}\n{migration.diff}"
    assert migration.refused is None
    assert migration.faithful
