"""The command line. `main` is the entry point; commands are the modules of this package, loaded when asked for."""

from __future__ import annotations

from sqla_async_fix.cli.command import CommandLine

main = CommandLine(
    name="sqla-async-fix",
    help="Take legacy synchronous SQLAlchemy code to async SQLAlchemy 2.0. Without a command: check.",
)

__all__ = ["main"]
