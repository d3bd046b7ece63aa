"""Who calls functions for the user and awaits those that are coroutine functions. Data only."""

from __future__ import annotations

ACCEPTING_DECORATORS = (
    "fastapi.",
    "starlette.",
    "litestar.",
    "quart.",
    "sanic.",
    "aiohttp.web.",
    "tenacity.",
    "pytest.fixture",
    "pytest.mark.",
    "pytest_asyncio.",
    "unittest.skip",
    "unittest.expectedFailure",
    "contextlib.contextmanager",
    "apscheduler.schedulers.asyncio.",
    "dependency_injector.wiring.inject",
    "unittest.mock.patch",
    "mock.patch",
    "freezegun.freeze_time",
    "time_machine.travel",
    "respx.mock",
    "vcr.use_cassette",
)
"""Prefixes of dotted names of decorators that accept coroutine functions (`contextmanager` through its async twin)."""

CALL = "__call__"
"""The method by which an object is called like a function; a coroutine function may take its place."""

NEUTRAL_DECORATORS = frozenset(
    {
        "builtins.staticmethod",
        "builtins.classmethod",
        "abc.abstractmethod",
        "functools.wraps",
        "typing.override",
        "typing.overload",
        "typing.final",
        "typing.no_type_check",
        "typing_extensions.override",
        "typing_extensions.deprecated",
    }
)
"""Decorators that only mark."""

ACCEPTING_RECEIVERS = (
    "apscheduler.schedulers.asyncio.",
    "fastapi.",
    "starlette.",
    "litestar.",
    "quart.",
    "fire.Fire",
)
"""Prefixes of outside functions that await a coroutine function given to them."""

HARMLESS_BASES = (
    "builtins.object",
    "abc.",
    "typing.",
    "typing_extensions.",
    "enum.",
    "pydantic.",
    "sqlalchemy.",
    "sqlmodel.",
    "collections.abc.",
    "traitlets.HasTraits",
    "traitlets.config.Configurable",
    "traitlets.config.LoggingConfigurable",
    "traitlets.config.SingletonConfigurable",
    "traitlets.config.configurable.",
)
"""Prefixes of base classes that never call a method that a subclass adds."""

TASKS = frozenset(
    {
        "fastapi.BackgroundTasks.add_task",
        "fastapi.background.BackgroundTasks.add_task",
        "starlette.background.BackgroundTasks.add_task",
        "starlette.background.BackgroundTask",
    }
)
"""Outside functions that take a function with its arguments, to call it with them later and await its coroutine."""
