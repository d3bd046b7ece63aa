"""The resolved settings of a run. How they come about is in `config.resolve`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqla_async_fix.config.pattern import FilePatterns
from sqla_async_fix.model.options import ModelOptions

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".sqla_async_fix_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
DEFAULT_INCLUDE = ("*.py", "*.pyi")
OUTPUT_FORMATS = ("concise", "full", "json")
TARGET_VERSIONS = tuple(f"py3{minor}" for minor in range(7, 16))


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Which files belong to a run. Patterns are relative to `base`."""

    base: Path
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = DEFAULT_INCLUDE
    force_exclude: bool = False
    respect_gitignore: bool = True

    def excluded(self) -> FilePatterns:
        """What is left out."""
        return FilePatterns.compile((*self.exclude, *self.extend_exclude), self.base)

    def included(self) -> FilePatterns:
        """What is taken from directories."""
        return FilePatterns.compile(self.include, self.base)


@dataclass(frozen=True, slots=True)
class PerFileIgnore:
    """Rules that are off for files matching `glob` (or, if `negated`, for all others)."""

    glob: str
    negated: bool
    codes: frozenset[str]
    patterns: FilePatterns

    def applies(self, path: str) -> bool:
        """Whether the rules are off for the file at this absolute path, with `/`."""
        return self.patterns.match(path) is not self.negated


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Which rules run and which of their fixes count. `enabled` and `fixable` None: all rules."""

    enabled: frozenset[str] | None = None
    fixable: frozenset[str] | None = None
    safe_fixes: frozenset[str] = frozenset()
    unsafe_fixes: frozenset[str] = frozenset()
    per_file_ignores: tuple[PerFileIgnore, ...] = ()
    external: tuple[str, ...] = ()
    ignore_noqa: bool = False

    def is_enabled(self, code: str) -> bool:
        """Whether the rule reports."""
        return self.enabled is None or code in self.enabled

    def is_fixable(self, code: str) -> bool:
        """Whether the rule's fixes may be applied."""
        return self.fixable is None or code in self.fixable


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run obeys. `unsafe_fixes` None: not applied, but hinted at. `root`: see `config.load`."""

    root: Path
    files: FileSettings
    config_file: Path | None = None
    lint: LintSettings = field(default_factory=LintSettings)
    model: ModelOptions = field(default_factory=ModelOptions)
    fix: bool = False
    fix_only: bool = False
    unsafe_fixes: bool | None = None
    show_fixes: bool = False
    output_format: str = "full"
    target_version: str | None = None
    line_length: int = 88
    cache_dir: Path | None = None
