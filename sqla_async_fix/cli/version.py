"""`sqla-async-fix version`."""

from __future__ import annotations

import click

from sqla_async_fix import __version__


@click.command("version")
def command() -> None:
    """Print the version."""
    click.echo(f"sqla-async-fix {__version__}")
