"""The public Python API: check and fix paths or texts. Nothing here prints or exits; `sqla_async_fix` re-exports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from sqla_async_fix import engine
from sqla_async_fix.config.error import ConfigError
from sqla_async_fix.config.resolve import Overrides
from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.engine import Report
from sqla_async_fix.projects import assign_projects, settings_for
from sqla_async_fix.workspace import Workspace, read_workspace

__all__ = [
    "Applicability",
    "ConfigError",
    "FixResult",
    "Report",
    "Settings",
    "Violation",
    "check_paths",
    "check_source",
    "fix_source",
    "fix_sources",
    "load_settings",
]


@dataclass(frozen=True, slots=True)
class FixResult:
    """Texts after fixing, by path, the violations that are gone and those that remain in these texts."""

    texts: Mapping[str, str]
    fixed: tuple[Violation, ...]
    remaining: tuple[Violation, ...]

    @property
    def text(self) -> str:
        """The text, where there is one file; raises ValueError otherwise."""
        if len(self.texts) != 1:
            raise ValueError(f"there are {len(self.texts)} files; see `texts`")
        return next(iter(self.texts.values()))


def load_settings(
    root: str | PathLike[str] = ".",
    *,
    config: Sequence[str] = (),
    isolated: bool = False,
    values: Mapping[str, object] | None = None,
) -> Settings:
    """The settings of the project at `root`, as the command resolves them. Raises ConfigError.

    `config` are a configuration file or `key = value` overrides, as for `--config`; `values` are stronger ones by
    dotted key (`"lint.select"`), lists as tuples; `isolated` ignores configuration files.
    """
    return settings_for(
        Path(root).absolute(), Overrides(config=tuple(config), isolated=isolated, values=values or {}), Path.cwd()
    )


def check_paths(paths: Sequence[str | PathLike[str]], *, settings: Settings | None = None) -> Report:
    """Check files and directories; iterating over the report gives its violations. Raises ConfigError.

    Without `settings` every project is checked under its own configuration, as the command does it; with them
    all paths must lie below `settings.root`. Nothing is written.
    """
    given = [Path(path) for path in paths]
    if settings is not None:
        absolute = [path.absolute() for path in given]
        return engine.check(read_workspace(absolute, settings), settings)
    return engine.merge_reports(
        [
            engine.check(read_workspace(assignment.paths, assignment.settings), assignment.settings)
            for assignment in assign_projects(given, Overrides(), Path.cwd())
        ]
    )


def check_source(text: str, *, path: str = "<stdin>", settings: Settings | None = None) -> list[Violation]:
    """The violations of one text taken alone; `path` names it. No configuration file is read."""
    used = settings or load_settings(isolated=True)
    return list(engine.check(_workspace({path: text}, used), used).violations)


def fix_source(
    text: str, *, path: str = "<stdin>", settings: Settings | None = None, unsafe_fixes: bool = False
) -> FixResult:
    """Fix one text taken alone until nothing changes. No configuration file is read."""
    return fix_sources({path: text}, settings=settings, unsafe_fixes=unsafe_fixes)


def fix_sources(files: Mapping[str, str], *, settings: Settings | None = None, unsafe_fixes: bool = False) -> FixResult:
    """Fix the files of one project, given as texts by path relative to its root. Nothing is read or written."""
    used = settings or load_settings(isolated=True)
    report = engine.fix(_workspace(files, used), used, unsafe_fixes)
    texts = {path: source.text for path, source in report.after.items()}
    return FixResult(texts, report.fixed, report.violations)


def _workspace(files: Mapping[str, str], settings: Settings) -> Workspace:
    sources = {path: SourceFile(path, text) for path, text in files.items()}
    return Workspace(settings.root, sources, frozenset(sources))
