"""How each member of SQLAlchemy's asyncio classes is called. Data only.

Source: SQLAlchemy 2.0.58, each member called and looked at; `MISSING` members exist on the sync class alone.
"""

from __future__ import annotations

from enum import Enum

MANAGER_TWINS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
"""The methods that a `with` calls, with those that an `async with` calls."""


class Calling(Enum):
    """What the caller of a member has to do."""

    SYNC = "sync"
    AWAIT = "await"
    AWAIT_OR_ENTER = "await or async with"
    ENTER = "async with"
    ASYNC_ITERATE = "async for"
    RUN_SYNC = "run_sync"
    MISSING = "missing"


SESSION: dict[str, Calling] = {
    **dict.fromkeys(
        [
            "aclose",
            "close",
            "close_all",
            "commit",
            "connection",
            "delete",
            "delete_all",
            "exec",
            "execute",
            "flush",
            "get",
            "get_one",
            "invalidate",
            "merge",
            "merge_all",
            "refresh",
            "reset",
            "rollback",
            "run_sync",
            "scalar",
            "scalars",
            "stream",
            "stream_scalars",
        ],
        Calling.AWAIT,
    ),
    **dict.fromkeys(["begin", "begin_nested"], Calling.AWAIT_OR_ENTER),
    **dict.fromkeys(
        [
            "add",
            "add_all",
            "autoflush",
            "bind",
            "deleted",
            "dirty",
            "expire",
            "expire_all",
            "expunge",
            "expunge_all",
            "get_bind",
            "get_nested_transaction",
            "get_transaction",
            "identity_key",
            "identity_map",
            "in_nested_transaction",
            "in_transaction",
            "info",
            "is_active",
            "is_modified",
            "new",
            "no_autoflush",
            "object_session",
            "sync_session",
            "sync_session_class",
        ],
        Calling.SYNC,
    ),
    **dict.fromkeys(
        [
            "autobegin",
            "bind_mapper",
            "bind_table",
            "connection_callable",
            "dispatch",
            "enable_baked_queries",
            "enable_relationship_loading",
            "expire_on_commit",
            "hash_key",
            "join_transaction_mode",
            "query",
            "twophase",
        ],
        Calling.MISSING,
    ),
    **dict.fromkeys(["bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings", "prepare"], Calling.RUN_SYNC),
}
"""Members of `AsyncSession`; `exec` is SQLModel's own, and `delete_all` and `merge_all` came with 2.1."""

SCOPED: dict[str, Calling] = {
    **dict.fromkeys(
        [
            "aclose",
            "close",
            "close_all",
            "commit",
            "connection",
            "delete",
            "execute",
            "flush",
            "get",
            "get_one",
            "invalidate",
            "merge",
            "refresh",
            "remove",
            "reset",
            "rollback",
            "scalar",
            "scalars",
            "stream",
            "stream_scalars",
        ],
        Calling.AWAIT,
    ),
    **dict.fromkeys(["begin", "begin_nested"], Calling.AWAIT_OR_ENTER),
    **dict.fromkeys(
        [
            "add",
            "add_all",
            "autoflush",
            "bind",
            "configure",
            "deleted",
            "dirty",
            "expire",
            "expire_all",
            "expunge",
            "expunge_all",
            "get_bind",
            "identity_key",
            "identity_map",
            "info",
            "is_active",
            "is_modified",
            "new",
            "no_autoflush",
            "object_session",
            "registry",
            "session_factory",
        ],
        Calling.SYNC,
    ),
    **dict.fromkeys(["bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings"], Calling.RUN_SYNC),
    **dict.fromkeys(["query", "query_property"], Calling.MISSING),
}
"""Members of `async_scoped_session`."""

CONNECTION: dict[str, Calling] = {
    **dict.fromkeys(
        [
            "aclose",
            "close",
            "commit",
            "exec_driver_sql",
            "execute",
            "execution_options",
            "get_isolation_level",
            "get_raw_connection",
            "invalidate",
            "rollback",
            "run_sync",
            "scalar",
            "scalars",
            "start",
        ],
        Calling.AWAIT,
    ),
    **dict.fromkeys(["begin", "begin_nested", "stream", "stream_scalars"], Calling.AWAIT_OR_ENTER),
    **dict.fromkeys(
        [
            "closed",
            "connection",
            "default_isolation_level",
            "dialect",
            "engine",
            "get_nested_transaction",
            "get_transaction",
            "in_nested_transaction",
            "in_transaction",
            "info",
            "invalidated",
            "sync_connection",
            "sync_engine",
        ],
        Calling.SYNC,
    ),
    **dict.fromkeys(
        [
            "begin_twophase",
            "commit_prepared",
            "detach",
            "dispatch",
            "get_execution_options",
            "recover_twophase",
            "rollback_prepared",
            "schema_for_object",
            "should_close_with_result",
        ],
        Calling.MISSING,
    ),
}
"""Members of `AsyncConnection`."""

ENGINE: dict[str, Calling] = {
    **dict.fromkeys(["dispose", "raw_connection"], Calling.AWAIT),
    **dict.fromkeys(["connect"], Calling.AWAIT_OR_ENTER),
    **dict.fromkeys(["begin"], Calling.ENTER),
    **dict.fromkeys(
        [
            "clear_compiled_cache",
            "dialect",
            "driver",
            "echo",
            "engine",
            "execution_options",
            "get_execution_options",
            "name",
            "pool",
            "sync_engine",
            "update_execution_options",
            "url",
        ],
        Calling.SYNC,
    ),
    **dict.fromkeys(["dispatch", "hide_parameters", "logger", "logging_name"], Calling.MISSING),
}
"""Members of `AsyncEngine`."""

TRANSACTION: dict[str, Calling] = {
    **dict.fromkeys(["commit", "rollback", "start"], Calling.AWAIT),
    **dict.fromkeys(["is_active", "nested", "session", "sync_transaction"], Calling.SYNC),
    **dict.fromkeys(["close", "connection", "declare_states", "parent", "prepare"], Calling.MISSING),
}
"""Members of `AsyncSessionTransaction`."""

FACTORY: dict[str, Calling] = {
    **dict.fromkeys(["begin"], Calling.ENTER),
    **dict.fromkeys(["class_", "configure", "kw"], Calling.SYNC),
    **dict.fromkeys(["close_all", "identity_key", "object_session"], Calling.MISSING),
}
"""Members of `async_sessionmaker`."""

RESULT: dict[str, Calling] = {
    **dict.fromkeys(
        [
            "all",
            "close",
            "fetchall",
            "fetchmany",
            "fetchone",
            "first",
            "freeze",
            "one",
            "one_or_none",
            "scalar",
            "scalar_one",
            "scalar_one_or_none",
        ],
        Calling.AWAIT,
    ),
    **dict.fromkeys(["partitions"], Calling.ASYNC_ITERATE),
    **dict.fromkeys(
        [
            "closed",
            "columns",
            "keys",
            "mappings",
            "memoized_attribute",
            "memoized_instancemethod",
            "scalars",
            "t",
            "tuples",
            "unique",
            "yield_per",
        ],
        Calling.SYNC,
    ),
    **dict.fromkeys(["merge"], Calling.MISSING),
}
"""Members of `AsyncResult`."""
