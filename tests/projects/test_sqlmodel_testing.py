"""The application of SQLModel 0.0.22's chapter on testing, migrated by one command, passes its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .colours import half_coloured
from .sandbox import Count
from .sqlmodel_testing import TESTS, migrate_application


@pytest.mark.slow
def test_migrated_application_passes_its_own_tests(tmp_path: Path) -> None:
    migration = migrate_application(tmp_path)
    assert migration.before == Count(passed=3 * TESTS), migration.failures
    assert migration.after == Count(passed=3 * TESTS), f"{migration.failures}\n{migration.diff}"
    assert migration.second_diff == ""
    assert half_coloured(tmp_path / "project") == []
