"""Where words go: stdout, stderr or nowhere. What is said is decided elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click


@dataclass(frozen=True, slots=True)
class Output:
    """The streams of a run at its log level."""

    verbose: bool
    quiet: bool
    silent: bool

    def say(self, text: str) -> None:
        """Results, on stdout; colours were decided before."""
        if text and not self.silent:
            click.echo(text, nl=False, color=True)

    def tell(self, text: str, to_stderr: bool) -> None:
        """The same, or on stderr where stdout carries a program's text or a diff."""
        if text and not self.silent:
            click.echo(text, nl=False, color=True, err=to_stderr)

    def write_bytes(self, data: bytes) -> None:
        """A program's text, on stdout, whatever the log level."""
        click.echo(data, nl=False)

    def warn(self, text: str) -> None:
        """Something is odd but the run goes on."""
        if not (self.quiet or self.silent):
            click.echo(f"warning: {text}", err=True)

    def debug(self, text: str) -> None:
        """What is being done, for those who asked."""
        if self.verbose:
            click.echo(f"debug: {text}", err=True)


def is_colored(when: str, stream: IO[str] | None) -> bool:
    """Whether to use colours on a stream: as the user says, as the environment says, or if it is a terminal.
    A stream that was closed before the start is None."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def shown_path(path: Path, cwd: Path) -> str:
    """An absolute path as humans see it: relative to where they are, if it lies below."""
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else str(path)
