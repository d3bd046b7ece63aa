"""Read, model, detect, filter, fix until nothing changes: the only module that knows all rooms. It prints nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_async_fix import rules
from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.edit import Applicability, Edit
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.discovery import Finder, Unreadable, read_sources, relative_path
from sqla_async_fix.suppression import Suppressions

if TYPE_CHECKING:
    from sqla_async_fix.fixer import Applied
    from sqla_async_fix.model.module import Module
    from sqla_async_fix.model.options import ModelOptions
    from sqla_async_fix.model.project import Project

MAX_PASSES = 10
SYNTAX_ERROR = "invalid-syntax"
IO_ERROR = "E902"
IO_ERROR_NAME = "io-error"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files of one project: all that are known, and the paths of those that are reported and written."""

    root: Path
    sources: Mapping[str, SourceFile]
    selected: frozenset[str]
    unreadable: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and what it made of it. Paths are relative to `root`.

    `violations` are those left in `after`, the texts as fixed; without fixing that is `before`. `fixed` are those
    that are gone, in the order in which they went. `unsettled` are files that still changed in the last pass.
    """

    root: Path
    before: Mapping[str, SourceFile]
    after: Mapping[str, SourceFile]
    selected: frozenset[str]
    violations: tuple[Violation, ...]
    fixed: tuple[Violation, ...] = ()
    unsettled: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Violation]:
        return iter(self.violations)

    def __len__(self) -> int:
        return len(self.violations)

    def changed(self) -> tuple[tuple[SourceFile, SourceFile], ...]:
        """The files that differ, each before and after, by path."""
        return tuple(
            (self.before[path], source)
            for path, source in sorted(self.after.items())
            if source.text != self.before[path].text
        )


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
        settings.root, sources, selected, tuple(_io_error(item) for item in unreadable if item.path in selected)
    )


def _io_error(item: Unreadable) -> Violation:
    return Violation(IO_ERROR, IO_ERROR_NAME, item.message, item.path, Span(0, 0))


def build_project(sources: Sequence[SourceFile], options: ModelOptions) -> Project:
    """What the program means; the model is loaded on first use."""
    from sqla_async_fix.model.project import Project

    return Project.build(sources, options)


def check(workspace: Workspace, settings: Settings) -> Report:
    """What the rules find in the selected files, with nothing changed."""
    violations = _Detector(workspace, settings).detect(workspace.sources)
    return _report(workspace, workspace.sources, violations, [])


def fix(workspace: Workspace, settings: Settings, unsafe: bool) -> Report:
    """Apply safe fixes until they settle, then, if `unsafe`, the unsafe ones as well; nothing is written."""
    from sqla_async_fix.exports import Exports
    from sqla_async_fix.fixer import apply

    exports = Exports(workspace.sources)
    detector = _Detector(workspace, settings)
    sources = workspace.sources
    fixed: list[Violation] = []
    violations = detector.detect(sources)
    unsettled: tuple[str, ...] = ()
    for level in (Applicability.SAFE, Applicability.UNSAFE) if unsafe else (Applicability.SAFE,):
        for _ in range(MAX_PASSES):
            due = [violation for violation in violations if _is_due(violation, level)]
            if not due:
                break
            applied = apply(sources, due, level, keep=exports.names)
            detector.remember(applied, sources)
            if not applied.fixed and not applied.withdrawn:
                break
            fixed.extend(applied.fixed)
            sources = {**sources, **applied.sources}
            violations = detector.detect(sources)
        else:
            unsettled = tuple(sorted({v.path for v in violations if _is_due(v, level)}))
    return _report(workspace, sources, violations, fixed, unsettled)


def applies(violation: Violation, settings: Settings) -> bool:
    """Whether `--fix` under these settings would mend the violation."""
    return _is_due(violation, Applicability.UNSAFE if settings.unsafe_fixes else Applicability.SAFE)


def _is_due(violation: Violation, level: Applicability) -> bool:
    return violation.rewrite is not None and violation.rewrite.applicability >= level


def _report(
    workspace: Workspace,
    sources: Mapping[str, SourceFile],
    violations: Iterable[Violation],
    fixed: Sequence[Violation],
    unsettled: tuple[str, ...] = (),
) -> Report:
    left = sorted((*workspace.unreadable, *violations), key=_order)
    return Report(workspace.root, workspace.sources, sources, workspace.selected, tuple(left), tuple(fixed), unsettled)


def merge_reports(reports: Sequence[Report]) -> Report:
    """One report of several projects, with paths relative to the directory that they have in common."""
    if len(reports) == 1:
        return reports[0]
    root = Path(os.path.commonpath([report.root for report in reports])) if reports else Path.cwd()

    def moved(prefix: str, sources: Mapping[str, SourceFile]) -> dict[str, SourceFile]:
        return {prefix + path: replace(source, path=prefix + path) for path, source in sources.items()}

    before: dict[str, SourceFile] = {}
    after: dict[str, SourceFile] = {}
    selected: list[str] = []
    violations: list[Violation] = []
    fixed: list[Violation] = []
    unsettled: list[str] = []
    for report in reports:
        prefix = f"{report.root.relative_to(root).as_posix()}/"
        before |= moved(prefix, report.before)
        after |= moved(prefix, report.after)
        selected += [prefix + path for path in report.selected]
        violations += [replace(violation, path=prefix + violation.path) for violation in report.violations]
        fixed += [replace(violation, path=prefix + violation.path) for violation in report.fixed]
        unsettled += [prefix + path for path in report.unsettled]
    violations.sort(key=_order)
    return Report(root, before, after, frozenset(selected), tuple(violations), tuple(fixed), tuple(unsettled))


def _order(violation: Violation) -> tuple[str, Span, str]:
    return violation.path, violation.span, violation.code


def edits_of(violations: Sequence[Violation], sources: Mapping[str, SourceFile]) -> dict[Violation, tuple[Edit, ...]]:
    """The text edits of violations that have a rewrite, each as if it were applied alone."""
    from sqla_async_codemods import CodemodError, rewrite

    from sqla_async_fix.exports import Exports

    exports = Exports(sources)
    edits: dict[Violation, tuple[Edit, ...]] = {}
    for violation in violations:
        if violation.rewrite is not None:
            text = sources[violation.path].text
            try:
                edits[violation] = tuple(rewrite(text, violation.rewrite.steps, keep=exports.names(violation.path)))
            except CodemodError:
                continue
    return edits


_Key = tuple[str, str, str, str]


@dataclass(slots=True)
class _Detector:
    """Runs the rules over successive texts of one workspace and remembers what could not be applied."""

    workspace: Workspace
    settings: Settings
    _withdrawn: dict[_Key, str] = field(default_factory=dict)

    def detect(self, sources: Mapping[str, SourceFile]) -> list[Violation]:
        """The violations to report, in any order, each with the rewrite that may be applied, if any."""
        project = build_project(list(sources.values()), self.settings.model)
        found: list[Violation] = []
        broken: list[Violation] = []
        for path, module in sorted(project.modules.items()):
            error = self._syntax_error(sources[path], module)
            if error is not None:
                broken.append(error)
        broken_paths = {violation.path for violation in broken}
        for path, module in sorted(project.modules.items()):
            if path not in broken_paths:
                for rule in rules.all_rules():
                    found.extend(rule.check(project, module))
        return [*broken, *self._filtered(found, sources)]

    def _syntax_error(self, source: SourceFile, module: Module) -> Violation | None:
        """The model parses only what may matter; a selected file that does not parse is reported all the same."""
        if source.path not in self.workspace.selected:
            return None
        if not module.parsed:
            module = type(module)(source, module.name)
        _ = module.tree
        if module.error is None:
            return None
        return Violation(SYNTAX_ERROR, SYNTAX_ERROR, module.error.message, source.path, module.error.span)

    def _filtered(self, found: Sequence[Violation], sources: Mapping[str, SourceFile]) -> list[Violation]:
        lint = self.settings.lint
        suppressions = _LazySuppressions(sources)
        kept: list[Violation] = []
        obstacles: dict[str, str] = {}
        members: dict[str, list[Violation]] = {}
        for violation in found:
            group = violation.rewrite.group if violation.rewrite is not None else None
            if group is not None:
                members.setdefault(group, []).append(violation)
            obstacle = self._hidden(violation, suppressions)
            if obstacle is None:
                kept.append(violation)
                obstacle = self._withdrawn.get(_key(violation, sources))
                if obstacle is None and not lint.is_fixable(violation.code):
                    obstacle = f"{_place(violation, sources)} is not fixable by the settings"
            if obstacle is not None and group is not None:
                obstacles.setdefault(group, obstacle)
        applicability = {
            group: min(self._applicability(violation) for violation in together) for group, together in members.items()
        }
        return [self._settled(violation, sources, obstacles, applicability) for violation in kept]

    def _hidden(self, violation: Violation, suppressions: _LazySuppressions) -> str | None:
        """Why a violation is not reported, in words for the other members of its group."""
        lint = self.settings.lint
        place = _place(violation, suppressions.sources)
        if violation.path not in self.workspace.selected:
            return f"{place} is outside the given paths"
        if not lint.is_enabled(violation.code):
            return f"{place} belongs to a rule that is not selected"
        absolute = (self.workspace.root / violation.path).as_posix()
        for ignore in lint.per_file_ignores:
            if violation.code in ignore.codes and ignore.applies(absolute):
                return f"{place} is ignored for its file"
        if not lint.ignore_noqa and suppressions.suppresses(violation):
            return f"{place} is suppressed by a comment"
        return None

    def _applicability(self, violation: Violation) -> Applicability:
        assert violation.rewrite is not None
        level = violation.rewrite.applicability
        if level is Applicability.UNSAFE and violation.code in self.settings.lint.safe_fixes:
            return Applicability.SAFE
        if level is Applicability.SAFE and violation.code in self.settings.lint.unsafe_fixes:
            return Applicability.UNSAFE
        return level

    def _settled(
        self,
        violation: Violation,
        sources: Mapping[str, SourceFile],
        obstacles: Mapping[str, str],
        applicability: Mapping[str, Applicability],
    ) -> Violation:
        rewrite = violation.rewrite
        if rewrite is None:
            return violation
        own = self._withdrawn.get(_key(violation, sources))
        if own is not None:
            return replace(violation, rewrite=None, unfixable=own)
        if not self.settings.lint.is_fixable(violation.code):
            return replace(violation, rewrite=None, unfixable=None)
        if rewrite.group is not None and (obstacle := obstacles.get(rewrite.group)) is not None:
            reason = f"Not fixed, because it can only be fixed together with other places, of which {obstacle}"
            return replace(violation, rewrite=None, unfixable=reason)
        level = self._applicability(violation) if rewrite.group is None else applicability[rewrite.group]
        return (
            violation
            if level is rewrite.applicability
            else replace(violation, rewrite=replace(rewrite, applicability=level))
        )

    def remember(self, applied: Applied, sources: Mapping[str, SourceFile]) -> None:
        """Do not try again what the fixer withdrew, and say why; it names the violations of `sources`."""
        for violation, reason in applied.withdrawn.items():
            self._withdrawn[_key(violation, sources)] = reason


class _LazySuppressions:
    """The suppressions of files that have violations, read once each."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self.sources = sources
        self._read: dict[str, Suppressions] = {}

    def suppresses(self, violation: Violation) -> bool:
        path = violation.path
        if path not in self._read:
            self._read[path] = Suppressions.collect(self.sources[path].text)
        return self._read[path].suppresses(violation.code, violation.span.start)


def _key(violation: Violation, sources: Mapping[str, SourceFile]) -> _Key:
    """What tells a violation apart while other fixes move it."""
    text, span = sources[violation.path].text, violation.span
    end = text.find("\n", span.end)
    lines = text[text.rfind("\n", 0, span.start) + 1 : end if end >= 0 else len(text)]
    return violation.path, violation.code, violation.message, lines


def _place(violation: Violation, sources: Mapping[str, SourceFile]) -> str:
    row = sources[violation.path].text.count("\n", 0, violation.span.start) + 1
    return f"the {violation.code} at {violation.path}:{row}"
