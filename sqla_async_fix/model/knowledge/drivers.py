"""Database URL schemes and their asynchronous twins. Data only."""

from __future__ import annotations

ASYNC_TWINS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
    "postgresql+pg8000": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mysql+pymysql": "mysql+aiomysql",
    "mysql+mysqldb": "mysql+asyncmy",
    "mariadb": "mariadb+aiomysql",
    "mariadb+pymysql": "mariadb+aiomysql",
    "oracle": "oracle+oracledb_async",
    "oracle+oracledb": "oracle+oracledb_async",
    "mssql": "mssql+aioodbc",
    "mssql+pyodbc": "mssql+aioodbc",
}
"""The async driver for each sync scheme."""

ASYNC_SCHEMES = frozenset({*ASYNC_TWINS.values(), "postgresql+psycopg", "postgresql+psycopg_async", "mysql+asyncmy"})
"""Schemes that `create_async_engine` accepts as they are."""

PACKAGES = {
    "aiomysql": "aiomysql",
    "aioodbc": "aioodbc",
    "aiosqlite": "aiosqlite",
    "asyncmy": "asyncmy",
    "asyncpg": "asyncpg",
    "oracledb_async": "oracledb",
    "psycopg": "psycopg",
    "psycopg_async": "psycopg",
}
"""The distribution that has each asynchronous driver."""
