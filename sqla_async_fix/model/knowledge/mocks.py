"""The mocks of `unittest.mock` and of what gives them under other names. Data only."""

from __future__ import annotations

HOMES = ("unittest.mock", "mock")
"""The modules that have the mocks."""

PLAIN = frozenset(f"{home}.{name}" for home in HOMES for name in ("Mock", "MagicMock"))
"""Mocks whose methods give something at once, unless they know better by a `spec`."""

PLAIN_OF_FIXTURE = frozenset({"mocker.Mock", "mocker.MagicMock"})
"""The same by the fixture of pytest-mock."""

SPECS = ("spec", "spec_set")
"""The arguments that say what a mock stands for."""

PATCHES = frozenset(f"{home}.patch" for home in HOMES)
"""`patch("module.name")`, which takes an `AsyncMock` for a coroutine function by itself."""

PATCHES_OF_OBJECTS = frozenset(f"{home}.patch.object" for home in HOMES)
"""`patch.object(owner, "name")`."""
