"""Fixtures that several rooms share."""

from __future__ import annotations

import pytest

from tests.toy_rules import TOY_RULES, ToyProject


@pytest.fixture
def toy_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace all rules by those of `toy_rules`, and the model by one that only splits files."""
    monkeypatch.setattr("sqla_async_fix.rules.all_rules", lambda: TOY_RULES)
    monkeypatch.setattr("sqla_async_fix.detection.build_project", ToyProject)
