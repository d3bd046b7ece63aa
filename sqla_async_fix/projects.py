"""Which projects given paths belong to, with the settings of each. What happens with their files is in the engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqla_async_fix import rules
from sqla_async_fix.config.load import find_root
from sqla_async_fix.config.resolve import Overrides, resolve_settings
from sqla_async_fix.config.settings import Settings

_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Paths (absolute) that belong to one project, whose root the settings name."""

    settings: Settings
    paths: tuple[Path, ...]


def assign_projects(paths: Sequence[Path], overrides: Overrides, cwd: Path) -> list[Assignment]:
    """Sort paths (relative to `cwd`) into their projects. Raises ConfigError.

    A project's root is the nearest directory with our configuration or `.git`; a path without such a root is its own
    project, or its directory's, unless that lies within another one of these or is a package of a distribution.
    """
    absolute = [Path(os.path.normpath(cwd / path)) for path in paths]
    roots = {path: _root_of(path, overrides.isolated) for path in absolute}
    lonely = sorted({root for root, marked in roots.values() if not marked})
    grouped: dict[Path, list[Path]] = {}
    for path, (root, marked) in roots.items():
        outer = root if marked else next(other for other in lonely if root.is_relative_to(other))
        grouped.setdefault(outer, []).append(path)
    return [Assignment(settings_for(root, overrides, cwd), tuple(members)) for root, members in sorted(grouped.items())]


def _root_of(path: Path, isolated: bool) -> tuple[Path, bool]:
    """A path's project root, and whether something marks it as one."""
    start = path if path.is_dir() else path.parent
    marked = find_root(start, with_config=not isolated)
    return (marked, True) if marked is not None else (_around_package(start), False)


def _around_package(directory: Path) -> Path:
    """The directory with packaging files that a package is imported from, or that `src` lies in; else the package."""
    outer = directory
    while (outer / "__init__.py").is_file():
        outer = outer.parent
    candidates = (outer, outer.parent) if outer.name == "src" else (outer,)
    around = (each for each in candidates if any((each / name).is_file() for name in _PACKAGING))
    return next(around, directory) if outer != directory else directory


def settings_for(root: Path, overrides: Overrides, cwd: Path) -> Settings:
    """The settings of the project at `root`. Raises ConfigError."""
    return resolve_settings(root, rule_names, overrides, cwd)


def rule_names() -> dict[str, str]:
    """The known rules, code to name."""
    return {rule.code: rule.name for rule in rules.all_rules()}
