"""What the user decides about the model. How settings are read is in `sqla_async_fix.config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The settings that change what the program means to the model.

    `target` is `async` or `sync`; `session_names` are names that count as sessions without other evidence;
    `session_factories` dotted names of callables that return one; `stay_sync` globs of files or qualified names that
    keep their colour; `entry_points` dotted names, or `module:function`, of functions that are called from outside and
    not awaited; `unconvertible` is `report` or `run-sync`; `lazy_loading` is `selectin`, `awaitable-attrs`,
    `raise` or `report`; `driver_map` maps a sync URL scheme to its async twin; `src` are import roots;
    `async_tests` is who runs tests that are coroutine functions: `asyncio` by a mark, `auto` without, or `anyio`.
    """

    target: str = "async"
    session_names: tuple[str, ...] = ()
    session_factories: tuple[str, ...] = ()
    stay_sync: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    unconvertible: str = "report"
    lazy_loading: str = "selectin"
    driver_map: Mapping[str, str] = field(default_factory=dict)
    src: tuple[str, ...] = (".", "src")
    async_tests: str = "asyncio"
