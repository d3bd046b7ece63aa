"""The tutorial of FastAPI 0.110.0, migrated by one command, passes its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .colours import half_coloured
from .fastapi_tutorial import TESTS, migrate_tutorial
from .sandbox import Count


@pytest.mark.slow
def test_migrated_tutorial_passes_its_own_tests(tmp_path: Path) -> None:
    migration = migrate_tutorial(tmp_path)
    assert migration.before == Count(passed=45), migration.failures
    assert migration.after == Count(passed=45), f"{migration.failures}\n{migration.diff}"
    assert migration.second_diff == ""
    assert half_coloured(tmp_path / "project") == []
    assert TESTS not in migration.diff, "the test modules that only talk HTTP stay as they are"
