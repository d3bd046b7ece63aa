"""Finds the Python files of a project and reads them. Which rules look at them is not here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_async_fix.config.settings import FileSettings
from sqla_async_fix.core.source import SourceError, SourceFile

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_IGNORE_FILES = (".gitignore", ".ignore")
"""The later one of a directory is the stronger."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be read; `message` is one line."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a project as absolute paths: all that facts may come from, and those that were asked for."""

    known: tuple[Path, ...]
    selected: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Ignores:
    """The ignore files that govern a directory, from the outermost to its own."""

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()
    enabled: bool = True

    def entering(self, directory: str) -> _Ignores:
        """The same with the ignore files of a directory below."""
        if not self.enabled:
            return self
        found = [spec for name in _IGNORE_FILES if (spec := _read_spec(os.path.join(directory, name))) is not None]
        if not found:
            return self
        return _Ignores((*self.specs, *((directory, spec) for spec in found)))

    def ignores(self, path: str, is_directory: bool) -> bool:
        """Whether the last matching pattern of the innermost ignore file with an opinion excludes the path."""
        for directory, spec in reversed(self.specs):
            relative = os.path.relpath(path, directory).replace(os.sep, "/")
            verdict = spec.check_file(relative + "/" if is_directory else relative).include
            if verdict is not None:
                return verdict
        return False


def _read_spec(path: str) -> GitIgnoreSpec | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


@dataclass(frozen=True, slots=True)
class Finder:
    """Walks directories under the file settings of a project."""

    settings: FileSettings

    def find(self, root: Path, paths: Sequence[Path], whole: bool = True) -> Found:
        """The files that `paths` (absolute files and directories below `root`) ask for, and all of the root's.

        A file named by a path is taken whatever the patterns say, unless `force-exclude`. Without `whole` nothing
        but what was asked for is known.
        """
        selected: set[str] = set()
        known: set[str] = set()
        for path in paths:
            if self.settings.force_exclude and self._is_excluded_from(root, path):
                continue
            if path.is_dir():
                selected.update(self._walk(str(path)))
                if path == root:
                    known = set(selected)
            else:
                selected.add(str(path))
        if whole and not known and selected:
            known = set(self._walk(str(root)))
        return Found(tuple(map(Path, sorted(known | selected))), tuple(map(Path, sorted(selected))))

    def _is_excluded_from(self, root: Path, path: Path) -> bool:
        excluded = self.settings.excluded()
        chain = [path, *path.parents]
        below = chain[: chain.index(root)] if root in chain else chain[:1]
        return any(excluded.match(item.as_posix()) for item in below)

    def _walk(self, top: str) -> Iterator[str]:
        excluded, included = self.settings.excluded(), self.settings.included()
        pending = [(top, self._governing(top))]
        while pending:
            directory, ignores = pending.pop()
            try:
                entries = list(os.scandir(directory))
            except OSError:
                continue
            for entry in entries:
                is_directory = entry.is_dir(follow_symlinks=False)
                plain = entry.path.replace(os.sep, "/")
                if not is_directory and (not included.match(plain) or not entry.is_file()):
                    continue
                if excluded.match(plain) or ignores.ignores(entry.path, is_directory):
                    continue
                if is_directory:
                    pending.append((entry.path, ignores.entering(entry.path)))
                else:
                    yield entry.path

    def _governing(self, top: str) -> _Ignores:
        """The ignore files from the repository's root, or the topmost directory without one, down to `top`."""
        ignores = _Ignores(enabled=self.settings.respect_gitignore)
        chain = [Path(top), *Path(top).parents]
        repository = next((index for index, item in enumerate(chain) if (item / ".git").exists()), 0)
        for directory in reversed(chain[: repository + 1]):
            exclude = directory / ".git" / "info" / "exclude"
            if ignores.enabled and (spec := _read_spec(str(exclude))) is not None:
                ignores = _Ignores((*ignores.specs, (str(directory), spec)))
            ignores = ignores.entering(str(directory))
        return ignores


def read_sources(root: Path, paths: Sequence[Path]) -> tuple[dict[str, SourceFile], list[Unreadable]]:
    """The texts of files below `root`, by their path relative to it with `/`, and those that cannot be read."""
    sources: dict[str, SourceFile] = {}
    unreadable: list[Unreadable] = []
    for path in paths:
        relative = relative_path(root, path)
        try:
            sources[relative] = SourceFile.decode(relative, path.read_bytes())
        except SourceError as error:
            unreadable.append(Unreadable(relative, str(error)))
        except OSError as error:
            unreadable.append(Unreadable(relative, f"{error.strerror or error} (os error {error.errno})"))
    return sources, unreadable


def relative_path(root: Path, path: Path) -> str:
    """A file's path relative to its project root, with `/`."""
    return path.relative_to(root).as_posix()
