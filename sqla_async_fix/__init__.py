"""Takes legacy synchronous SQLAlchemy code to async SQLAlchemy 2.0; here is its Python API, loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Applicability",
    "FixResult",
    "Report",
    "Settings",
    "Violation",
    "check_paths",
    "check_source",
    "fix_source",
    "fix_sources",
    "load_settings",
]

if TYPE_CHECKING:
    from sqla_async_fix.api import FixResult, check_paths, check_source, fix_source, fix_sources, load_settings
    from sqla_async_fix.config.settings import Settings
    from sqla_async_fix.core.edit import Applicability
    from sqla_async_fix.core.violation import Violation
    from sqla_async_fix.engine import Report


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sqla_async_fix import api

    return getattr(api, name)
