"""The files of one project as a run sees them. What is found in them is not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.discovery import Finder, read_sources, relative_path

IO_ERROR = "E902"
IO_ERROR_NAME = "io-error"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files of one project: all that are known, and the paths of those that are reported and written."""

    root: Path
    sources: Mapping[str, SourceFile]
    selected: frozenset[str]
    unreadable: tuple[Violation, ...] = ()


def read_workspace(paths: Sequence[Path], settings: Settings, stdin: SourceFile | None = None) -> Workspace:
    """Read the project that `settings.root` is, with `paths` (absolute, below it) as the selected ones.

    `stdin` takes the place of the file of its path.
    """
    found = Finder(settings.files).find(settings.root, paths)
    sources, unreadable = read_sources(settings.root, found.known)
    selected = frozenset(relative_path(settings.root, path) for path in found.selected)
    if stdin is not None:
        sources[stdin.path] = stdin
        unreadable = [item for item in unreadable if item.path != stdin.path]
    return Workspace(
        settings.root,
        sources,
        selected,
        tuple(io_error(item.path, item.message) for item in unreadable if item.path in selected),
    )


def io_error(path: str, message: str) -> Violation:
    """The violation of a file that cannot be read."""
    return Violation(IO_ERROR, IO_ERROR_NAME, message, path, Span(0, 0))
