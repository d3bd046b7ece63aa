"""Detect, and fix until nothing changes; where the rooms come together. It reads, writes and prints nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.edit import Applicability, Edit
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.detection import Detector
from sqla_async_fix.workspace import Workspace

MAX_PASSES = 10


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


def check(workspace: Workspace, settings: Settings) -> Report:
    """What the rules find in the selected files, with nothing changed."""
    violations = Detector(workspace, settings).detect(workspace.sources)
    return _report(workspace, workspace.sources, violations, [])


def fix(workspace: Workspace, settings: Settings, unsafe: bool) -> Report:
    """Apply safe fixes until they settle, then, if `unsafe`, the unsafe ones as well; nothing is written."""
    from sqla_async_fix.exports import Exports
    from sqla_async_fix.fixer import apply

    exports = Exports(workspace.sources)
    detector = Detector(workspace, settings)
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
            detector.remember(applied.withdrawn, sources)
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
