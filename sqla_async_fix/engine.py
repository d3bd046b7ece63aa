"""Detect, and fix until nothing changes; where the rooms come together. It reads, writes and prints nothing."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_async_fix.config.settings import Settings
from sqla_async_fix.core.edit import Applicability, Edit
from sqla_async_fix.core.outline import Outline, merge_outlines
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.violation import Violation
from sqla_async_fix.detection import Detector
from sqla_async_fix.workspace import Workspace

if TYPE_CHECKING:
    from sqla_async_fix.fixer import Rewriting

MAX_PASSES = 10
_ATTEMPTS = 3
_WORTH_COLLECTING = 1_000_000
"""How many characters a project has whose facts are worth the time of giving back their memory after each pass."""
_DECLINED = "It was declined"
_ENDLESS = "Fixing it leads to the same finding again; look at what the first fix made of it"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and what it made of it. Paths are relative to `root`.

    `violations` are those left in `after`, the texts as fixed; without fixing that is `before`. `fixed` are those
    that are gone, in the order in which they went; `advice` are those that are not found any more because of them, but
    are still to be done by hand. `unsettled` are files whose fixes never came to an end: of these only the first ones
    are kept. `planned` is the async plan of the texts before, `left` that of the texts after.
    """

    root: Path
    before: Mapping[str, SourceFile]
    after: Mapping[str, SourceFile]
    selected: frozenset[str]
    violations: tuple[Violation, ...]
    fixed: tuple[Violation, ...] = ()
    unsettled: tuple[str, ...] = ()
    advice: tuple[Violation, ...] = ()
    planned: Outline = field(default_factory=Outline)
    left: Outline = field(default_factory=Outline)

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


@dataclass(frozen=True, slots=True)
class Offer:
    """What changes together, to be taken or left: a group of violations with the files it changes, before and after."""

    violations: tuple[Violation, ...]
    changed: tuple[tuple[SourceFile, SourceFile], ...]


class Watcher:
    """Who follows the fixing, and may have a say in it; this one does neither."""

    def reached(self, level: Applicability, due: int) -> None:
        """A pass begins, with so many violations to fix."""

    def takes(self, offer: Offer) -> bool:
        """Whether to apply what is offered. Asked of each group once, if `chooses`."""
        return True

    chooses = False


def check(workspace: Workspace, settings: Settings) -> Report:
    """What the rules find in the selected files, with nothing changed."""
    detector = Detector(workspace, settings)
    violations = detector.detect(workspace.sources)
    return _report(workspace, _State(workspace.sources, violations), left=detector.outline)


def fix(workspace: Workspace, settings: Settings, unsafe: bool, watcher: Watcher | None = None) -> Report:
    """Apply safe fixes until they settle, then, if `unsafe`, the unsafe ones as well; nothing is written."""
    fixing = _Fixing(workspace, settings, watcher or Watcher())
    for level in (Applicability.SAFE, Applicability.UNSAFE) if unsafe else (Applicability.SAFE,):
        fixing.settle(level)
    report = _report(workspace, fixing.state, tuple(sorted(fixing.unsettled)), fixing.planned, fixing.outline)
    return replace(report, advice=tuple(fixing.advice))


@dataclass(frozen=True, slots=True)
class _State:
    """Texts, what is found in them, and what was fixed on the way to them."""

    sources: Mapping[str, SourceFile]
    violations: Sequence[Violation]
    fixed: tuple[Violation, ...] = ()


class _Fixing:
    """Passes over the files of one project, from state to state."""

    def __init__(self, workspace: Workspace, settings: Settings, watcher: Watcher) -> None:
        self._rewriting = _rewriting(workspace.sources, settings)
        self._detector = Detector(workspace, settings)
        self._watcher = watcher
        self._taken: set[object] = set()
        self.state = _State(workspace.sources, self._detector.detect(workspace.sources))
        self.planned = self._detector.outline
        self.unsettled: set[str] = set()
        self.advice: list[Violation] = []

    @property
    def outline(self) -> Outline:
        """The async plan of the texts as they are now."""
        return self._detector.outline

    def settle(self, level: Applicability) -> None:
        """Fix until nothing is left to do; where there is no end to it, keep the first pass and leave the rest."""
        for _ in range(_ATTEMPTS):
            first, endless = self._passes(level)
            if not endless:
                return
            self.unsettled |= endless
            left = [found for found in first.violations if found.path in endless and _is_due(found, level)]
            self._detector.remember(dict.fromkeys(left, _ENDLESS), first.sources)
            self.state = replace(first, violations=self._detector.detect(first.sources))

    def _passes(self, level: Applicability) -> tuple[_State, set[str]]:
        """Apply what is due again and again. The state after the first pass, and the files that never settle."""
        first: _State | None = None
        seen = {(path, source.text) for path, source in self.state.sources.items()}
        for _ in range(MAX_PASSES):
            applied = self._pass(level)
            if applied is None:
                return first or self.state, set()
            first = first or self.state
            texts = {(path, source.text) for path, source in applied.items()}
            if texts & seen:
                return first, {path for path, _ in texts & seen}
            seen |= texts
        return first or self.state, {found.path for found in self.state.violations if _is_due(found, level)}

    def _pass(self, level: Applicability) -> Mapping[str, SourceFile] | None:
        """Apply what is due once. The files that changed; None where there is nothing more to do."""
        from sqla_async_fix.fixer import apply

        state = self.state
        due = [violation for violation in state.violations if _is_due(violation, level)]
        if not due:
            return None
        self._watcher.reached(level, len(due))
        left = self._left(due, level) if self._watcher.chooses else frozenset()
        self._detector.remember(dict.fromkeys(left, _DECLINED), state.sources)
        applied = apply(state.sources, [found for found in due if found not in left], level, self._rewriting)
        self._detector.remember(applied.withdrawn, state.sources)
        if not applied.sources and not applied.withdrawn and not left:
            return None
        sources = {**state.sources, **applied.sources}
        if sum(len(source.text) for source in sources.values()) >= _WORTH_COLLECTING:
            gc.collect()  # a project is full of cycles, and the one that was searched is not needed any more
        self.state = _State(sources, self._detector.detect(sources), (*state.fixed, *applied.fixed))
        found = {_statement(violation) for violation in self.state.violations}
        self.advice += [each for each in state.violations if each.is_advice and _statement(each) not in found]
        return applied.sources

    def _left(self, due: Sequence[Violation], level: Applicability) -> frozenset[Violation]:
        """What the watcher does not take, of groups that it was not asked about before."""
        from sqla_async_fix.fixer import apply

        left: set[Violation] = set()
        sources = self.state.sources
        for bundle, found in self._bundles(due, level).items():
            if bundle in self._taken:
                continue
            applied = apply(sources, found, level, self._rewriting).sources
            changed = tuple((sources[path], after) for path, after in sorted(applied.items()))
            if not changed or self._watcher.takes(Offer(tuple(found), changed)):
                self._taken.add(bundle)
            else:
                left.update(found)
        return frozenset(left)

    def _bundles(self, due: Sequence[Violation], level: Applicability) -> Mapping[object, Sequence[Violation]]:
        """What is offered at once: the queries of one part of the async plan, a part itself, the rest by file."""
        parts: dict[str, str] = {}
        for violation in self.state.violations:
            if violation.rewrite is not None and violation.rewrite.group is not None:
                for waited in violation.rewrite.waits_for:
                    parts.setdefault(waited, violation.rewrite.group)
        homes: dict[str, object] = {}
        found: dict[object, list[Violation]] = {}
        for violation in due:
            group = violation.rewrite.group if violation.rewrite is not None else None
            home: object = ("file", violation.path)
            if group is not None:
                known = ("queries", parts[group]) if group in parts else ("group", group)
                home = homes.setdefault(group, home if level is Applicability.SAFE and group not in parts else known)
            found.setdefault(home, []).append(violation)
        return found


def applies(violation: Violation, settings: Settings) -> bool:
    """Whether `--fix` under these settings would mend the violation."""
    level = Applicability.UNSAFE if settings.unsafe_fixes else Applicability.SAFE
    return violation.rewrite is not None and violation.rewrite.applicability >= level


def _statement(violation: Violation) -> tuple[str, str, str | None]:
    return violation.path, violation.code, violation.unfixable


def _is_due(violation: Violation, level: Applicability) -> bool:
    rewrite = violation.rewrite
    return rewrite is not None and not rewrite.waits_for and rewrite.applicability >= level


def _rewriting(sources: Mapping[str, SourceFile], settings: Settings) -> Rewriting:
    from sqla_async_fix.bringing import Bringing
    from sqla_async_fix.exports import Exports
    from sqla_async_fix.fixer import Rewriting
    from sqla_async_fix.model.naming import own_modules

    src = settings.model.src
    bringing = Bringing(sources, src).imports
    return Rewriting(Exports(sources).names, bringing, own_modules(sources, src), settings.line_length)


def _report(
    workspace: Workspace,
    state: _State,
    unsettled: tuple[str, ...] = (),
    planned: Outline | None = None,
    left: Outline | None = None,
) -> Report:
    violations = tuple(sorted((*workspace.unreadable, *state.violations), key=_order))
    return Report(
        workspace.root,
        workspace.sources,
        state.sources,
        workspace.selected,
        violations,
        state.fixed,
        unsettled,
        planned=planned or Outline(),
        left=left or Outline(),
    )


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
    advice: list[Violation] = []
    planned: list[Outline] = []
    left: list[Outline] = []
    for report in reports:
        prefix = f"{report.root.relative_to(root).as_posix()}/"
        before |= moved(prefix, report.before)
        after |= moved(prefix, report.after)
        selected += [prefix + path for path in report.selected]
        violations += [replace(violation, path=prefix + violation.path) for violation in report.violations]
        fixed += [replace(violation, path=prefix + violation.path) for violation in report.fixed]
        unsettled += [prefix + path for path in report.unsettled]
        advice += [replace(violation, path=prefix + violation.path) for violation in report.advice]
        planned.append(report.planned.moved(prefix))
        left.append(report.left.moved(prefix))
    violations.sort(key=_order)
    return Report(
        root,
        before,
        after,
        frozenset(selected),
        tuple(violations),
        tuple(fixed),
        tuple(unsettled),
        tuple(advice),
        merge_outlines(planned),
        merge_outlines(left),
    )


def _order(violation: Violation) -> tuple[str, Span, str]:
    return violation.path, violation.span, violation.code


def edits_of(
    violations: Sequence[Violation], sources: Mapping[str, SourceFile], settings: Settings
) -> dict[Violation, tuple[Edit, ...]]:
    """The text edits of violations that have a rewrite, each as if it were applied alone."""
    rewriting = _rewriting(sources, settings)
    found: dict[Violation, tuple[Edit, ...]] = {}
    for violation in violations:
        if violation.rewrite is not None:
            edits = rewriting.edits(violation.path, sources[violation.path].text, violation.rewrite.steps)
            if not isinstance(edits, str):
                found[violation] = edits
    return found
